import { assert, describe, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { silent } from "../support/logs.ts"
import { layerMocked, range, Server, settle, trackMany, trackOne } from "../support/Server.ts"

describe("when a batch leaves", () => {
  it.effect("20 messages leave at once", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 20)
      yield* settle
      assert.deepStrictEqual(yield* Server.events, [range(1, 20)])
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("19 messages leave exactly 5 seconds after the first", () =>
    Effect.gen(function* () {
      yield* trackOne(1)
      yield* TestClock.adjust("3 seconds")
      yield* trackMany(2, 19)
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual(yield* Server.events, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Server.events, [range(1, 19)])
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("the interval starts anew with the first message of each batch", () =>
    Effect.gen(function* () {
      yield* trackOne(1)
      yield* TestClock.adjust("5 seconds")
      yield* TestClock.adjust("4 seconds")
      yield* trackOne(2)
      yield* TestClock.adjust("4999 millis")
      assert.deepStrictEqual(yield* Server.events, [["1"]])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Server.events, [["1"], ["2"]])
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("a clock that is set back makes the interval no longer", () =>
    Effect.gen(function* () {
      const start = Date.parse("2026-01-01T00:00:00Z")
      yield* TestClock.setTime(start)
      yield* trackOne(1)
      yield* TestClock.adjust("3 seconds")
      yield* Analytics.flush
      yield* TestClock.adjust("1 second")
      yield* trackOne(2)
      yield* TestClock.setTime(start + 1000)
      yield* TestClock.adjust("4999 millis")
      assert.deepStrictEqual(yield* Server.events, [["1"]])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Server.events, [["1"], ["2"]])
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("what is left over from a full batch waits its own interval", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 25)
      yield* TestClock.adjust("4999 millis")
      assert.deepStrictEqual(yield* Server.events, [range(1, 20)])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Server.events, [range(1, 20), range(21, 25)])
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("flushAt 1 sends each call at once", () =>
    Effect.gen(function* () {
      yield* trackOne(1)
      yield* settle
      yield* trackOne(2)
      yield* settle
      assert.deepStrictEqual(yield* Server.events, [["1"], ["2"]])
    }).pipe(Effect.provide(layerMocked({ flushAt: 1 })))
  )

  it.effect("flushAt and flushInterval are as given", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 3)
      yield* settle
      assert.deepStrictEqual(yield* Server.events, [range(1, 3)])
      yield* trackOne(4)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* Server.received).length, 1)
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* Server.events, [range(1, 3), ["4"]])
    }).pipe(Effect.provide(layerMocked({ flushAt: 3, flushInterval: "1 minute" })))
  )

  it.effect("the interval runs while every request is under way", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      yield* Server.answer(() => Effect.as(Deferred.await(gate), { status: 200 }))
      yield* trackMany(1, 2)
      yield* settle
      yield* trackOne(3)
      yield* TestClock.adjust("5 seconds")
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      assert.deepStrictEqual(yield* Server.events, [range(1, 2), ["3"]])
    }).pipe(Effect.provide(layerMocked({ flushAt: 2, concurrency: 1 })))
  )

  it.effect("a backlog leaves in batches of maxBatchSize", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      yield* Server.answer(() => Effect.as(Deferred.await(gate), { status: 200 }))
      yield* trackMany(1, 50)
      yield* settle
      yield* Deferred.succeed(gate, undefined)
      yield* Analytics.flush
      const sizes = (yield* Server.events).map((batch) => batch.length)
      assert.isAtMost(Math.max(...sizes), 15)
      assert.isTrue(sizes.includes(15), `expected a batch of 15 in ${sizes}`)
      assert.deepStrictEqual((yield* Server.events).flat(), range(1, 50))
    }).pipe(Effect.provide(layerMocked({ flushAt: 5, maxBatchSize: 15, concurrency: 1 })))
  )

  it.effect("a batch that waits for a request takes in more, also when its interval is over", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      yield* Server.answer(() => Effect.as(Deferred.await(gate), { status: 200 }))
      yield* trackMany(1, 2)
      yield* settle
      yield* trackMany(3, 3)
      yield* settle
      yield* TestClock.adjust("5 seconds")
      yield* trackMany(4, 6)
      yield* settle
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      assert.deepStrictEqual(yield* Server.events, [range(1, 2), range(3, 6)])
    }).pipe(Effect.provide(layerMocked({ flushAt: 2, maxBatchSize: 10, concurrency: 1, requestTimeout: "1 minute" })))
  )

  it.effect("maxBatchBytes ends a batch early, envelope and commas counted", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 10)
      yield* Analytics.flush
      const received = yield* Server.received
      const sizes = received.map(({ bytes }) => bytes.length)
      assert.isAtMost(Math.max(...sizes), 1000)
      assert.isAbove(received.length, 1)
      assert.deepStrictEqual((yield* Server.events).flat(), range(1, 10))
    }).pipe(Effect.provide(layerMocked({ maxBatchBytes: 1000, concurrency: 1 })))
  )
})

describe("concurrency", () => {
  const mostAtOnce = (concurrency: number) =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      yield* Server.answer(() => Effect.as(Deferred.await(gate), { status: 200 }))
      yield* trackMany(1, 40)
      yield* settle
      const atOnce = (yield* Server.received).length
      yield* Deferred.succeed(gate, undefined)
      return atOnce
    }).pipe(Effect.provide(layerMocked({ flushAt: 2, concurrency })))

  it.effect("as many requests as it says are in flight at once", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* mostAtOnce(1), 1)
      assert.strictEqual(yield* mostAtOnce(4), 4)
      assert.strictEqual(yield* mostAtOnce(7), 7)
    })
  )
})

describe("flush", () => {
  it.effect("sends at once, and counts what was delivered", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 45)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 45, failed: {}, waiting: 0 })
      assert.deepStrictEqual(
        (yield* Server.events).map((batch) => batch.length),
        [20, 20, 5]
      )
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("waits for what was in flight already, and counts it", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      yield* Server.answer(() => Effect.as(Deferred.await(gate), { status: 200 }))
      yield* trackMany(1, 25)
      yield* settle
      const flushing = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      assert.strictEqual((yield* Server.received).length, 2)
      assert.isUndefined(flushing.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 25, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("counts failures by tag", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: [200, 404, 401][index] ?? 200 }))
      yield* trackMany(1, 6)
      assert.deepStrictEqual(yield* Analytics.flush, {
        delivered: 2,
        failed: { Rejected: 2, Unauthorized: 2 },
        waiting: 0
      })
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ flushAt: 2, concurrency: 1 }), silent)))
  )

  it.effect("counts every message once, in the first flush that returns after its outcome", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 20)
      yield* settle
      yield* trackMany(21, 22)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 22, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: {}, waiting: 0 })
      yield* trackMany(23, 25)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 3, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("concurrent flushes are each right", () =>
    Effect.gen(function* () {
      const gates = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      yield* Server.answer((_, index) => Effect.as(Deferred.await(gates[index]!), { status: 200 }))
      yield* trackMany(1, 3)
      const first = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* trackMany(4, 5)
      const second = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* Deferred.succeed(gates[1]!, undefined)
      yield* settle
      assert.isUndefined(second.pollUnsafe(), "the second flush covers the first three messages too")
      yield* Deferred.succeed(gates[0]!, undefined)
      assert.deepStrictEqual(yield* Fiber.join(first), { delivered: 3, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* Fiber.join(second), { delivered: 5, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* Server.events, [range(1, 3), range(4, 5)])
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("an interrupted flush loses nothing, and leaves its count to the next", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      yield* Server.answer(() => Effect.as(Deferred.await(gate), { status: 200 }))
      yield* trackMany(1, 3)
      const flushing = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* Fiber.interrupt(flushing)
      yield* trackOne(4)
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 4, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("returns at once when there is nothing to send", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* Server.received, [])
    }).pipe(Effect.provide(layerMocked()))
  )
})
