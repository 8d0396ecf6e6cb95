/**
 * `cdp-analytics dev`: a Data Pipelines server on this machine, and every event that it receives.
 */
import { randomBytes } from "node:crypto"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { printableName } from "../message/printable.ts"
import { textAt } from "../protocol/WireMessage.ts"
import { Fault } from "../simulator/Fault.ts"
import type { ReceivedEvent, ReceivedRequest } from "../simulator/Received.ts"
import { Simulator } from "../simulator/Simulator.ts"
import { outerOrigins } from "./addresses.ts"
import { npmShellEnd, stdinEnd } from "./ending.ts"
import { failWith } from "./failure.ts"
import { jsonFlag, readJson } from "./json.ts"
import { explainListen, portSchema } from "./listening.ts"
import { openBrowser } from "./openBrowser.ts"
import { describePlan } from "./planAdvice.ts"
import { optionalPlanFlag } from "./planArguments.ts"
import { type LoadedPlan, readPlan } from "./planFile.ts"
import { print, printError } from "./print.ts"
import { checkReaders, isStandardInput } from "./source.ts"
import { watchPlan } from "./watchPlan.ts"

export const dev = Command.make(
  "dev",
  {
    port: Flag.Int("port").pipe(
      Flag.withSchema(portSchema),
      Flag.withDescription("Where to listen; 0 takes any free port"),
      Flag.withDefault(8400)
    ),
    host: Flag.String("host").pipe(
      Flag.withDescription(
        "The address to listen at; others than 127.0.0.1 let other machines send, and see the page with a token"
      ),
      Flag.withDefault("127.0.0.1")
    ),
    cors: Flag.String("cors").pipe(
      Flag.withDescription(
        "An origin whose web pages may send, such as http://localhost:3000; * for any; may be repeated"
      ),
      Flag.atLeast(0)
    ),
    apiKey: Flag.String("api-key").pipe(
      Flag.withDescription(
        "The only key that is right, to see what a wrong one does; it is printed, so give none that is real"
      ),
      Flag.optional
    ),
    strict: Flag.Boolean("strict").pipe(
      Flag.withDescription("Answer every request strictly, not only those with X-Strict-Mode"),
      Flag.withDefault(false)
    ),
    faults: jsonFlag(
      "faults",
      'Faults for the first requests to meet, such as [{"kind":"status","status":503,"times":2}]'
    ),
    plan: optionalPlanFlag("A tracking plan that each event is held against, read anew when it changes"),
    exitOnStdinClose: Flag.Boolean("exit-on-stdin-close").pipe(
      Flag.withDescription(
        "End when standard input does, as the pipe of a test runner that is gone, however it went; one of /dev/null has ended"
      ),
      Flag.withDefault(false)
    ),
    open: Flag.Boolean("open").pipe(Flag.withDescription("Open the page in a browser"), Flag.withDefault(false)),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Write each event as a line of JSON to standard output, and all else to standard error"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({
    port,
    host,
    cors,
    apiKey,
    strict,
    faults: plannedFaults,
    plan: planFile,
    exitOnStdinClose,
    open,
    json
  }) {
    const sources = [
      ...Option.toArray(plannedFaults).map((source) => ["faults", source] as const),
      ...Option.toArray(planFile).map((file) => ["plan", file] as const)
    ]
    yield* checkReaders(sources)
    const fromStdin = sources.find(([, source]) => isStandardInput(source))
    if (exitOnStdinClose && fromStdin !== undefined) {
      return yield* failWith(2, `--${fromStdin[0]} cannot come from standard input with --exit-on-stdin-close`)
    }
    const faults = yield* readJson("faults", plannedFaults, Schema.Array(Fault))
    const plan = Option.isNone(planFile) ? undefined : yield* readPlan(planFile.value)
    const token = randomBytes(16).toString("base64url")
    const say = json ? printError : print

    const serve = Effect.gen(function* () {
      const { url, live, liveRequests } = yield* Simulator
      const printing = yield* Effect.forkChild(
        Stream.runForEach(live, (event) => print(json ? JSON.stringify(event) : describe(event))),
        { startImmediately: true }
      )
      yield* Effect.forkChild(
        Stream.runForEach(Stream.filter(liveRequests, isWithoutEvents), (request) => say(describeRequest(request))),
        { startImmediately: true }
      )
      const outer = outerOrigins(host, url)
      const pageOf = (origin: string): string => (outer.includes(origin) ? `${origin}/?token=${token}` : origin)
      const page = pageOf(url)
      yield* say(
        page === url
          ? `A Data Pipelines server listens at ${url}, and its page shows there what arrives.`
          : `A Data Pipelines server listens at ${url}, and its page, at ${page}, shows what arrives.`
      )
      for (const origin of outer.filter((other) => other !== url)) {
        yield* say(`Other machines send to ${origin}, and see the page at ${pageOf(origin)}`)
      }
      if (plan !== undefined && Option.isSome(planFile)) {
        yield* say(`Events are held against ${describePlan(plan.plan)}.`)
        yield* Effect.forkChild(followPlan(planFile.value, plan, say))
      }
      yield* say("For an app of yours to send to it:", "")
      const key = Option.getOrElse(apiKey, () => "dev")
      yield* say(`  export CUSTOMERIO_ENDPOINT=${url}`, `  export CUSTOMERIO_API_KEY=${key}`, "")
      if (open) yield* Effect.forkChild(openBrowser(page))
      const ending = Effect.raceFirst(
        exitOnStdinClose ? Effect.as(stdinEnd, "Standard input has ended") : Effect.never,
        Effect.as(npmShellEnd, "The shell in which npm ran this is gone")
      )
      const why = yield* Effect.raceFirst(Fiber.join(printing), ending)
      if (why !== undefined) yield* say(`${why}: the server ends.`)
    })

    yield* serve.pipe(
      Effect.provide(
        Simulator.layerServer({
          page: true,
          port,
          host,
          token,
          cors: cors.includes("*") || cors,
          strict: strict ? "always" : "header",
          ...(Option.isSome(apiKey) && { apiKeys: [apiKey.value] }),
          ...(faults && { faults }),
          ...(plan && { plan: plan.plan })
        })
      ),
      Effect.catchTags({
        ServeError: ({ cause }) => failWith(1, `Cannot listen at port ${port} of ${host}: ${explainListen(cause)}`),
        InvalidOptions: (error) => failWith(2, error.message)
      })
    )
  })
).pipe(
  Command.withShortDescription("Run a Data Pipelines server on this machine, and show what arrives"),
  Command.withDescription(
    "Run a Data Pipelines server on this machine, and show what arrives, until Ctrl+C, or SIGTERM to this process: with npx, npm and a shell stand between it and whoever started it, so start node_modules/.bin/cdp-analytics where a script is to stop it"
  ),
  Command.withExamples([
    {
      command: "node_modules/.bin/cdp-analytics dev --port 8400 & server=$!; npm test; kill $server",
      description: "Serve as long as the tests run"
    },
    {
      command: "cdp-analytics dev --port 0 --json --exit-on-stdin-close",
      description: "What a test runner starts that holds a pipe to it"
    }
  ])
)

/** Holds events against the newest plan of a file. */
const followPlan = Effect.fnUntraced(function* (file: string, loaded: LoadedPlan, say: typeof print) {
  const { setPlan, setPlanProblem } = yield* Simulator
  return yield* watchPlan(file, loaded, {
    changed: (plan) => Effect.andThen(setPlan(plan), say(`Events are held against the newer ${describePlan(plan)}.`)),
    failed: (problem) =>
      Effect.andThen(setPlanProblem(problem), printError(`Events are held against the plan as it was: ${problem}`))
  })
})

const isThere = (words: string): boolean => words !== ""

const describe = ({ message, verdict, bytes, refusal, note, effect, plan }: ReceivedEvent): string => {
  const columns = [
    verdict.padEnd(9),
    printableName(textAt(message, "type") ?? "?").padEnd(8),
    printableName(textAt(message, "userId") ?? textAt(message, "anonymousId") ?? "").padEnd(16),
    printableName(textAt(message, "event") ?? textAt(message, "name") ?? textAt(message, "groupId") ?? "").padEnd(24),
    `${bytes} bytes`.padStart(12),
    Option.getOrElse(Option.fromNullishOr(refusal?.reason ?? note ?? effect), () => ""),
    plan === undefined || plan.verdict === "planned"
      ? ""
      : [plan.verdict, plan.path, plan.reason].filter(isThere).join(": ")
  ]
  return columns.join("  ").trimEnd()
}

/** Whether it left nothing else to see: a fault answered it, or it was refused as a whole. */
const isWithoutEvents = ({ messages, fault, reason }: ReceivedRequest): boolean =>
  messages === 0 && (fault !== undefined || reason !== undefined)

const describeRequest = ({ fault, status, method, path, bytes, reason = "" }: ReceivedRequest): string => {
  const columns = [
    (fault === undefined ? "refused" : "fault").padEnd(9),
    printableName(method).padEnd(8),
    printableName(path).padEnd(16),
    (status === undefined ? "no answer" : `answered ${status}`).padEnd(24),
    `${bytes} bytes`.padStart(12),
    fault === undefined ? reason : fault.kind
  ]
  return columns.join("  ").trimEnd()
}
