import { Effect, Layer, Logger, Result } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { Analytics } from "../Analytics.ts"
import type { CallError } from "../AnalyticsError.ts"
import type { AnalyticsOptions } from "../AnalyticsOptions.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import { Body, readBody } from "../transport/exchange.ts"

/** The headers of an answer, by their names in lower case. */
export interface AnswerHeaders {
  readonly [name: string]: string
}

/** Sends one message at once, and returns why it was not delivered, if so, and the headers and text of the last answer. */
export const sendOnce = Effect.fnUntraced(function* (
  options: AnalyticsOptions,
  call: Effect.Effect<Receipt, CallError, Analytics>
) {
  let headers: AnswerHeaders = {}
  let text = ""
  /** What is read here is for the client to read again. */
  const note = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
    const body = new Body()
    yield* Effect.ignore(readBody(response, body))
    headers = response.headers
    text = body.text ?? ""
    const { request, status } = response
    return HttpClientResponse.fromWeb(request, new Response(text === "" ? null : text, { status, headers }))
  })
  const layerNoting = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, HttpClient.transformResponse(Effect.flatMap(note)))
  )
  // The outcome is awaited before closing: what is left then was given up by whoever pressed Ctrl-C.
  const layer = Analytics.layer({ ...options, flushAt: 1, enabled: true, shutdownTimeout: 0 }).pipe(
    Layer.provide(layerNoting),
    Layer.provide(Logger.layer([]))
  )

  return yield* Effect.gen(function* () {
    const receipt = yield* call
    const delivery = yield* Effect.result(receipt.await)
    const failure = Result.isFailure(delivery) ? delivery.failure : undefined
    return { messageId: receipt.messageId, failure, headers, text }
  }).pipe(Effect.provide(layer))
})
