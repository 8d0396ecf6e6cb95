import { Analytics } from "cdp-analytics-effect"
import { Effect, Exit, Fiber, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { Contender, MakeContender, Settings, TrackedEvent } from "./Contender.ts"
import { letOthersRun } from "./flood.ts"

/** This library over a given `HttpClient`, used as its README says. */
export const makeOurs =
  (httpClient: Layer.Layer<HttpClient.HttpClient>): MakeContender =>
  async (settings) => {
    const runtime = ManagedRuntime.make(layer(settings).pipe(Layer.provide(httpClient)))
    let told = 0
    const watch = await runtime.runPromise(
      Analytics.outcomes.pipe(
        Stream.runForEach((outcome) =>
          Effect.sync(() => {
            if (outcome._tag !== "Delivered") told += outcome.messageIds.length
          })
        ),
        Effect.forkDetach({ startImmediately: true })
      )
    )

    const contender: Contender = {
      track: (event) => {
        if (Exit.isFailure(runtime.runSyncExit(Analytics.track(event)))) told++
      },
      flush: async () => {
        await runtime.runPromise(Analytics.flush)
      },
      close: async () => {
        await runtime.dispose()
        await Effect.runPromise(Fiber.await(watch))
      },
      told: () => told,
      flood: (events, observe) => runtime.runPromise(flood(events, observe))
    }
    return contender
  }

const layer = ({
  endpoint,
  batchSize,
  flushIntervalMs,
  closeTimeoutMs,
  queueCapacity,
  queueBytes,
  isPaced
}: Settings) =>
  Analytics.layer({
    apiKey: Redacted.make("key"),
    endpoint,
    flushAt: batchSize,
    flushInterval: flushIntervalMs,
    shutdownTimeout: closeTimeoutMs,
    queueCapacity,
    queueBytes,
    whenFull: isPaced ? "wait" : "fail"
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
