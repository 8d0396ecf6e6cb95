import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, type AnalyticsOptions, type Outcome } from "cdp-analytics-effect"
import {
  Arbitrary,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Redacted,
  References,
  Schedule,
  Schema,
  Stream,
  Tracer
} from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"

/** Text that nothing else has in it by chance, with what JSON, URLs and HTML escape. */
const secrets = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals(["Qx7", "zK9", "é", '"', "\\", "<", "🦊", "/", " ", "Wv3"])), {
    minLength: 4,
    maxLength: 12
  }),
  (parts) => `Jq4${parts.join("")}Hn8`
)

const base64 = (text: string) => Buffer.from(text).toString("base64")

/** Empty for what JSON cannot carry, such as a span, which holds its parent. */
const toJson = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? ""
  } catch {
    return ""
  }
}

/** How a server may fail, saying everything that it was told. */
const failures = [
  "echoes in a 400",
  "echoes in a 404",
  "echoes in a 401",
  "echoes in a 503",
  "echoes in the API's JSON",
  "echoes in a redirect",
  "fails with the request in the words",
  "dies with the request in the words",
  "never answers"
] as const

const clientOf = (failure: (typeof failures)[number]) =>
  HttpClient.make((request) => {
    const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
    const all = `${request.headers["authorization"]} ${body}`
    const answer = (status: number, text: string, headers: Record<string, string> = {}) =>
      Effect.succeed(HttpClientResponse.fromWeb(request, new Response(text, { status, headers })))
    switch (failure) {
      case "echoes in a 400":
        return answer(400, all)
      case "echoes in a 404":
        return answer(404, all)
      case "echoes in a 401":
        return answer(401, all)
      case "echoes in a 503":
        return answer(503, all)
      case "echoes in the API's JSON":
        return answer(400, JSON.stringify({ meta: { errors: [all, body] } }))
      case "echoes in a redirect":
        return answer(302, all, { location: `ftp://example.com/${encodeURIComponent(all)}` })
      case "fails with the request in the words":
        return Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause: new Error(all), description: all })
          })
        )
      case "dies with the request in the words":
        return Effect.die(new Error(all))
      case "never answers":
        return Effect.never
    }
  })

describe("the key and people's data", () => {
  it.live.prop(
    "are in no log line, span, outcome, receipt or failure, whatever the server says",
    [
      Arbitrary.all({
        key: secrets,
        userId: secrets,
        email: secrets,
        value: secrets,
        failure: Arbitrary.schema(Schema.Literals(failures))
      })
    ],
    ([{ key, userId, email, value, failure }]) =>
      Effect.gen(function* () {
        const told: Array<unknown> = []
        const logger = Logger.make((line) => void told.push(line.message, line.cause, inspect(line, { depth: 12 })))
        const tracer = Tracer.make({
          span: (options) => {
            const span = new Tracer.NativeSpan(options)
            told.push(span)
            return span
          }
        })
        const options: AnalyticsOptions = {
          apiKey: Redacted.make(key),
          flushAt: 2,
          retry: Schedule.recurs(1),
          requestTimeout: "20 millis",
          shutdownTimeout: "50 millis",
          onUndelivered: ({ error }) => Effect.fail(error)
        }
        const outcomes: Array<Outcome> = []
        const layer = Analytics.layer(options).pipe(
          Layer.provide(Layer.succeed(HttpClient.HttpClient, clientOf(failure))),
          Layer.provideMerge(Logger.layer([logger])),
          Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "All")),
          Layer.provideMerge(Layer.succeed(Tracer.Tracer, tracer))
        )
        const reader = yield* Effect.gen(function* () {
          const reader = yield* Effect.forkDetach(
            Stream.runForEach(yield* Effect.map(Analytics, (analytics) => analytics.outcomes), (outcome) =>
              Effect.sync(() => outcomes.push(outcome))
            ),
            { startImmediately: true }
          )
          const receipts = [
            yield* Analytics.identify({ userId, traits: { email, nested: [{ value }] } }),
            yield* Analytics.track({ userId, event: "event", properties: { note: value } }),
            yield* Analytics.track({ userId, event: "event", context: { custom: value } })
          ]
          told.push(
            ...receipts,
            yield* Effect.exit(Analytics.track({ userId: "", event: "e", properties: { note: value } }))
          )
          told.push(
            yield* Effect.exit(Analytics.track({ userId, event: "e", properties: { note: value, no: Number.NaN } }))
          )
          told.push(
            yield* Effect.exit(Analytics.track({ userId, event: "e", properties: { note: value.repeat(9999) } }))
          )
          yield* Analytics.flush
          for (const receipt of receipts) told.push(yield* Effect.exit(receipt.await))
          return reader
        }).pipe(Effect.withSpan("caller"), Effect.provide(layer), Effect.exit)
        if (Exit.isFailure(reader)) assert.fail(String(reader.cause))
        yield* Fiber.await(reader.value)
        told.push(...outcomes)

        const words = told.flatMap((thing) => [String(thing), inspect(thing, { depth: 12 }), toJson(thing)]).join("\n")
        for (const secret of [key, base64(`${key}:`), userId, email, value]) {
          for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) {
            assert.notInclude(words, form, failure)
          }
        }
      }),
    { arbitrary: { runs: 60 } } as never
  )
})
