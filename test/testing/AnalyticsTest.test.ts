import { assert, describe, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Effect, Layer, Stream } from "effect"
import { silent } from "../support/logs.ts"
import { settle, trackMany, trackOne } from "../support/Server.ts"

describe("AnalyticsTest", () => {
  it.effect("sent shows what was accepted so far, without a flush", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
      yield* trackMany(1, 3)
      const sent = yield* AnalyticsTest.sent
      assert.deepStrictEqual(
        sent.map((message) => message.event),
        ["1", "2", "3"]
      )
      yield* trackOne(4)
      assert.strictEqual((yield* AnalyticsTest.sent).length, 4)
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("leaves the counts to the program's own flush", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 3)
      yield* AnalyticsTest.sent
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 3, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("clear forgets it", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 3)
      yield* AnalyticsTest.clear
      yield* trackOne(4)
      assert.deepStrictEqual(
        (yield* AnalyticsTest.sent).map((message) => message.event),
        ["4"]
      )
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect.each(["Rejected", "Unauthorized", "RetriesExhausted"] as const)(
    "failWith(%s) makes delivery fail, until it is undefined",
    (failure) =>
      Effect.gen(function* () {
        const tags: Array<string> = []
        yield* Effect.forkChild(Stream.runForEach(Analytics.outcomes, ({ _tag }) => Effect.sync(() => tags.push(_tag))))
        yield* settle
        yield* AnalyticsTest.failWith(failure)
        yield* trackOne(1)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { [failure]: 1 }, waiting: 0 })
        yield* AnalyticsTest.failWith(undefined)
        yield* trackOne(2)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 1, failed: {}, waiting: 0 })
        yield* settle
        assert.deepStrictEqual(tags, [failure, "Delivered"])
        assert.strictEqual((yield* AnalyticsTest.sent).length, 1)
      }).pipe(Effect.provide(Layer.provideMerge(AnalyticsTest.layer, silent)))
  )

  it.effect("validates as the real one does", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Analytics.track({ userId: "", event: "e" }))
      assert.strictEqual(error._tag, "InvalidMessage")
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("layerWith takes options, and refuses wrong ones", () =>
    Effect.gen(function* () {
      yield* trackOne(1).pipe(Effect.provide(AnalyticsTest.layerWith({ queueCapacity: 1 })))
      const error = yield* Effect.flip(trackOne(1).pipe(Effect.provide(AnalyticsTest.layerWith({ flushAt: 0 }))))
      assert.deepInclude(error, { _tag: "InvalidOptions", option: "flushAt" })
    })
  )
})

it.effect("says how the server is", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* Analytics.status).server, "unknown")
    yield* Analytics.track({ userId: "1", event: "bought" })
    assert.strictEqual((yield* Analytics.status).waiting.messages, 1)
    yield* AnalyticsTest.sent
    const { server, waiting, inFlight, lastFailure } = yield* Analytics.status
    assert.deepStrictEqual(
      { server, waiting, inFlight, lastFailure },
      { server: "up", waiting: { messages: 0, bytes: 0 }, inFlight: 0, lastFailure: undefined }
    )
    yield* AnalyticsTest.failWith("RetriesExhausted")
    yield* Analytics.track({ userId: "1", event: "bought" })
    yield* Analytics.flush
    assert.strictEqual((yield* Analytics.status).lastFailure?.status, 503)
  }).pipe(Effect.provide(AnalyticsTest.layer))
)

describe("what was sent", () => {
  const all = Effect.gen(function* () {
    yield* Analytics.identify({ userId: "u", traits: { email: "u@example.com" } })
    yield* Analytics.track({ userId: "u", event: "bought", properties: { price: 1 } })
    yield* Analytics.track({ anonymousId: "a", event: "viewed" })
    yield* Analytics.page({ userId: "u", name: "Pricing", category: "Docs" })
    yield* Analytics.screen({ userId: "u", name: "Cart" })
    yield* Analytics.group({ userId: "u", groupId: "acme", traits: { name: "Acme" } })
    yield* Analytics.alias({ previousId: "a", userId: "u" })
  })

  it.effect("is told apart by its type", () =>
    Effect.gen(function* () {
      yield* all
      const prices = (yield* AnalyticsTest.sent).flatMap((message) =>
        message.type === "track" ? [message.properties?.["price"]] : []
      )
      assert.deepStrictEqual(prices, [1, undefined])
      const counts = [
        yield* AnalyticsTest.identified("u"),
        yield* AnalyticsTest.tracked("bought"),
        yield* AnalyticsTest.paged("Pricing"),
        yield* AnalyticsTest.screened("Cart"),
        yield* AnalyticsTest.grouped("acme"),
        yield* AnalyticsTest.aliased("u")
      ].map((messages) => messages.length)
      assert.deepStrictEqual(counts, [1, 1, 1, 1, 1, 1])
      assert.deepStrictEqual(yield* AnalyticsTest.tracked("sold"), [])
      const [bought] = yield* AnalyticsTest.tracked("bought")
      assert.deepStrictEqual(bought?.properties, { price: 1 })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("is the same each time, ids and times too", () =>
    Effect.gen(function* () {
      const once = Effect.provide(Effect.andThen(all, AnalyticsTest.sent), AnalyticsTest.layerWith({}))
      const first = yield* once
      assert.deepStrictEqual(yield* once, first)
      assert.strictEqual(first[1]?.messageId, "00000000-0000-4000-8000-000000000002")
      assert.strictEqual(new Set(first.map(({ messageId }) => messageId)).size, 7)
    })
  )
})
