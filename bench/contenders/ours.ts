import { Analytics, AnalyticsMetrics, type AnalyticsOptions, type InvalidOptions } from "cdp-analytics-effect"
import { Effect, Exit, type Layer, ManagedRuntime, Metric, Redacted } from "effect"
import type { Contender, MakeContender, Observer, Settings, TrackedEvent } from "./Contender.ts"
import { letOthersRun } from "./flood.ts"

/** This library with a given layer, used as its README says. */
export const makeOurs =
  (layer: (options: AnalyticsOptions) => Layer.Layer<Analytics, InvalidOptions>): MakeContender =>
  async (settings) => {
    const runtime = ManagedRuntime.make(layer(optionsOf(settings)))
    await runtime.runPromise(Effect.void)
    let refused = 0

    const contender: Contender = {
      track: (event) => {
        if (Exit.isFailure(runtime.runSyncExit(Analytics.track(event)))) refused++
      },
      flush: async () => {
        await runtime.runPromise(Analytics.flush)
      },
      close: () => runtime.dispose(),
      told: () => refused + Effect.runSync(undelivered),
      flood: (events, observer) => runtime.runPromise(flood(events, observer))
    }
    return contender
  }

/** Accepted events that were not delivered, as the metrics say. */
const undelivered = Effect.map(
  Effect.forEach(["Rejected", "Unauthorized", "RetriesExhausted", "ShutdownTimeout", "Dropped"] as const, (reason) =>
    Metric.value(AnalyticsMetrics.failed(reason))
  ),
  (counters) => counters.reduce((total, { count }) => total + count, 0)
)

const optionsOf = ({
  endpoint,
  batchSize,
  flushIntervalMs,
  closeTimeoutMs,
  queueCapacity,
  queueBytes,
  isPaced
}: Settings): AnalyticsOptions => ({
  apiKey: Redacted.make("key"),
  endpoint,
  flushAt: batchSize,
  flushInterval: flushIntervalMs,
  shutdownTimeout: closeTimeoutMs,
  queueCapacity,
  queueBytes,
  whenFull: isPaced ? "wait" : "fail"
})

const flood = Effect.fnUntraced(function* (events: Iterable<TrackedEvent>, observer: Observer) {
  let calls = 0
  for (const event of events) {
    const start = performance.now()
    yield* Analytics.track(event)
    const end = performance.now()
    observer.call((end - start) * 1000)
    if (++calls % 100 === 0) {
      yield* Effect.promise(letOthersRun)
      observer.turn((performance.now() - end) * 1000)
    }
  }
})
