import { Effect, Layer, Logger, Result } from "effect"
import { HttpClient } from "effect/http"
import { Analytics } from "../Analytics.ts"
import type { CallError } from "../AnalyticsError.ts"
import type { AnalyticsOptions } from "../AnalyticsOptions.ts"
import type { Receipt } from "../delivery/Delivery.ts"

/** The headers of an answer, by their names in lower case. */
export interface AnswerHeaders {
  readonly [name: string]: string | undefined
}

/** Sends one message at once, and returns why it was not delivered, if so, and the headers of the last answer. */
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
    const receipt = yield* call
    const delivery = yield* Effect.result(receipt.await)
    return { messageId: receipt.messageId, failure: Result.isFailure(delivery) ? delivery.failure : undefined, headers }
  }).pipe(Effect.provide(layer))
})
