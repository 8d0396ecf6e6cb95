import { assert, describe, it } from "@effect/vitest"
import { Analytics, type Outcome } from "cdp-analytics-effect"
import { Deferred, Effect, Exit, Fiber, Layer, ManagedRuntime, Queue, Schedule, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { run } from "../processes/run.ts"
import { collectLogs, silent } from "../support/logs.ts"
import {
  layerClient,
  layerMock,
  layerMocked,
  layerReal,
  range,
  Server,
  settle,
  trackMany,
  trackOne
} from "../support/Server.ts"

/** A client whose scope the test closes. */
const open = Effect.fnUntraced(function* (options: Parameters<typeof layerClient>[0] = {}) {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(layerClient(options), scope)
  const run = <A, E>(effect: Effect.Effect<A, E, Analytics>) => Effect.provide(effect, context)
  return { run, close: Scope.close(scope, Exit.void) }
})

/** A server that answers when it is let to, and says when it was asked. */
const gated = Effect.gen(function* () {
  const gate = yield* Deferred.make<void>()
  const asked = yield* Queue.unbounded<void>()
  yield* Server.answer(() =>
    Effect.andThen(Queue.offer(asked, undefined), Effect.as(Deferred.await(gate), { status: 200 }))
  )
  return { awaitRequest: Queue.take(asked), release: Deferred.succeed(gate, undefined) }
})

const collectOutcomes = Effect.gen(function* () {
  const all: Array<Outcome> = []
  const fiber = yield* Effect.forkChild(
    Stream.runForEach(Analytics.outcomes, (outcome) => Effect.sync(() => all.push(outcome)))
  )
  yield* settle
  return { all, fiber }
})

describe("closing", () => {
  it.effect("sends everything that is left", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 45).pipe(Effect.provide(layerClient()))
      assert.deepStrictEqual(yield* Server.events, [range(1, 20), range(21, 40), range(41, 45)])
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("of a ManagedRuntime does too", () =>
    Effect.gen(function* () {
      const server = yield* Server
      const runtime = ManagedRuntime.make(Layer.provide(layerMocked(), Layer.empty))
      const events = yield* Effect.promise(async () => {
        await runtime.runPromise(trackMany(1, 3))
        const seen = await runtime.runPromise(Server)
        await runtime.dispose()
        return seen.received.map(({ batch }) => batch.map((message) => message["event"]))
      })
      assert.deepStrictEqual(events, [["1", "2", "3"]])
      assert.deepStrictEqual(server.received, [])
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("the tail leaves at once, whatever is in flight", () =>
    Effect.gen(function* () {
      const { awaitRequest, release } = yield* gated
      const { run, close } = yield* open()
      yield* run(trackMany(1, 25))
      yield* awaitRequest
      const closing = yield* Effect.forkChild(close)
      yield* awaitRequest
      assert.deepStrictEqual(yield* Server.events, [range(1, 20), range(21, 25)])
      assert.isUndefined(closing.pollUnsafe())
      yield* release
      yield* Fiber.join(closing)
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("goes on with what is being retried", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index < 3 ? 503 : 200 }))
      const { run, close } = yield* open({ retry: Schedule.spaced("3 seconds") })
      yield* run(trackMany(1, 20))
      yield* settle
      const closing = yield* Effect.forkChild(close)
      yield* TestClock.adjust("9 seconds")
      yield* Fiber.join(closing)
      assert.deepStrictEqual((yield* Server.events).length, 4)
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("delivers within a second of the end of an outage, whatever the backoff had come to", () =>
    Effect.gen(function* () {
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      yield* Server.answer(() => Effect.succeed({ status: clock.currentTimeMillisUnsafe() < 15_000 ? 503 : 200 }))
      const { run, close } = yield* open()
      yield* run(trackMany(1, 200))
      yield* settle
      yield* TestClock.adjust("10 seconds")
      const closing = yield* Effect.forkChild(close)
      yield* settle
      yield* TestClock.adjust("4999 millis")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1001 millis")
      yield* Fiber.join(closing)
      const delivered = new Set((yield* Server.received).filter((_, index, all) => index >= all.length - 10))
      assert.strictEqual([...delivered].flatMap(({ batch }) => batch).length, 200)
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("goes on retrying until shutdownTimeout, after the default schedule's end", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 503 }))
      const { run, close } = yield* open({ shutdownTimeout: "30 seconds" })
      const outcomes = yield* run(collectOutcomes)
      yield* run(trackOne(1))
      const closing = yield* Effect.forkChild(close)
      yield* settle
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(closing)
      yield* Fiber.join(outcomes.fiber)
      assert.deepStrictEqual(
        outcomes.all.map(({ _tag }) => _tag),
        ["ShutdownTimeout"]
      )
      assert.isAbove((yield* Server.received).length, 25)
    }).pipe(Effect.provide(Layer.provideMerge(layerMock, silent)))
  )

  it.effect("calls fail with AnalyticsClosed from its start, and flush returns", () =>
    Effect.gen(function* () {
      const { awaitRequest, release } = yield* gated
      const { run, close } = yield* open({ flushAt: 1 })
      yield* run(trackOne(1))
      yield* awaitRequest
      const closing = yield* Effect.forkChild(close)
      yield* settle
      assert.strictEqual((yield* Effect.flip(run(trackOne(2))))._tag, "AnalyticsClosed")
      yield* release
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Effect.flip(run(trackOne(3))))._tag, "AnalyticsClosed")
      assert.deepStrictEqual(yield* run(Analytics.flush), { delivered: 1, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* Server.events, [["1"]])
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("callers that wait for room fail with AnalyticsClosed", () =>
    Effect.gen(function* () {
      const { awaitRequest, release } = yield* gated
      const { run, close } = yield* open({ queueCapacity: 2, whenFull: "wait", flushAt: 1, concurrency: 1 })
      yield* run(trackOne(1))
      yield* awaitRequest
      yield* run(trackOne(2))
      const waiting = yield* Effect.forEach([3, 4, 5], (number) => Effect.forkChild(Effect.flip(run(trackOne(number)))))
      yield* settle
      const closing = yield* Effect.forkChild(close)
      for (const [index, error] of (yield* Fiber.joinAll(waiting)).entries()) {
        assert.deepInclude(error, { _tag: "AnalyticsClosed", type: "track", event: String(3 + index) })
      }
      yield* release
      yield* Fiber.join(closing)
      assert.deepStrictEqual((yield* Server.events).flat(), ["1", "2"])
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("ends at shutdownTimeout, and reports every message that had no outcome", () =>
    Effect.gen(function* () {
      const logs = collectLogs()
      yield* Server.answer(() => Effect.never)
      const { run, close } = yield* Effect.provide(open({ shutdownTimeout: "3 seconds", concurrency: 1 }), logs.layer)
      const outcomes = yield* run(collectOutcomes)
      const receipts = yield* run(trackMany(1, 65))
      const flushing = yield* Effect.forkChild(run(Analytics.flush))
      yield* settle
      const closing = yield* Effect.forkChild(Effect.provide(close, logs.layer))
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
      yield* Fiber.join(outcomes.fiber)
      assert.strictEqual(outcomes.all.length, 1)
      assert.strictEqual(outcomes.all[0]?._tag, "ShutdownTimeout")
      assert.deepStrictEqual(
        outcomes.all[0]?.messageIds,
        receipts.map((receipt) => receipt.messageId)
      )
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 0, failed: { ShutdownTimeout: 65 }, waiting: 0 })
      const warnings = logs.lines.filter((line) => line.level === "Warn")
      assert.strictEqual(warnings.length, 1)
      assert.deepInclude(warnings[0]?.annotations, { tag: "ShutdownTimeout", count: 65 })
    }).pipe(Effect.provide(layerMock))
  )

  it.effect("the default shutdownTimeout is 20 seconds", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.never)
      const { run, close } = yield* open()
      yield* run(trackOne(1))
      const closing = yield* Effect.forkChild(close)
      yield* TestClock.adjust("19999 millis")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
    }).pipe(Effect.provide(Layer.provideMerge(layerMock, silent)))
  )

  it.effect("gives up what is undelivered when it is 0", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.never)
      yield* trackOne(1).pipe(Effect.provide(layerClient({ shutdownTimeout: 0 })))
    }).pipe(Effect.provide(Layer.provideMerge(layerMock, silent)))
  )

  it.effect("aborts the request that it gives up", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      yield* Server.answer(() => Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined)))
      const { run, close } = yield* open({ flushAt: 1, shutdownTimeout: "1 seconds" })
      yield* run(trackOne(1))
      yield* settle
      const closing = yield* Effect.forkChild(close)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(closing)
      yield* Deferred.await(interrupted)
    }).pipe(Effect.provide(Layer.provideMerge(layerMock, silent)))
  )
})

describe("interrupting a caller", () => {
  it.effect("loses no accepted message and leaves the flusher alive", () =>
    Effect.gen(function* () {
      const callers = yield* Effect.forEach([...Array(50).keys()], (number) =>
        Effect.forkChild(Effect.forever(Effect.andThen(trackOne(number), Effect.yieldNow)))
      )
      yield* settle
      yield* Fiber.interruptAll(callers)
      const before = yield* Analytics.flush
      yield* trackOne(1000)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 1, failed: {}, waiting: 0 })
      assert.strictEqual((yield* Server.events).flat().length, before.delivered + 1)
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect("that waits for room accepts nothing", () =>
    Effect.gen(function* () {
      const { awaitRequest, release } = yield* gated
      yield* trackOne(1)
      yield* awaitRequest
      yield* trackOne(2)
      const waiting = yield* Effect.forkChild(trackOne(3))
      yield* settle
      yield* Fiber.interrupt(waiting)
      yield* release
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 2, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(layerMocked({ queueCapacity: 2, whenFull: "wait", flushAt: 1, concurrency: 1 })))
  )
})

describe("outcomes", () => {
  it.effect("tell each batch's, to every reader, and end with the layer", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: [200, 401, 400][index] ?? 200 }))
      const { run, close } = yield* open({ flushAt: 1, concurrency: 1 })
      const first = yield* run(collectOutcomes)
      const second = yield* run(collectOutcomes)
      const receipts = yield* run(trackMany(1, 3))
      yield* close
      yield* Fiber.join(first.fiber)
      yield* Fiber.join(second.fiber)
      assert.deepStrictEqual(
        first.all.map((outcome) => [outcome._tag, outcome.messageIds]),
        receipts.map(({ messageId }, index) => [
          (["Delivered", "Unauthorized", "Rejected"] as const)[index]!,
          [messageId]
        ])
      )
      assert.deepStrictEqual(second.all, first.all)
    }).pipe(Effect.provide(Layer.provideMerge(layerMock, silent)))
  )

  it.effect("a slow reader loses the oldest and holds up nothing", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const gate = yield* Deferred.make<void>()
      yield* Effect.forkChild(
        Stream.runForEach(Analytics.outcomes, (outcome) =>
          Effect.andThen(
            Deferred.await(gate),
            Effect.sync(() => seen.push("batchId" in outcome ? outcome.batchId : 0))
          )
        )
      )
      yield* settle
      yield* trackMany(1, 3000)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 3000, failed: {}, waiting: 0 })
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      assert.isBelow(seen.length, 2100)
      assert.strictEqual(seen.at(-1), 3000)
    }).pipe(Effect.provide(layerMocked({ flushAt: 1 })))
  )
})

describe("a real process", () => {
  interface Child {
    readonly signal?: NodeJS.Signals
    readonly env?: Record<string, string>
  }

  const runChild = ({ signal, env }: Child) =>
    Effect.gen(function* () {
      const { endpoint } = yield* Server
      const started = performance.now()
      const { code, output } = yield* run(
        "main.ts",
        { CUSTOMERIO_ENDPOINT: endpoint, COUNT: "25", WAIT: String(signal !== undefined), ...env },
        signal === undefined ? undefined : { at: "tracked", signal }
      )
      return { code, output, elapsed: performance.now() - started }
    })

  const allEvents = Effect.map(Server.events, (events) => events.flat().sort((a, b) => Number(a) - Number(b)))

  it.live(
    "that ends sends what is left",
    () =>
      Effect.gen(function* () {
        const { code } = yield* runChild({})
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(yield* allEvents, range(1, 25))
      }).pipe(Effect.provide(layerReal)),
    20_000
  )

  it.live.each(["SIGINT", "SIGTERM"] as const)(
    "that gets %s sends what is left",
    (signal) =>
      Effect.gen(function* () {
        const { code } = yield* runChild({ signal })
        assert.strictEqual(code, 130)
        assert.deepStrictEqual(yield* allEvents, range(1, 25))
      }).pipe(Effect.provide(layerReal)),
    20_000
  )

  it.live(
    "that gets SIGTERM while the server hangs ends at shutdownTimeout, and says what was left",
    () =>
      Effect.gen(function* () {
        const { release } = yield* gated
        const { output } = yield* runChild({ signal: "SIGTERM", env: { CUSTOMERIO_SHUTDOWN_TIMEOUT: "300 millis" } })
        yield* release
        assert.include(output, "Closed before 25 messages could be delivered")
      }).pipe(Effect.provide(layerReal)),
    20_000
  )
})
