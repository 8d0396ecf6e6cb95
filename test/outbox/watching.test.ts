import { assert, describe, it } from "@effect/vitest"
import { Analytics, AnalyticsMetrics } from "cdp-analytics-effect"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
import { Effect, Fiber, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { collectLogs } from "../support/logs.ts"
import { Server } from "../support/Server.ts"
import { drain, inDatabase, layerOutbox, Outbox, track, withRelay, withWriter } from "./Outbox.ts"
import { advance, settle } from "./time.ts"

/** Runs an effect where commits take their turns of the event loop, and the clock stands still. */
const run = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* settle
    return yield* Fiber.join(fiber)
  })

/** Another of the same file, with a bound. */
const withBound =
  (bound: { readonly maxMessages?: number; readonly maxBytes?: number }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Outbox, (outbox) =>
      Effect.provideService(effect, Outbox, {
        ...outbox,
        store: Layer.orDie(OutboxSqlite.layer({ filename: outbox.filename, ...bound }))
      })
    )

describe("an outbox that nobody delivers from", () => {
  it.effect("is told of once, when the oldest message has waited for more than 5 minutes", () => {
    const { lines, layer } = collectLogs()
    const warnings = () => lines.filter(({ message }) => message.includes("no relay delivers"))
    return Effect.gen(function* () {
      yield* run(track("ada", "one"))
      for (let minute = 0; minute < 5; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* settle
      }
      assert.deepStrictEqual(warnings(), [])
      for (let minute = 0; minute < 5; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* settle
      }
      assert.strictEqual(warnings().length, 1)
      assert.strictEqual(warnings()[0]?.level, "Warn")
    }).pipe(withWriter(), Effect.provide(Layer.provideMerge(layer, layerOutbox)))
  })
})

describe("a message that is sent again", () => {
  it.effect.each([
    [11, 0],
    [13, 1]
  ] as const)("%i hours after it was tried counts %i times as one that the server may not know", ([hours, resent]) =>
    Effect.gen(function* () {
      yield* run(withWriter()(track("ada", "one")))
      yield* Server.answer(() => Effect.succeed({ status: 503 }))
      yield* advance(1000).pipe(withRelay({ shutdownTimeout: 0 }))
      assert.isAtLeast((yield* Server.received).length, 1)
      yield* TestClock.adjust(`${hours} hours`)
      yield* Server.answer(() => Effect.succeed({ status: 200 }))
      const before = (yield* Metric.value(AnalyticsMetrics.resentAfterDedup)).count
      yield* Effect.andThen(Effect.forkChild(drain), advance(2000)).pipe(withRelay())
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.resentAfterDedup)).count - before, resent)
      assert.strictEqual(yield* inDatabase(({ report }) => Effect.map(report, ({ waiting }) => waiting.messages)), 0)
    }).pipe(Effect.provide(layerOutbox))
  )
})

describe("a message whose request was cut off by closing", () => {
  it.effect("was tried", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.never)
      yield* track("ada", "one").pipe(withWriter())
      yield* advance(1000).pipe(withRelay({ shutdownTimeout: 0 }))
      assert.strictEqual((yield* Server.received).length, 1)
      yield* TestClock.adjust("13 hours")
      yield* Server.answer(() => Effect.succeed({ status: 200 }))
      const before = (yield* Metric.value(AnalyticsMetrics.resentAfterDedup)).count
      yield* Effect.andThen(Effect.forkChild(drain), advance(2000)).pipe(withRelay())
      assert.strictEqual((yield* Server.received).length, 2)
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.resentAfterDedup)).count - before, 1)
    }).pipe(Effect.provide(layerOutbox))
  )
})

describe("a full outbox", () => {
  it.live.each([
    ["messages", { maxMessages: 3 }],
    ["bytes", { maxBytes: 1200 }]
  ] as const)("of %s takes no more, keeps nothing of what it refuses, and goes on when there is room", ([_, bound]) =>
    Effect.gen(function* () {
      const taken = yield* Effect.gen(function* () {
        let taken = 0
        while (taken < 10) {
          const exit = yield* Effect.exit(track("ada", `e${taken}`))
          if (exit._tag === "Failure") break
          taken++
        }
        const error = yield* Effect.flip(track("ada", "more"))
        assert.deepInclude(error, { _tag: "QueueFull", type: "track", event: "more", messages: taken })
        return taken
      }).pipe(withWriter())
      assert.isAtLeast(taken, 1)
      assert.isBelow(taken, 10)
      yield* drain.pipe(withRelay())
      assert.deepStrictEqual(
        (yield* Server.events).flat(),
        Array.from({ length: taken }, (_, index) => `e${index}`)
      )
      yield* track("ada", "again").pipe(withWriter())
    }).pipe(withBound(bound), Effect.provide(layerOutbox))
  )

  it.live("refuses what it can never have room for, also where calls wait", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(track("a".repeat(500), "long"))
      assert.deepInclude(error, { _tag: "MessageTooLarge", limit: 500 })
    }).pipe(withWriter({ whenFull: "wait" }), withBound({ maxBytes: 500 }), Effect.provide(layerOutbox))
  )

  it.live("lets calls wait for room where they are told to", () =>
    Effect.gen(function* () {
      const { store, http } = yield* Outbox
      const layer = AnalyticsOutbox.layerWriter({ whenFull: "wait" }).pipe(Layer.provide(store))
      yield* Effect.gen(function* () {
        yield* track("ada", "first")
        const waiting = yield* Effect.forkChild(track("ada", "second"))
        yield* Effect.sleep("50 millis")
        assert.isUndefined(waiting.pollUnsafe())
        yield* drain.pipe(withRelay())
        yield* Fiber.join(waiting)
        assert.strictEqual((yield* Analytics.status).waiting.messages, 1)
      }).pipe(Effect.provide(Layer.merge(layer, Layer.succeedContext(http))))
    }).pipe(withBound({ maxMessages: 1 }), Effect.provide(layerOutbox))
  )
})
