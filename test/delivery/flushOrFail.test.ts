import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  type AnalyticsClosed,
  isRefused,
  NotDelivered,
  type OutboxError,
  type QueueFull,
  type Receipt
} from "cdp-analytics-effect"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { silent } from "../support/logs.ts"
import { layerMocked, Server, trackMany, trackOne } from "../support/Server.ts"

describe("Analytics.flushOrFail", () => {
  const provide = Effect.provide(Layer.merge(layerMocked({ flushAt: 1, shutdownTimeout: 0 }), silent))

  it.effect("has the report where all was delivered", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 3)
      assert.deepStrictEqual(yield* Analytics.flushOrFail, { delivered: 3, failed: {}, waiting: 0 })
    }).pipe(provide)
  )

  it.effect("fails with the report where something was refused, once", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index === 0 ? 404 : 200 }))
      yield* trackMany(1, 3)
      const error = yield* Effect.flip(Analytics.flushOrFail)
      assert.deepInclude(error, { _tag: "NotDelivered", report: { delivered: 2, failed: { Rejected: 1 }, waiting: 0 } })
      assert.instanceOf(error, NotDelivered)
      assert.strictEqual(error.message, "Not every message was delivered: 1 Rejected; 2 delivered")
      yield* trackOne(4)
      assert.strictEqual((yield* Analytics.flushOrFail).delivered, 1)
    }).pipe(provide)
  )

  it.effect("fails where something still waits", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 503 }))
      yield* trackOne(1)
      const flushing = yield* Effect.forkChild(Effect.flip(Analytics.flushOrFail))
      yield* TestClock.adjust("30 seconds")
      const error = yield* Fiber.join(flushing)
      assert.deepInclude(error.report, { delivered: 0, waiting: 1 })
      assert.include(error.message, "1 waiting")
    }).pipe(provide)
  )
})

describe("isRefused", () => {
  it.effect("tells a bad message from a client that cannot take any", () =>
    Effect.gen(function* () {
      const refused = [
        Analytics.track({ userId: "", event: "e" }),
        Analytics.track({ userId: "u", event: "e", properties: { n: Number.NaN } }),
        Analytics.track({ userId: "u", event: "e", properties: { text: "x".repeat(40_000) } })
      ]
      for (const call of refused) assert.isTrue(isRefused(yield* Effect.flip(call)))
      const handled: Effect.Effect<Receipt | undefined, QueueFull | AnalyticsClosed | OutboxError, Analytics> =
        Analytics.track({
          userId: "u",
          event: "e"
        }).pipe(Effect.catchIf(isRefused, () => Effect.undefined))
      yield* Server.answer(() => Effect.never)
      yield* trackOne(1)
      const full = yield* Effect.flip(handled)
      assert.strictEqual(full._tag, "QueueFull")
      assert.isFalse(isRefused(full))
      assert.isFalse(isRefused(undefined))
    }).pipe(Effect.provide(Layer.merge(layerMocked({ queueCapacity: 1, shutdownTimeout: 0 }), silent)))
  )
})
