import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Analytics, type AnalyticsOptions, type CallError } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { type Fault, Simulator } from "cdp-analytics-effect/simulator"
import { Clock, Context, Duration, Effect, Exit, Layer, Metric, Redacted, Schedule, Scope } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { silent } from "../support/logs.ts"

/** A service that is watched. */
interface Scenario {
  /** How its server fails; by default it does not. */
  readonly faults?: ReadonlyArray<Fault>
  readonly options?: Partial<AnalyticsOptions>
  /** How many times as fast its time goes by. */
  readonly haste?: number
  /** What it does before anybody looks at it, and then, which is given what closes its client. */
  readonly early?: Effect.Effect<unknown, never, Analytics>
  readonly run?: (close: Effect.Effect<void>) => Effect.Effect<unknown, CallError, Analytics>
  /** The alerts that are to fire, with what tells those of a name apart. */
  readonly alerts: ReadonlyArray<string>
}

const track = Analytics.track({ userId: "ada", event: "order_completed" })

const trackAll = (times: number) => Effect.repeat(track, Schedule.recurs(times - 1))

const trackOn = Effect.repeat(Effect.ignore(track), Schedule.spaced("50 millis"))

const trackWith = (properties: { readonly [key: string]: unknown }) =>
  // As a program without types may.
  Effect.ignore(Analytics.enqueue({ type: "track", userId: "ada", event: "upload", properties } as never))

const unavailable: ReadonlyArray<Fault> = [{ kind: "status", status: 503 }]

const stall: ReadonlyArray<Fault> = [{ kind: "stall" }]

/** Each is a job of Prometheus. */
export const scenarios: { readonly [job: string]: Scenario } = {
  healthy: { run: () => trackOn, alerts: [] },
  throttled: {
    faults: [{ kind: "status", status: 429, retryAfter: 1, times: 2 }],
    run: () => trackOn,
    alerts: []
  },
  away: {
    // An hour in six seconds.
    haste: 600,
    faults: unavailable,
    options: { queueCapacity: 100_000 },
    run: () => trackOn,
    alerts: ["AnalyticsDelayed", "AnalyticsServerAway"]
  },
  unauthorized: {
    faults: [{ kind: "status", status: 401 }],
    run: () => trackOn,
    alerts: ["AnalyticsLost Unauthorized"]
  },
  rejected: {
    faults: [{ kind: "status", status: 400, times: 1 }],
    run: () => track,
    alerts: ["AnalyticsLost Rejected"]
  },
  exhausted: {
    faults: unavailable,
    options: { retry: Schedule.recurs(1) },
    run: () => track,
    alerts: ["AnalyticsLost RetriesExhausted"]
  },
  dropped: {
    faults: stall,
    options: { queueCapacity: 10, whenFull: "dropOldest", requestTimeout: "1 minute" },
    run: () => trackAll(12),
    alerts: ["AnalyticsLost Dropped", "AnalyticsQueueFilling messages"]
  },
  closed: {
    faults: stall,
    options: { shutdownTimeout: "100 millis" },
    run: (close) => Effect.andThen(trackAll(3), Effect.andThen(close, Effect.ignore(track))),
    alerts: ["AnalyticsLost ShutdownTimeout", "AnalyticsRefused AnalyticsClosed"]
  },
  full: {
    faults: stall,
    options: { queueCapacity: 10, requestTimeout: "1 minute" },
    run: () => Effect.ignore(trackAll(11)),
    alerts: ["AnalyticsQueueFilling messages", "AnalyticsRefused QueueFull"]
  },
  heavy: {
    faults: stall,
    options: { queueBytes: 35_000, requestTimeout: "1 minute" },
    run: () => trackWith({ text: "x".repeat(30_000) }),
    alerts: ["AnalyticsQueueFilling bytes"]
  },
  mistaken: {
    run: () => Effect.andThen(trackWith({ text: "x".repeat(40_000) }), trackWith({ odd: new Map() })),
    alerts: ["AnalyticsRefused MessageTooLarge", "AnalyticsRefused UnserializableMessage"]
  },
  // What failed before the first scrape is no rise.
  early: {
    early: Effect.ignore(Analytics.track({ userId: "", event: "order_completed" })),
    alerts: ["AnalyticsRefused InvalidMessage"]
  }
}

/** Starts a service, and says where its metrics are, and what sets it going. */
export const startService = Effect.fnUntraced(function* ({ faults = [], options, haste = 1, early, run }: Scenario) {
  const simulator = yield* Layer.build(Simulator.layerServer())
  const { url, setFaults } = Context.get(simulator, Simulator)
  yield* setFaults(faults)

  const registry = yield* Layer.build(Layer.sync(Metric.MetricRegistry, () => new Map()))
  const Metrics = HttpRouter.serve(PrometheusMetrics.layerHttp(), { disableLogger: true, disableListenLog: true })
  const server = yield* Metrics.pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
    Layer.provide(Layer.succeedContext(registry)),
    Layer.build
  )

  const scope = yield* Scope.fork(yield* Effect.scope)
  const Client = AnalyticsNode.layer({
    apiKey: Redacted.make("a-key-for-the-check"),
    endpoint: url,
    flushInterval: "500 millis",
    shutdownTimeout: "1 second",
    ...options
  })
  const client = yield* Client.pipe(
    Layer.provide(Layer.mergeAll(Layer.succeedContext(registry), hurried(haste), silent)),
    Layer.buildWithScope(scope)
  )
  if (early !== undefined) yield* Effect.provide(early, client)

  const close = Scope.close(scope, Exit.void)
  return {
    address: HttpServer.formatAddress(Context.get(server, HttpServer.HttpServer).address).replace("http://", ""),
    go: run === undefined ? Effect.void : Effect.forkScoped(Effect.provide(run(close), client))
  }
})

/** A clock that goes so many times as fast. */
const hurried = (factor: number): Layer.Layer<never> =>
  Layer.effect(
    Clock.Clock,
    Effect.map(Clock.Clock, (clock): Clock.Clock => {
      const began = clock.currentTimeNanosUnsafe()
      const begun = clock.monotonicTimeNanosUnsafe()
      const faster = (since: bigint, now: bigint): bigint => since + (now - since) * BigInt(factor)
      const currentTimeNanosUnsafe = () => faster(began, clock.currentTimeNanosUnsafe())
      const currentTimeMillisUnsafe = () => Number(currentTimeNanosUnsafe() / 1_000_000n)
      const monotonicTimeNanosUnsafe = () => faster(begun, clock.monotonicTimeNanosUnsafe())
      return {
        currentTimeNanosUnsafe,
        currentTimeMillisUnsafe,
        monotonicTimeNanosUnsafe,
        currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
        currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
        monotonicTimeNanos: Effect.sync(monotonicTimeNanosUnsafe),
        sleep: (duration) => clock.sleep(Duration.divideUnsafe(duration, factor))
      }
    })
  )
