import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { Effect, Exit, Layer, ManagedRuntime, Redacted } from "effect"
import type { HttpClient } from "effect/http"
import type { Contender, MakeContender, Settings, TrackedEvent } from "./Contender.ts"
import { letOthersRun } from "./flood.ts"

/** This library over a given `HttpClient`, used as its README says. */
export const makeOurs =
  (httpClient: Layer.Layer<HttpClient.HttpClient>): MakeContender =>
  async (settings) => {
    let told = 0
    const onUndelivered: AnalyticsOptions["onUndelivered"] = ({ messages }) =>
      Effect.sync(() => {
        told += messages.length
      })
    const runtime = ManagedRuntime.make(layer(settings, onUndelivered).pipe(Layer.provide(httpClient)))
    await runtime.runPromise(Effect.void)

    const contender: Contender = {
      track: (event) => {
        if (Exit.isFailure(runtime.runSyncExit(Analytics.track(event)))) told++
      },
      flush: async () => {
        await runtime.runPromise(Analytics.flush)
      },
      close: () => runtime.dispose(),
      told: () => told,
      flood: (events, observe) => runtime.runPromise(flood(events, observe))
    }
    return contender
  }

const layer = (
  { endpoint, batchSize, flushIntervalMs, closeTimeoutMs, queueCapacity, queueBytes, isPaced }: Settings,
  onUndelivered: AnalyticsOptions["onUndelivered"]
) =>
  Analytics.layer({
    apiKey: Redacted.make("key"),
    endpoint,
    flushAt: batchSize,
    flushInterval: flushIntervalMs,
    shutdownTimeout: closeTimeoutMs,
    queueCapacity,
    queueBytes,
    whenFull: isPaced ? "wait" : "fail",
    onUndelivered
  })

const flood = Effect.fnUntraced(function* (events: Iterable<TrackedEvent>, observe: (micros: number) => void) {
  let calls = 0
  for (const event of events) {
    const start = performance.now()
    yield* Analytics.track(event)
    observe((performance.now() - start) * 1000)
    if (++calls % 100 === 0) yield* Effect.promise(letOthersRun)
  }
})
