import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  type AnalyticsOptions,
  type DeliveryError,
  type Message,
  type Receipt,
  type Undelivered
} from "cdp-analytics-effect"
import { DateTime, Effect, Exit, Fiber, Latch, Layer, Logger, Schedule, Scope } from "effect"
import { TestClock } from "effect/testing"
import { collectLogs, silent } from "../support/logs.ts"
import { type Handler, layerMocked, Server, settle, trackMany, trackOne } from "../support/Server.ts"

const once = Schedule.recurs(1)

const quiet = (options: Partial<AnalyticsOptions> = {}) => Layer.provideMerge(layerMocked(options), silent)

/** Refuses a batch that has one of these events. */
const refusing =
  (status: number, ...poison: ReadonlyArray<number>): Handler =>
  ({ batch }) =>
    Effect.succeed({ status: batch.some(({ event }) => poison.includes(Number(event))) ? status : 200 })

const tagOf = (receipt: Receipt): Effect.Effect<"delivered" | DeliveryError["_tag"]> =>
  Effect.match(receipt.await, { onSuccess: () => "delivered" as const, onFailure: (error) => error._tag })

describe("a receipt", () => {
  it.effect("succeeds once the server accepted the message, before and after", () =>
    Effect.gen(function* () {
      const receipt = yield* trackOne(1)
      const waiting = yield* Effect.forkChild(receipt.await, { startImmediately: true })
      yield* settle
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(waiting)
      yield* receipt.await
    }).pipe(Effect.provide(layerMocked()))
  )

  it.effect.each([
    [404, "Rejected"],
    [401, "Unauthorized"],
    [503, "RetriesExhausted"]
  ] as const)("fails with the reason: %d is %s", ([status, tag]) =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status, body: "no" }))
      const receipts = yield* trackMany(1, 3)
      yield* Analytics.flush
      assert.deepStrictEqual(yield* Effect.forEach(receipts, tagOf), [tag, tag, tag])
    }).pipe(Effect.provide(quiet({ retry: Schedule.recurs(0) })))
  )

  it.effect("fails with ShutdownTimeout, Dropped, and can be awaited when the client is gone", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        quiet({ queueCapacity: 2, whenFull: "dropOldest", flushAt: 10, shutdownTimeout: 0 }),
        scope
      )
      const receipts = yield* Effect.provide(
        Effect.andThen(
          Server.answer(() => Effect.never),
          trackMany(1, 3)
        ),
        context
      )
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* Effect.forEach(receipts, tagOf), ["Dropped", "ShutdownTimeout", "ShutdownTimeout"])
    })
  )

  it.effect("of a disabled client succeeds at once", () =>
    Effect.gen(function* () {
      yield* (yield* trackOne(1)).await
      assert.deepStrictEqual(yield* Server.received, [])
    }).pipe(Effect.provide(layerMocked({ enabled: false })))
  )

  it.effect("shows nothing but its id", () =>
    Effect.gen(function* () {
      const receipt = yield* trackOne(1)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(receipt)), { messageId: receipt.messageId })
    }).pipe(Effect.provide(layerMocked()))
  )
})

describe("a poison message", () => {
  it.effect.each([400, 413])("answered %d stands alone, and costs its neighbours nothing", (status) =>
    Effect.gen(function* () {
      yield* Server.answer(refusing(status, 7))
      const receipts = yield* trackMany(1, 20)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 19, failed: { Rejected: 1 }, waiting: 0 })
      const tags = yield* Effect.forEach(receipts, tagOf)
      assert.deepStrictEqual(
        tags.flatMap((tag, index) => (tag === "Rejected" ? [index + 1] : [])),
        [7]
      )
    }).pipe(Effect.provide(quiet()))
  )

  it.effect.each([
    { size: 2, poison: [2] },
    { size: 20, poison: [1] },
    { size: 100, poison: [50, 51] },
    { size: 500, poison: [1, 250, 500] },
    { size: 64, poison: Array.from({ length: 64 }, (_, index) => index + 1) }
  ])("of $size costs at most about 2·log2(n) requests each: $poison", ({ size, poison }) =>
    Effect.gen(function* () {
      yield* Server.answer(refusing(400, ...poison))
      yield* trackMany(1, size)
      const { delivered, failed } = yield* Analytics.flush
      assert.deepStrictEqual(
        { delivered, failed },
        { delivered: size - poison.length, failed: { Rejected: poison.length } }
      )
      const extra = (yield* Server.received).length - 1
      assert.isAtMost(extra, 2 * Math.ceil(Math.log2(size)) * poison.length)
    }).pipe(Effect.provide(quiet({ flushAt: size })))
  )

  it.effect("keeps the order with one request at a time", () =>
    Effect.gen(function* () {
      yield* Server.answer(refusing(400, 3))
      yield* trackMany(1, 8)
      yield* Analytics.flush
      const accepted = (yield* Server.received).filter(({ batch }) => batch.every(({ event }) => event !== "3"))
      assert.deepStrictEqual(
        accepted.flatMap(({ batch }) => batch.map(({ event }) => event)),
        ["1", "2", "4", "5", "6", "7", "8"]
      )
    }).pipe(Effect.provide(quiet({ flushAt: 8, concurrency: 1 })))
  )
})

describe("a wrong key", () => {
  it.effect("costs one request for a batch, is logged once, and is over when the key works again", () => {
    const logs = collectLogs()
    return Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index < 3 || index === 4 ? 401 : 200 }))
      for (let number = 1; number <= 5; number++) {
        yield* trackOne(number)
        yield* Analytics.flush
      }
      assert.strictEqual((yield* Server.received).length, 5)
      assert.deepStrictEqual(
        logs.lines.filter(({ level }) => level === "Error" || level === "Info").map(({ level }) => level),
        ["Error", "Info", "Error"]
      )
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked(), logs.layer)))
  })
})

describe("a 429", () => {
  it.effect("without Retry-After holds every request for the wait that follows it", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index === 0 ? 429 : 200 }))
      yield* trackOne(1)
      yield* settle
      yield* trackOne(2)
      yield* settle
      assert.strictEqual((yield* Server.received).length, 1)
      yield* TestClock.adjust("999 millis")
      yield* settle
      assert.strictEqual((yield* Server.received).length, 1)
      yield* TestClock.adjust("1 millis")
      yield* settle
      assert.strictEqual((yield* Server.received).length, 3)
    }).pipe(Effect.provide(layerMocked({ flushAt: 1, retry: Schedule.spaced("1 second") })))
  )
})

describe("rateLimit", () => {
  it.effect("spreads requests over the window", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 6)
      yield* settle
      assert.strictEqual((yield* Server.received).length, 2)
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.strictEqual((yield* Server.received).length, 4)
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.strictEqual((yield* Server.received).length, 6)
    }).pipe(Effect.provide(layerMocked({ flushAt: 1, rateLimit: { limit: 2, window: "1 second" } })))
  )
})

describe("a redirect", () => {
  const target = (location: string, options: Partial<AnalyticsOptions> = {}) =>
    Effect.gen(function* () {
      yield* Server.answer(({ path }) =>
        Effect.succeed(path === "/v1/batch" ? { status: 308, headers: { location } } : { status: 200 })
      )
      yield* trackOne(1)
      const report = yield* Analytics.flush
      return { report, received: yield* Server.received }
    }).pipe(Effect.provide(quiet(options)))

  it.effect.each([301, 302, 307, 308])("%d is repeated with method, body and key, on the same origin", (status) =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) =>
        Effect.succeed(index === 0 ? { status, headers: { location: "/elsewhere" } } : { status: 200 })
      )
      yield* trackOne(1)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 1, failed: {}, waiting: 0 })
      const [first, second] = yield* Server.received
      assert.deepStrictEqual(
        [second?.method, second?.path, second?.text, second?.headers["authorization"]],
        ["POST", "/elsewhere", first?.text, first?.headers["authorization"]]
      )
    }).pipe(Effect.provide(quiet()))
  )

  it.effect.each(["https://cdp-eu.customer.io/there", "https://cdp.customer.io:8443/there", "//cdp.customer.io/there"])(
    "to %s is followed, with the key",
    (location) =>
      Effect.gen(function* () {
        const { report, received } = yield* target(location)
        assert.deepStrictEqual(report, { delivered: 1, failed: {}, waiting: 0 })
        assert.strictEqual(received[1]?.headers["authorization"], received[0]?.headers["authorization"])
        assert.strictEqual(received[1]?.text, received[0]?.text)
      })
  )

  const refused = [
    ["https://evil.example.com/there?key", "https://evil.example.com"],
    ["https://customer.io.evil.example.com/there", "https://customer.io.evil.example.com"],
    ["https://evilcustomer.io/there", "https://evilcustomer.io"],
    ["https://customer.io/there", "https://customer.io"],
    ["http://localhost/admin", "http://localhost"],
    ["http://127.0.0.1:6379/", "http://127.0.0.1:6379"],
    ["https://169.254.169.254/latest/meta-data", "https://169.254.169.254"],
    ["https://10.0.0.1/", "https://10.0.0.1"],
    ["http://cdp.customer.io/there", "http://cdp.customer.io"],
    ["ftp://cdp.customer.io/", "what is no web address"],
    ["data:,ok", "what is no web address"],
    ["file:///etc/passwd", "what is no web address"],
    ["https://user:word@cdp.customer.io/", "https://cdp.customer.io"],
    ["https://:word@cdp.customer.io/", "https://cdp.customer.io"],
    ["//evil.example.com/there", "https://evil.example.com"],
    ["\\\\evil.example.com/there", "https://evil.example.com"],
    ["https://", "what is no web address"]
  ] as const

  it.effect.each(
    refused.flatMap(([location, origin]) => [false, true].map((insecure) => ({ location, origin, insecure })))
  )(
    "$location is not followed, and its origin told: allowInsecureEndpoint is $insecure",
    ({ location, origin, insecure }) =>
      Effect.gen(function* () {
        const outcomes: Array<Undelivered["error"]> = []
        const { report, received } = yield* target(location, {
          allowInsecureEndpoint: insecure,
          onUndelivered: ({ error }) => Effect.sync(() => outcomes.push(error))
        })
        assert.deepStrictEqual(report, { delivered: 0, failed: { Rejected: 1 }, waiting: 0 })
        assert.strictEqual(received.length, 1)
        assert.deepInclude(outcomes[0], { _tag: "Rejected", status: 308, reason: `redirects to ${origin}` })
      })
  )

  it.effect("from https to http is not followed, though that is the endpoint's own origin", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) =>
        Effect.succeed({
          status: 307,
          headers: { location: index === 0 ? "https://cdp.customer.io/" : "http://localhost:8400/" }
        })
      )
      yield* trackOne(1)
      yield* Analytics.flush
      assert.strictEqual((yield* Server.received).length, 2)
    }).pipe(Effect.provide(quiet({ endpoint: "http://localhost:8400" })))
  )

  it.effect("to itself ends after five", () =>
    Effect.gen(function* () {
      const { report, received } = yield* target("/v1/batch")
      assert.deepStrictEqual(report, { delivered: 0, failed: { Rejected: 1 }, waiting: 0 })
      assert.strictEqual(received.length, 6)
    })
  )
})

describe("onUndelivered", () => {
  const recording = () => {
    const seen: Array<Undelivered> = []
    const onUndelivered = (undelivered: Undelivered) => Effect.sync(() => seen.push(undelivered))
    return { seen, onUndelivered }
  }

  it.effect("gets each batch's messages and the reason once, before flush returns", () => {
    const { seen, onUndelivered } = recording()
    return Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index === 0 ? 200 : 404 }))
      yield* trackMany(1, 6)
      yield* Analytics.flush
      assert.deepStrictEqual(
        seen.map(({ messages, error }) => [error._tag, messages.map((message) => "event" in message && message.event)]),
        [
          ["Rejected", ["3", "4"]],
          ["Rejected", ["5", "6"]]
        ]
      )
    }).pipe(Effect.provide(quiet({ flushAt: 2, concurrency: 1, onUndelivered })))
  })

  it.effect("gets text as text: a birthday is no Date of the machine's zone", () => {
    const { seen, onUndelivered } = recording()
    const traits = { birthday: "05/01/1990", createdAt: "1" }
    return Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 404 }))
      yield* Analytics.identify({ userId: "u", traits, context: { traits } })
      yield* Analytics.flush
      const [message] = seen.flatMap(({ messages }) => messages)
      assert.deepInclude(message, { traits })
      assert.deepInclude(message?.context, { traits })
    }).pipe(Effect.provide(quiet({ onUndelivered })))
  })

  it.effect("gets messages that enqueue takes again, as they were", () => {
    const { seen, onUndelivered } = recording()
    return Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index === 0 ? 404 : 200 }))
      yield* Analytics.identify({
        userId: "u",
        traits: { createdAt: new Date(0), nested: { at: new Date(1), list: [1, null, "x"] } },
        context: { ip: "203.0.113.7" }
      })
      yield* Analytics.flush
      yield* TestClock.adjust("1 hour")
      for (const message of seen.flatMap(({ messages }) => messages)) yield* Analytics.enqueue(message)
      yield* Analytics.flush
      const [first, second] = yield* Server.received
      assert.deepStrictEqual(second?.batch, first?.batch)
    }).pipe(Effect.provide(quiet({ onUndelivered })))
  })

  it.effect("gets what a full queue drops", () => {
    const { seen, onUndelivered } = recording()
    return Effect.gen(function* () {
      yield* Server.answer(() => Effect.never)
      yield* trackMany(1, 4)
      yield* settle
      assert.deepStrictEqual(
        seen.map(({ error, messages }) => [error._tag, messages.length]),
        [
          ["Dropped", 1],
          ["Dropped", 1]
        ]
      )
    }).pipe(
      Effect.provide(
        quiet({ queueCapacity: 2, flushAt: 10, whenFull: "dropOldest", shutdownTimeout: 0, onUndelivered })
      )
    )
  })

  it.effect("gets what closing could not send, and closing waits for it within shutdownTimeout", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const onUndelivered = ({ error }: Undelivered) =>
        Effect.andThen(
          Effect.sleep("1900 millis"),
          Effect.sync(() => seen.push(error._tag))
        )
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(quiet({ onUndelivered }), scope)
      yield* Effect.provide(
        Effect.andThen(
          Server.answer(() => Effect.never),
          trackMany(1, 3)
        ),
        context
      )
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* settle
      yield* TestClock.adjust("18 seconds")
      yield* settle
      yield* TestClock.adjust("1900 millis")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(seen, ["ShutdownTimeout"])
    })
  )

  it.effect.each<[string, () => Effect.Effect<unknown, unknown>]>([
    ["fails", () => Effect.fail("no")],
    ["dies", () => Effect.die("no")],
    ["interrupts", () => Effect.interrupt],
    [
      "throws",
      () => {
        throw new Error("no")
      }
    ]
  ])("that %s is logged, and harms nothing", ([, onUndelivered]) => {
    const logs = collectLogs()
    return Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index === 0 ? 404 : 200 }))
      yield* trackOne(1)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { Rejected: 1 }, waiting: 0 })
      yield* trackOne(2)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 1, failed: {}, waiting: 0 })
      assert.deepStrictEqual(
        logs.lines.filter(({ level }) => level === "Error").map(({ message }) => message),
        ["onUndelivered failed"]
      )
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ onUndelivered }), logs.layer)))
  })

  it.effect.each<[string, Effect.Effect<unknown>]>([
    ["never ends", Effect.never],
    ["cannot be interrupted", Effect.uninterruptible(Effect.never)]
  ])("that %s has 10 seconds", ([, effect]) =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 404 }))
      yield* trackOne(1)
      const flush = yield* Effect.forkChild(Analytics.flush, { startImmediately: true })
      yield* settle
      yield* TestClock.adjust("9999 millis")
      yield* settle
      assert.isUndefined(flush.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(flush), { delivered: 0, failed: { Rejected: 1 }, waiting: 0 })
    }).pipe(Effect.provide(quiet({ onUndelivered: () => effect })))
  )
})

describe("what the application provides", () => {
  const throwing = Logger.layer([
    Logger.make(() => {
      throw new Error("a logger")
    })
  ])

  it.effect("a logger that throws stops neither calls, nor delivery, nor closing", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: index === 0 ? 404 : 200 }))
      yield* trackOne(1)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { Rejected: 1 }, waiting: 0 })
      yield* trackOne(2)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 1, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked(), throwing)))
  )

  it.effect("a schedule that interrupts is RetriesExhausted", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 503 }))
      yield* trackOne(1)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { RetriesExhausted: 1 }, waiting: 0 })
    }).pipe(Effect.provide(quiet({ retry: Schedule.tap(once, () => Effect.interrupt) })))
  )
})

describe("callers that wait for room", () => {
  it.effect("are let in in order, a large one too", () =>
    Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      yield* Server.answer(() => Effect.as(gate.await, { status: 200 }))
      const order: Array<string> = []
      const call = (event: string, padding: number) =>
        Analytics.track({ userId: "u", event, properties: { padding: "x".repeat(padding) } }).pipe(
          Effect.andThen(Effect.sync(() => order.push(event)))
        )
      yield* call("first", 1000)
      yield* settle
      yield* call("second", 1000)
      const large = yield* Effect.forkChild(call("large", 1500), { startImmediately: true })
      yield* settle
      const small = yield* Effect.forkChild(call("small", 10), { startImmediately: true })
      yield* settle
      yield* gate.open
      yield* Fiber.join(large)
      yield* Fiber.join(small)
      assert.deepStrictEqual(order, ["first", "second", "large", "small"])
    }).pipe(Effect.provide(layerMocked({ flushAt: 1, concurrency: 1, queueBytes: 3000, whenFull: "wait" })))
  )
})

describe("many flushes at once", () => {
  it.effect("cost the same each", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 10)
      const reports = yield* Effect.all(
        Array.from({ length: 4000 }, () => Analytics.flush),
        { concurrency: "unbounded" }
      )
      assert.isTrue(reports.every(({ delivered }) => delivered === 10))
    }).pipe(Effect.provide(layerMocked()))
  )
})

describe("a message that was stamped before", () => {
  const stamped = {
    type: "page",
    userId: "u",
    category: "Docs",
    messageId: "m",
    timestamp: DateTime.makeUnsafe("2024-05-01T10:00:00Z")
  } as const satisfies Message

  it.effect("is sent with nothing merged, moved or stamped anew", () =>
    Effect.gen(function* () {
      const context = { library: { name: "another", version: "1" } }
      yield* TestClock.setTime(1)
      yield* Analytics.enqueue(stamped, { asStamped: true })
      yield* Analytics.enqueue({ ...stamped, messageId: "n", context }, { asStamped: true })
      yield* Analytics.enqueue({ ...stamped, userId: "", anonymousId: "a" }, { asStamped: true })
      yield* Analytics.flush
      const [received] = yield* Server.received
      const sent = { ...stamped, timestamp: "2024-05-01T10:00:00.000Z" }
      const { userId: _, ...nobody } = sent
      assert.deepStrictEqual<unknown>(received?.batch, [
        sent,
        { ...sent, messageId: "n", context },
        { ...nobody, anonymousId: "a" }
      ])
    }).pipe(
      Analytics.withContext({ ip: "1" }),
      Effect.provide(quiet({ context: { app: { name: "shop" } }, integrations: { All: false } }))
    )
  )

  it.effect("names it by its own id", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Analytics.enqueue(stamped, { asStamped: true })).messageId, "m")
    }).pipe(Effect.provide(quiet()))
  )

  it.effect.each([
    [{ messageId: undefined }, "messageId", "Expected the messageId that the message was stamped with"],
    [{ messageId: "" }, "messageId", "Expected the messageId that the message was stamped with"],
    [{ timestamp: undefined }, "timestamp", "Expected the timestamp that the message was stamped with"],
    [{ timestamp: "now" }, "timestamp", "Expected a valid Date or DateTime.Utc"],
    [{ propertes: {} }, "propertes", "Expected no excess property"],
    [{ userId: undefined }, "userId", "userId or anonymousId is required"],
    [{ userId: "null" }, "userId", undefined]
  ] as const)("is validated: %j", ([change, path, reason]) =>
    Effect.gen(function* () {
      const message = { ...stamped, ...change } as unknown as Message
      const error = yield* Effect.flip(Analytics.enqueue(message, { asStamped: true }))
      assert.deepInclude(error, { _tag: "InvalidMessage", type: "page", path, ...(reason && { reason }) })
    }).pipe(Effect.provide(quiet()))
  )

  it.effect("is stamped and merged where nobody says that it was", () =>
    Effect.gen(function* () {
      yield* Analytics.enqueue(stamped, { asStamped: false })
      yield* Analytics.enqueue(stamped, {})
      yield* Analytics.flush
      const [received] = yield* Server.received
      for (const message of received?.batch ?? []) assert.deepInclude(message, { properties: { category: "Docs" } })
    }).pipe(Effect.provide(quiet()))
  )
})
