import { Effect, Fiber, Layer, Logger, Stream } from "effect"
import { HttpClient } from "effect/http"
import { Analytics } from "../../Analytics.ts"
import type { CallError } from "../../AnalyticsError.ts"
import type { AnalyticsOptions } from "../../AnalyticsOptions.ts"
import type { Receipt } from "../../Delivery.ts"

/** The headers of an answer, by their names in lower case. */
export interface AnswerHeaders {
  readonly [name: string]: string | undefined
}

/** Sends one message at once, and returns its outcome and the headers of the last answer. */
export const sendOnce = Effect.fnUntraced(function* (
  options: AnalyticsOptions,
  call: Effect.Effect<Receipt, CallError, Analytics>
) {
  let headers: AnswerHeaders = {}
  const layerNotingHeaders = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.tap((response) =>
        Effect.sync(() => {
          headers = response.headers
        })
      )
    )
  )
  // The outcome is awaited before closing: what is left then was given up by whoever pressed Ctrl-C.
  const layer = Analytics.layer({ ...options, flushAt: 1, enabled: true, shutdownTimeout: 0 }).pipe(
    Layer.provide(layerNotingHeaders),
    Layer.provide(Logger.layer([]))
  )

  return yield* Effect.gen(function* () {
    const outcomes = yield* Effect.forkChild(Stream.runHead(Analytics.outcomes), { startImmediately: true })
    const { messageId } = yield* call
    const outcome = yield* Fiber.join(outcomes).pipe(Effect.flatMap(Effect.fromOption), Effect.orDie)
    return { messageId, outcome, headers }
  }).pipe(Effect.provide(layer))
})
