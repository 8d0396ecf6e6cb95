/**
 * Two ways to test a program that uses `Analytics`: with `AnalyticsTest`, which has no HTTP at all, and with a mocked
 * `HttpClient`, which sees every request.
 */
import { assert, describe, it } from "@effect/vitest"
import { Analytics, Retry } from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Context, Effect, Layer, Logger, Redacted, Ref } from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "effect/http"

/** The program under test. */
const checkout = Effect.fnUntraced(function* (userId: string, total: number) {
  yield* Analytics.identify({ userId, traits: { plan: "Pro" } })
  yield* Analytics.track({ userId, event: "order_completed", properties: { revenue: total } })
})

describe("with AnalyticsTest", () => {
  it.effect("shows what the server would have got", () =>
    Effect.gen(function* () {
      yield* checkout("ada", 39.95)
      const [identify, track] = yield* AnalyticsTest.sent
      assert.deepStrictEqual(identify?.traits, { plan: "Pro" })
      assert.strictEqual(track?.event, "order_completed")
      assert.deepStrictEqual(track?.properties, { revenue: 39.95 })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("refuses what the server would refuse", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkout("", 39.95))
      assert.strictEqual(error._tag, "InvalidMessage")
      assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("makes delivery fail", () =>
    Effect.gen(function* () {
      yield* AnalyticsTest.failWith("Unauthorized")
      yield* checkout("ada", 39.95)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { Unauthorized: 2 }, waiting: 0 })
      // The failure is logged as an error, as it would be in production: not in this test.
    }).pipe(Effect.provide([AnalyticsTest.layer, Logger.layer([])]))
  )
})

/** The requests that a program makes, and the status of the next answers: the last one is for all that follow. */
class Requests extends Context.Service<
  Requests,
  {
    readonly made: Ref.Ref<ReadonlyArray<HttpClientRequest.HttpClientRequest>>
    readonly statuses: Ref.Ref<ReadonlyArray<number>>
  }
>()("cdp-analytics-effect/examples/mocked-http-client.test/Requests") {
  static readonly layer = Layer.effect(
    Requests,
    Effect.all({
      made: Ref.make<ReadonlyArray<HttpClientRequest.HttpClientRequest>>([]),
      statuses: Ref.make<ReadonlyArray<number>>([200])
    })
  )
}

const MockedHttpClient = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(Requests, ({ made, statuses }) =>
    HttpClient.make((request) =>
      Effect.gen(function* () {
        yield* Ref.update(made, (earlier) => [...earlier, request])
        const status = yield* Ref.modify(statuses, ([next = 200, ...rest]) => [next, rest.length > 0 ? rest : [next]])
        return HttpClientResponse.fromWeb(request, new Response("{}", { status }))
      })
    )
  )
)

const layer = Analytics.layer({
  apiKey: Redacted.make("foo"),
  region: "eu",
  // The clock of a test stands still, so retries must not wait for it.
  retry: Retry.immediately(3)
}).pipe(Layer.provide(MockedHttpClient), Layer.provideMerge(Requests.layer))

describe("with a mocked HttpClient", () => {
  it.effect("sends both messages in one request", () =>
    Effect.gen(function* () {
      const { made } = yield* Requests
      yield* checkout("ada", 39.95)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 2, failed: {}, waiting: 0 })

      const [request, ...others] = yield* Ref.get(made)
      assert.strictEqual(request?.method, "POST")
      assert.strictEqual(request?.url, "https://cdp-eu.customer.io/v1/batch")
      assert.strictEqual(request?.headers["authorization"], "Basic Zm9vOg==")
      assert.deepStrictEqual(others, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("tries again after 503", () =>
    Effect.gen(function* () {
      const { made, statuses } = yield* Requests
      yield* Ref.set(statuses, [503, 200])
      yield* checkout("ada", 39.95)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 2, failed: {}, waiting: 0 })
      assert.strictEqual((yield* Ref.get(made)).length, 2)
    }).pipe(Effect.provide(layer))
  )
})
