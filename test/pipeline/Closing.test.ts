import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  AnalyticsMetrics,
  type AnalyticsOptions,
  type Receipt,
  type Undelivered
} from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Clock, Context, Effect, Exit, Fiber, Layer, Metric, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { collectLogs, silent } from "../support/logs.ts"
import { layerClient, layerMock, Server, trackOne } from "../support/Server.ts"

/** A client that the test closes, and what it logs. Each request takes 10 ms; `statusOf` is asked for its events. */
const open = Effect.fnUntraced(function* (
  statusOf: (events: ReadonlyArray<string>) => number,
  options: Partial<AnalyticsOptions>
) {
  yield* Server.answer(({ batch }) =>
    Effect.delay(
      Effect.sync(() => ({ status: statusOf(batch.map((message) => String(message["event"]))) })),
      10
    )
  )
  const scope = yield* Scope.make()
  const logs = collectLogs()
  const context = yield* Layer.buildWithScope(Layer.provideMerge(layerClient(options), logs.layer), scope)
  const analytics = Context.get(context, Analytics)
  return {
    analytics,
    logs,
    track: (event: string) => analytics.track({ userId: "u", event }),
    /** Closes, and says how long that took, in ms. */
    close: Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      while (closing.pollUnsafe() === undefined) yield* TestClock.adjust("50 millis")
      return (yield* Clock.currentTimeMillis) - start
    })
  }
})

/** Step by step, so that what a step starts can take its time in the next. */
const pass = (millis: number) =>
  Effect.forEach(Array.from({ length: millis / 50 }), () => TestClock.adjust("50 millis"), { discard: true })

const hasOutcome = (receipt: Receipt) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(receipt.await), { startImmediately: true })
    yield* TestClock.adjust("1 millis")
    const is = fiber.pollUnsafe() !== undefined
    yield* Fiber.interrupt(fiber)
    return is
  })

describe("closing", () => {
  it.live("finds what is between the store and a request", () =>
    Effect.gen(function* () {
      for (let run = 0; run < 40; run++) {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(
          AnalyticsTest.layerWith({ flushAt: 1, concurrency: 1, shutdownTimeout: 0 }),
          scope
        )
        const calls = Effect.forEach(Array.from({ length: 700 + run * 17 }), () => trackOne(1), { discard: true })
        yield* Effect.provide(calls, context)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual((yield* Context.get(context, Analytics).status).waiting.messages, 0)
      }
    }).pipe(Effect.provide(silent))
  )

  it.effect("finds all that a lane let pass, when the handler takes its time", () =>
    Effect.gen(function* () {
      const { track, close, analytics } = yield* open(
        ([event = ""]) => (event.startsWith("refused") ? 400 : event.startsWith("poison") ? 500 : 200),
        { flushAt: 1, concurrency: 1, shutdownTimeout: "5 seconds", onUndelivered: () => Effect.never }
      )
      for (let index = 0; index < 16; index++) yield* track("refused")
      yield* pass(1000)
      const receipts = yield* Effect.forEach(["poison", "poison", "poison", "good"], track)
      yield* pass(2000)
      yield* close
      assert.deepStrictEqual(yield* Effect.forEach(receipts, hasOutcome), [true, true, true, true])
      assert.strictEqual((yield* analytics.status).waiting.messages, 0)
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("tries again what a lane let pass, when what was behind it is refused", () =>
    Effect.gen(function* () {
      const { track, close } = yield* open((events) => (events.includes("passed") ? 500 : 400), {
        flushAt: 1,
        concurrency: 1
      })
      yield* track("passed")
      yield* track("refused")
      yield* pass(1000)
      const before = (yield* Server.received).length
      yield* close
      assert.isAbove((yield* Server.received).length - before, 15)
    }).pipe(Effect.provide(layerMock))
  )

  it.effect.each(["flush", "close"] as const)("a hold of the client's own after a 429 is cut by %s", (how) =>
    Effect.gen(function* () {
      let status = 429
      const { track, close, analytics } = yield* open(() => status, { flushAt: 1 })
      yield* track("limited")
      yield* pass(100_000)
      const seen = (yield* Server.received).length
      while ((yield* Server.received).length === seen) yield* TestClock.adjust("50 millis")
      yield* pass(1500)
      status = 200
      if (how === "flush") {
        const flushing = yield* Effect.forkChild(analytics.flush, { startImmediately: true })
        yield* pass(1000)
        assert.isDefined(flushing.pollUnsafe())
        assert.strictEqual((yield* analytics.status).waiting.messages, 0)
      }
      assert.isAtMost(yield* close, 1100)
      assert.strictEqual((yield* analytics.status).waiting.messages, 0)
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("tells how many messages were too late, and leaves no gauge behind", () =>
    Effect.gen(function* () {
      const { track, close, analytics, logs } = yield* open(() => 503, {
        flushAt: 1,
        deliveryTimeout: "10 seconds",
        shutdownTimeout: "2 seconds"
      })
      yield* track("one")
      yield* pass(12_000)
      yield* track("another")
      yield* pass(12_000)
      yield* track("left")
      yield* pass(5000)
      assert.isAtLeast((yield* Metric.value(AnalyticsMetrics.oldestAge)).value, 1000)
      yield* close
      const late = logs.lines.filter(({ message }) => message.startsWith("messages given up"))
      assert.deepStrictEqual(
        late.map(({ annotations }) => annotations["count"]),
        [1, 1]
      )
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.oldestAge)).value, 0)
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.away)).value, 0)
      assert.strictEqual((yield* analytics.status).inFlight, 0)
    }).pipe(Effect.provide(layerMock))
  )
})

describe("the handler of what closing gives up", () => {
  const cutOff = (logs: ReturnType<typeof collectLogs>) =>
    logs.lines
      .filter(({ message }) => message === "onUndelivered was cut off by closing")
      .map(({ level, annotations }) => [level, annotations["count"]])

  it.effect("gets it in pieces, each with an error of its own, so that being cut off costs the rest only", () =>
    Effect.gen(function* () {
      const handed: Array<Undelivered> = []
      const { track, close, logs } = yield* open(() => 503, {
        shutdownTimeout: "4 seconds",
        onUndelivered: (undelivered) =>
          Effect.delay(
            Effect.sync(() => handed.push(undelivered)),
            900
          )
      })
      for (let number = 0; number < 1400; number++) yield* track(String(number))
      assert.isAtMost(yield* close, 4000)
      assert.deepStrictEqual(
        handed.map(({ messages }) => messages.length),
        [500, 500]
      )
      for (const { messages, error } of handed) {
        assert.strictEqual(error._tag, "ShutdownTimeout")
        assert.deepStrictEqual(
          error.messageIds,
          messages.map(({ messageId }) => messageId ?? "")
        )
      }
      assert.deepStrictEqual(cutOff(logs), [["Error", 400]])
      const closed = logs.lines.filter(({ message }) => message === "Closed before 1400 messages could be delivered")
      assert.deepStrictEqual(
        closed.map(({ annotations }) => annotations["count"]),
        [1400]
      )
    }).pipe(Effect.provide(layerMock))
  )

  it.effect.each([
    [20_000, 2000],
    [5000, 2000],
    [3000, 1500],
    [1000, 500]
  ] as const)("has its share of a shutdownTimeout of %d ms: %d", ([shutdownTimeout, share]) =>
    Effect.gen(function* () {
      let handled = 0
      const { track, close, logs } = yield* open(() => 503, {
        shutdownTimeout,
        onUndelivered: () =>
          Effect.delay(
            Effect.sync(() => handled++),
            share - 1
          )
      })
      yield* track("left")
      assert.isAtMost(yield* close, shutdownTimeout)
      assert.strictEqual(handled, 1)
      assert.deepStrictEqual(cutOff(logs), [])
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("has all of that, however long a busy machine took to give up", () =>
    Effect.gen(function* () {
      let isGivenUp = () => false
      const clock = yield* Clock.Clock
      const slow: Clock.Clock = Object.assign(Object.create(clock), {
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + (isGivenUp() ? 5_000_000_000n : 0n)
      })
      let handled = 0
      const handler = Effect.delay(
        Effect.sync(() => handled++),
        1900
      )
      const { track, close, logs } = yield* Effect.provideService(
        open(() => 503, { shutdownTimeout: "5 seconds", onUndelivered: () => handler }),
        Clock.Clock,
        slow
      )
      isGivenUp = () => logs.lines.some(({ message }) => message.startsWith("Closed before"))
      yield* track("left")
      yield* close
      assert.strictEqual(handled, 1)
    }).pipe(Effect.provide(layerMock))
  )

  it.live("gets all of it at once where there is no time, and does what needs no waiting", () =>
    Effect.gen(function* () {
      const handed: Array<number> = []
      const onUndelivered = ({ messages }: Undelivered) => Effect.sync(() => handed.push(messages.length))
      const client = Layer.effectDiscard(AnalyticsTest.failWith("RetriesExhausted")).pipe(
        Layer.provideMerge(AnalyticsTest.layerWith({ flushAt: 5000, shutdownTimeout: 0, onUndelivered }))
      )
      yield* Effect.provide(
        Effect.forEach(Array.from({ length: 1400 }), () => trackOne(1), { discard: true }),
        client
      )
      assert.deepStrictEqual(handed, [1400])
    }).pipe(Effect.provide(silent))
  )

  it.effect("is told of when it hangs, with all that stands behind it", () =>
    Effect.gen(function* () {
      const { track, close, logs } = yield* open(() => 401, {
        flushAt: 2,
        shutdownTimeout: "5 seconds",
        onUndelivered: () => Effect.uninterruptible(Effect.never)
      })
      for (const event of ["a", "b", "c", "d"]) yield* track(event)
      yield* pass(500)
      yield* close
      assert.deepStrictEqual(cutOff(logs), [["Error", 4]])
    }).pipe(Effect.provide(layerMock))
  )
})

describe("outcomes", () => {
  it.effect("tell of a message that is too late while the client closes", () =>
    Effect.gen(function* () {
      const { track, close, analytics } = yield* open(() => 503, { flushAt: 1, deliveryTimeout: "5 seconds" })
      const outcomes = yield* Effect.forkDetach(Stream.runCollect(analytics.outcomes), { startImmediately: true })
      yield* track("late")
      yield* pass(1000)
      assert.isBelow(yield* close, 5000)
      assert.deepStrictEqual(
        (yield* Fiber.join(outcomes)).map(({ _tag }) => _tag),
        ["RetriesExhausted"]
      )
    }).pipe(Effect.provide(layerMock))
  )
})

describe("a batch that is halved", () => {
  it.effect("is logged as it was", () =>
    Effect.gen(function* () {
      const { track, close, logs } = yield* open((events) => (events.includes("refused") ? 400 : 200), { flushAt: 4 })
      for (const event of ["a", "b", "refused", "c"]) yield* track(event)
      yield* pass(1000)
      const halved = logs.lines.filter(({ message }) => message.includes("half"))
      assert.deepStrictEqual(
        halved.map(({ annotations }) => annotations["count"]),
        [4, 2]
      )
      yield* close
    }).pipe(Effect.provide(layerMock))
  )
})

describe("flushing", () => {
  it.effect("costs no more for those that came before, while one message has no outcome", () =>
    Effect.gen(function* () {
      const { track, close, analytics } = yield* open((events) => (events.includes("stuck") ? 503 : 200), {
        flushAt: 1,
        flushTimeout: 0
      })
      yield* track("stuck")
      let told = 0
      for (let index = 0; index < 1000; index++) {
        yield* track("good")
        yield* TestClock.adjust("20 millis")
        told += (yield* analytics.flush).delivered
      }
      yield* pass(1000)
      const last = yield* analytics.flush
      assert.deepStrictEqual(last, { delivered: 1000 - told, failed: {}, waiting: 1 })
      yield* close
    }).pipe(Effect.provide(layerMock))
  )
})
