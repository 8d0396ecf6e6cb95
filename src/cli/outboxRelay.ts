/**
 * `cdp-analytics outbox relay`: delivers what is in an outbox, as a process of its own.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Struct from "effect/Struct"
import { originOf } from "../AnalyticsOptions.ts"
import { proxyConfig } from "../node/proxy.ts"
import { readNodeOptions } from "../node/readNodeOptions.ts"
import { makeOutboxRelay } from "../outbox/make.ts"
import { OutboxRelay } from "../outbox/OutboxRelay.ts"
import { type OutboxDatabase, OutboxStore } from "../outbox/OutboxStore.ts"
import { quietly } from "../telemetry/log.ts"
import { npmShellEnd } from "./ending.ts"
import { readEnvironment } from "./environment.ts"
import { failWith } from "./failure.ts"
import { keyFlag, readGivenKey, rereadKey } from "./key.ts"
import { portSchema } from "./listening.ts"
import { withOutbox } from "./openOutbox.ts"
import { givenPlace } from "./outboxCommand.ts"
import { sayPlace } from "./outboxPlace.ts"
import { chooseServer, serverFlags } from "./serverFlags.ts"
import { untilEndSignal } from "./signals.ts"

const flags = {
  apiKey: keyFlag,
  ...serverFlags,
  maxBatchSize: Flag.Int("max-batch-size").pipe(
    Flag.withDescription("Messages of a request at most; default: CUSTOMERIO_MAX_BATCH_SIZE, or 20"),
    Flag.optional
  ),
  concurrency: Flag.Int("concurrency").pipe(
    Flag.withDescription("Requests at a time; default: CUSTOMERIO_CONCURRENCY, or 4"),
    Flag.optional
  ),
  deadLetterRetention: Flag.String("dead-letter-retention").pipe(
    Flag.withMetavar("duration"),
    Flag.withSchema(Schema.DurationFromString),
    Flag.withDescription('How long dead letters are kept, such as "90 days"; default: 30 days'),
    Flag.optional
  ),
  port: Flag.Int("port").pipe(
    Flag.withSchema(portSchema),
    Flag.withDescription("Where to answer GET /health and GET /metrics; 0 takes any free port; default: nowhere"),
    Flag.optional
  ),
  host: Flag.String("host").pipe(
    Flag.withDescription("The address of --port; 0.0.0.0 for those outside of a container; default: 127.0.0.1"),
    Flag.withDefault("127.0.0.1")
  )
}

type Given = Command.Command.Config.Infer<typeof flags>

export const relay = Command.make(
  "relay",
  flags,
  Effect.fnUntraced(function* (given) {
    const place = yield* givenPlace
    const options = yield* readOptions(given)
    const retention = Option.getOrUndefined(given.deadLetterRetention)
    const relaying = withOutbox(place, { mayMake: true, deadLetterRetention: retention }, (database) =>
      deliver(given, options, database, sayPlace(place))
    )
    yield* untilEndSignal(Effect.raceFirst(relaying, npmShellEnd))
  })
).pipe(
  Command.withShortDescription("Deliver what is in an outbox, as a process of its own"),
  Command.withDescription(
    "Deliver what is in an outbox, as a process of its own, until Ctrl+C or SIGTERM: requests under way may end within CUSTOMERIO_SHUTDOWN_TIMEOUT (20 seconds), the rest stays in the outbox, and the exit code is 0. A second signal ends it at once. As many may run as there are machines"
  ),
  Command.withExamples([
    {
      command: "cdp-analytics outbox --database analytics.db relay --api-key @key.txt --max-batch-size 500",
      description: "With a key that can be changed while it runs"
    },
    {
      command: "CUSTOMERIO_OUTBOX=postgres://… cdp-analytics outbox relay --port 8080 --host 0.0.0.0",
      description: "In a container"
    }
  ])
)

/** Options of whoever accepts, and of a client that has no outbox. The same environment may be theirs. */
const ofOthers = [
  "maxMessageBytes",
  "queueCapacity",
  "queueBytes",
  "whenFull",
  "deliveryTimeout",
  "enabled",
  "allowSuspiciousIds"
] as const

const readOptions = Effect.fnUntraced(function* (given: Given) {
  const configured = yield* readEnvironment(2)
  if (configured.enabled === false) return yield* failWith(1, "CUSTOMERIO_ENABLED is false: nothing may be delivered")
  const apiKey = yield* readGivenKey(2, given.apiKey)
  if (Option.isNone(apiKey)) {
    return yield* failWith(2, "No API key: set CUSTOMERIO_API_KEY to the key of a Data Pipelines source")
  }
  return {
    ...Struct.omit(configured, ofOthers),
    ...chooseServer(given, configured),
    apiKey: apiKey.value,
    proxy: yield* Effect.orElseSucceed(proxyConfig, () => undefined),
    maxBatchSize: Option.getOrElse(given.maxBatchSize, () => configured.maxBatchSize),
    concurrency: Option.getOrElse(given.concurrency, () => configured.concurrency)
  }
})

/** Delivers until it is interrupted. */
const deliver = (
  given: Given,
  options: Effect.Success<ReturnType<typeof readOptions>>,
  database: OutboxDatabase,
  outbox: string
) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const readKey = Effect.provideService(rereadKey(given.apiKey), Stdio.Stdio, stdio)
    const { exchangeOf, others } = yield* readNodeOptions(options)
    const layerRelay = Layer.effect(OutboxRelay, makeOutboxRelay(exchangeOf, others, readKey)).pipe(
      // The same database, of which it is asked how it is.
      Layer.provide(Layer.succeed(OutboxStore, { open: Effect.succeed(database) }))
    )
    const running = yield* Layer.build(layerRelay)
    const url = yield* Effect.provide(serve(given, database, outbox), running)
    yield* say("the relay delivers", { outbox, endpoint: originOf(options), ...(url && { health: `${url}/health` }) })
    return yield* Effect.never
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => say("the relay has ended", { outbox, waiting: database.usage().messages })),
    Effect.catchTag("InvalidOptions", ({ message }) => failWith(2, message))
  )

/** Says how it is over HTTP, where that is wanted, and returns where. */
const serve = Effect.fnUntraced(function* ({ host, port }: Given, database: OutboxDatabase, outbox: string) {
  if (Option.isNone(port)) return undefined
  // Loaded when it is asked for: it takes its time.
  const { serveStatus } = yield* Effect.promise(() => import("./outboxServer.ts"))
  return yield* serveStatus(database, outbox, port.value, host)
})

const say = (words: string, annotations: Record<string, unknown>) =>
  quietly(Effect.annotateLogs(Effect.logInfo(words), annotations))
