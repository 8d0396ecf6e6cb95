import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import { Analytics, makeAnalytics } from "../Analytics.ts"
import type { CallError } from "../AnalyticsError.ts"
import type { AnalyticsOptions } from "../AnalyticsOptions.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import { type Answer, type Exchange, makeExchange } from "../transport/exchange.ts"

/** Sends one message at once, and returns why it was not delivered, if so, and the answer to the last request, if any. */
export const sendOnce = Effect.fnUntraced(function* (
  options: AnalyticsOptions,
  call: Effect.Effect<Receipt, CallError, Analytics>
) {
  let answer: Answer | undefined
  const noting =
    (exchange: Exchange): Exchange =>
    (request, deadline) => {
      answer = undefined
      return Effect.tap(exchange(request, deadline), (came) =>
        Effect.sync(() => {
          answer = came
        })
      )
    }
  // The outcome is awaited before closing: what is left then was given up by whoever pressed Ctrl-C.
  const layer = Layer.effect(
    Analytics,
    makeAnalytics(() => Effect.map(makeExchange, noting), { ...options, flushAt: 1, enabled: true, shutdownTimeout: 0 })
  ).pipe(Layer.provide(Logger.layer([])))

  return yield* Effect.gen(function* () {
    const receipt = yield* call
    const delivery = yield* Effect.result(receipt.await)
    const failure = Result.isFailure(delivery) ? delivery.failure : undefined
    return { messageId: receipt.messageId, failure, answer }
  }).pipe(Effect.provide(layer))
})
