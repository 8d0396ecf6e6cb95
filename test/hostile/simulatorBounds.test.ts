import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Simulator, type SimulatorOptions } from "cdp-analytics-effect/simulator"
import { Effect, Fiber, Latch, Stream } from "effect"
import { TestClock } from "effect/testing"
import { batch, post, track } from "../simulator/post.ts"
import { settle } from "../support/Server.ts"

const inProcess = (options: SimulatorOptions = {}) => Simulator.layer(options)

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`

const reasonOf = Effect.map(Simulator.requests, (requests) => requests.at(-1)?.reason)

/** Everything that the simulator keeps, as JSON. */
const kept = Effect.all([Simulator.events, Simulator.requests, Simulator.people, Simulator.objects])

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** What is on the heap when nothing else is to go. */
const heapBytes = Effect.sync(() => {
  collect()
  return process.memoryUsage().heapUsed
})

describe("a batch of many messages", () => {
  it.effect("is refused as a whole above maxBatchSize, before one of them is looked at", () =>
    Effect.gen(function* () {
      const text = `{"batch":[${Array(255_990).fill(1).join()}]}`
      const permissive = yield* post({ text })
      assert.strictEqual(permissive.status, 200)
      const strict = yield* post({ text, strict: true })
      assert.strictEqual(strict.status, 400)
      assert.include(strict.body, "the batch has 255990 messages, the limit is 10000")
      assert.strictEqual(yield* reasonOf, "the batch has 255990 messages, the limit is 10000")
      assert.deepStrictEqual(yield* Simulator.events, [])
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect.each([{ maxBatchSize: 2 }, { maxBatchMessages: 2 }, { maxBatchSize: 2, maxBatchMessages: 3 }])(
    "is taken at %j, and refused with one more",
    (options) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* post({ ...batch(track("a"), track("b")), strict: true })).status, 200)
        assert.strictEqual((yield* post({ ...batch(track("a"), track("b"), track("c")), strict: true })).status, 400)
        assert.strictEqual((yield* Simulator.events).length, 2)
      }).pipe(Effect.provide(inProcess(options)))
  )

  it.effect("that are all bad is told in 20 reasons and a number", () =>
    Effect.gen(function* () {
      const { body } = yield* post({ ...batch(...Array(10_000).fill(1)), strict: true })
      const { errors } = JSON.parse(body).meta
      assert.strictEqual(errors.length, 21)
      assert.strictEqual(errors[19], "batch[19]: a message must be an object")
      assert.strictEqual(errors[20], "and 9980 more")
      assert.strictEqual(yield* reasonOf, errors.join("; "))
      yield* post(batch(...Array(20).fill(1)))
      assert.notInclude(yield* reasonOf, "more")
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("reaches a reader of live whole", () =>
    Effect.gen(function* () {
      const { live } = yield* Simulator
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(live, 5000)))
      yield* settle
      yield* post(batch(...Array.from({ length: 5000 }, (_, number) => track(String(number)))))
      assert.strictEqual((yield* Fiber.join(reading)).at(-1)?.message["event"], "4999")
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("lets others have a turn meanwhile", () =>
    Effect.gen(function* () {
      let turns = 0
      const others = yield* Effect.forkChild(
        Effect.forever(
          Effect.andThen(
            Effect.sync(() => turns++),
            Effect.yieldNow
          )
        )
      )
      yield* post(batch(...Array.from({ length: 10_000 }, () => track("e"))))
      assert.isAbove(turns, 10)
      yield* Fiber.interrupt(others)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("loses a slow reader of live the oldest", () =>
    Effect.gen(function* () {
      const { live } = yield* Simulator
      const started = yield* Latch.make()
      const read: Array<unknown> = []
      const reading = yield* Effect.forkChild(
        Stream.runForEach(live, ({ message }) =>
          Effect.andThen(
            started.await,
            Effect.sync(() => read.push(message["event"]))
          )
        )
      )
      yield* settle
      yield* post(batch(track("first")))
      yield* post(batch(...Array.from({ length: 5000 }, (_, number) => track(String(number)))))
      yield* started.open
      yield* settle
      assert.strictEqual(read[0], "first")
      assert.strictEqual(read.at(-1), "4999")
      assert.isAtMost(read.length, 1026)
      yield* Fiber.interrupt(reading)
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("the context of a batch", () => {
  const context = (length: number) => ({ text: "x".repeat(length) })

  it.effect("counts for each message that has none, and is not copied into what is refused for it", () =>
    Effect.gen(function* () {
      const messages = Array.from({ length: 6000 }, () => track("e"))
      const own = track("own", { context: { ip: "1" } })
      const { status, body } = yield* post({
        body: { context: context(250_000), batch: [...messages, own] },
        strict: true
      })
      assert.strictEqual(status, 400)
      assert.match(body, /the message has 250\d+ bytes with the context of its batch, the limit is 32768/)
      const events = yield* Simulator.events
      assert.strictEqual(events.length, 6001)
      assert.notProperty(events[0]?.message, "context")
      assert.deepStrictEqual(events.at(-1)?.message["context"], { ip: "1" })
      assert.isBelow(bytesOf(events), 4_000_000)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect.each([
    ["no context", undefined],
    ["null", null]
  ] as const)("counts to the byte, for a message with %s", ([, own]) =>
    Effect.gen(function* () {
      const message = track("e", own === undefined ? {} : { context: own })
      const room = 500 - bytesOf({ ...message, context: context(0) })
      yield* post({ body: { context: context(room), batch: [message] } })
      yield* post({ body: { context: context(room + 1), batch: [message] } })
      assert.deepStrictEqual(
        (yield* Simulator.events).map(({ verdict }) => verdict),
        ["accepted", "refused"]
      )
    }).pipe(Effect.provide(inProcess({ maxMessageBytes: 500 })))
  )

  it.effect("of 30 KB is stored with as many messages as have 20 times the limit of a batch together", () =>
    Effect.gen(function* () {
      const { body } = yield* post({
        body: { context: context(30_000), batch: Array.from({ length: 9000 }, () => track("e")) },
        strict: true
      })
      assert.include(body, "with its context in each message the batch has more than 10240000 bytes")
      yield* post({ body: { context: context(30_000), batch: Array.from({ length: 9000 }, () => track("e")) } })
      const events = yield* Simulator.events
      const accepted = events.filter(({ verdict }) => verdict === "accepted")
      assert.strictEqual(accepted.length, Math.floor(10_240_000 / bytesOf(track("e", { context: context(30_000) }))))
      assert.isBelow(bytesOf(events), 16_000_000)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("does not cost each of many people what it says of a device", () =>
    Effect.gen(function* () {
      const list = Array(14_000).fill(1)
      const device = (userId: string) => track("Device Created or Updated", { userId })
      const text = JSON.stringify({
        context: { device: { token: "t", list } },
        batch: Array.from({ length: 6000 }, (_, number) => device(String(number)))
      })
      const started = performance.now()
      yield* post({ text })
      assert.isBelow(performance.now() - started, 4000)
      assert.strictEqual((yield* Simulator.events)[0]?.verdict, "accepted")
      assert.isBelow(bytesOf(yield* kept), 64_000_000)
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("a message that is refused for its size", () => {
  const tooLarge = track("e".repeat(500), {
    messageId: "m",
    anonymousId: "🦊".repeat(200),
    properties: { text: "x".repeat(500_000) }
  })

  it.effect("is kept as what names it, cut, and says so", () =>
    Effect.gen(function* () {
      yield* post(batch(tooLarge))
      const [event] = yield* Simulator.events
      const { timestamp, originalTimestamp, receivedAt, ...named } = event!.message
      assert.deepStrictEqual(named, {
        type: "track",
        event: `${"e".repeat(99)}…`,
        userId: "u",
        anonymousId: `${"🦊".repeat(49)}…`,
        messageId: "m"
      })
      assert.strictEqual(event?.bytes, bytesOf(tooLarge))
      assert.strictEqual(event?.note, "only what names it is kept")
      assert.match(event?.refusal?.reason ?? "", /^the message has \d+ bytes, the limit is 32768$/)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("holds nothing of the rest, not through a part of a text either", () =>
    Effect.gen(function* () {
      const long = batch(track("e".repeat(300_000), { userId: "u".repeat(150_000) }))
      yield* post(long)
      const before = yield* heapBytes
      for (let count = 0; count < 30; count++) yield* post(long)
      assert.isBelow((yield* heapBytes) - before, 3_000_000)
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("JSON that is deep", () => {
  it.effect.each([101, 3000, 4400, 80_000])("of %d levels is refused, and everything can be looked at", (depth) =>
    Effect.gen(function* () {
      for (const [text, path] of [
        [`{"batch":[{"type":"identify","userId":"u","traits":${nested(depth)}}]}`],
        [`{"batch":[${nested(depth)}]}`],
        [`{"batch":[${"[".repeat(depth)}${"]".repeat(depth)}]}`],
        [`{"batch":[{"type":"page","userId":"u"}],"context":${nested(depth)}}`],
        [`{"userId":"u","traits":${nested(depth)}}`, "/v1/identify"]
      ]) {
        const { status } = yield* post({ text: text!, strict: true, ...(path !== undefined && { path }) })
        assert.strictEqual(status, 400)
      }
      const events = yield* Simulator.events
      assert.deepStrictEqual(
        events.map(({ verdict }) => verdict),
        Array(5).fill("refused")
      )
      assert.deepInclude(events[0], {
        bytes: nested(depth).length + `{"type":"identify","userId":"u","traits":}`.length
      })
      assert.include(yield* reasonOf, "more than 100 objects or arrays stand in one another")
      assert.isBelow(bytesOf(yield* kept), 10_000)
    }).pipe(Effect.provide(inProcess({ maxMessageBytes: 1_000_000, maxBatchBytes: 2_000_000 })))
  )

  it.effect("of 100 levels is taken, as a context of the batch too", () =>
    Effect.gen(function* () {
      yield* post({ text: `{"batch":[{"type":"identify","userId":"u","traits":${nested(99)}}]}`, strict: true })
      yield* post({ text: `{"batch":[{"type":"page","userId":"u"}],"context":${nested(99)}}`, strict: true })
      yield* post({ text: `{"batch":[{"type":"page","userId":"u"}],"context":${nested(100)}}`, strict: true })
      assert.deepStrictEqual(
        (yield* Simulator.events).map(({ verdict }) => verdict),
        ["accepted", "accepted", "refused"]
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("does not become deeper than that in what is known of a person", () =>
    Effect.gen(function* () {
      for (let depth = 2; depth < 150; depth++) {
        yield* post({ text: `{"batch":[{"type":"identify","userId":"u","traits":${nested(depth)}}]}` })
      }
      assert.strictEqual(JSON.stringify((yield* Simulator.people)[0]?.traits), nested(99))
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("what is kept", () => {
  it.effect("of events is bounded in bytes, and the newest stay", () =>
    Effect.gen(function* () {
      for (let number = 0; number < 300; number++) {
        yield* post(batch(track(String(number), { properties: { text: "漢\u0001\n".repeat(200) } })))
      }
      const events = yield* Simulator.events
      assert.isBelow(bytesOf(events), 100_000)
      assert.isAbove(bytesOf(events), 50_000)
      assert.strictEqual(events.at(-1)?.message["event"], "299")
      assert.strictEqual(events.at(0)?.message["event"], String(300 - events.length))
      assert.strictEqual((yield* (yield* Simulator).dropped).events, 300 - events.length)
    }).pipe(Effect.provide(inProcess({ keepBytes: 100_000 })))
  )

  it.effect("counts what many small values take in memory", () =>
    Effect.gen(function* () {
      const text = `{"batch":[${JSON.stringify(track("e"))
        .slice(0, -1)
        .concat(`,"properties":{"list":[${Array(10_000).fill("{}").join()}]}}`)}]}`
      yield* post({ text })
      const before = yield* heapBytes
      for (let count = 0; count < 40; count++) yield* post({ text })
      assert.isBelow((yield* heapBytes) - before, 8_000_000)
    }).pipe(Effect.provide(inProcess({ keepBytes: 5_000_000 })))
  )

  it.effect("of a request is cut, and what authenticates is masked", () =>
    Effect.gen(function* () {
      const many = Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`x-${number}`, "v".repeat(5000)]))
      const simulator = yield* Simulator
      yield* simulator.handle({
        method: "M".repeat(5000),
        path: "/p".repeat(5000),
        headers: {
          cookie: "session=secret",
          "proxy-authorization": "secret",
          authorization: "secret",
          "x-retry-count": "1e300",
          ...many
        },
        body: new Uint8Array()
      })
      const [request] = yield* Simulator.requests
      assert.strictEqual(Object.keys(request!.headers).length, 100)
      assert.isBelow(bytesOf(request), 110_000)
      assert.notInclude(JSON.stringify(request), "secret")
      assert.strictEqual(request?.retryCount, 0)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("of requests is bounded in bytes, faults in them too", () =>
    Effect.gen(function* () {
      yield* Simulator.setFaults([{ kind: "status", status: 503, body: "b".repeat(100_000) }])
      for (let number = 0; number < 50; number++) yield* post({ text: "{", path: `/v1/${"p".repeat(3000)}` })
      const requests = yield* Simulator.requests
      assert.isBelow(bytesOf(requests), 100_000)
      assert.strictEqual(requests.at(-1)?.id, 50)
      assert.strictEqual((yield* (yield* Simulator).dropped).requests, 50 - requests.length)
    }).pipe(Effect.provide(inProcess({ keepBytes: 100_000 })))
  )

  it.effect("of message ids is bounded in bytes, and the newest stay", () =>
    Effect.gen(function* () {
      const id = (number: number) => `${number}-${"i".repeat(1000)}`
      const send = (number: number) => post(batch(track("e", { messageId: id(number) })))
      for (let number = 0; number < 300; number++) yield* send(number)
      yield* send(299)
      yield* send(250)
      yield* send(0)
      assert.deepStrictEqual(
        (yield* Simulator.events).slice(-3).map(({ verdict }) => verdict),
        ["duplicate", "duplicate", "accepted"]
      )
    }).pipe(Effect.provide(inProcess({ keepBytes: 100_000 })))
  )

  it.effect("of message ids forgets each after its time, and no other", () =>
    Effect.gen(function* () {
      const send = (id: string) => post(batch(track("e", { messageId: id })))
      yield* send("a")
      yield* TestClock.adjust("6 hours")
      yield* send("b")
      yield* TestClock.adjust("6 hours")
      yield* send("b")
      yield* send("a")
      assert.deepStrictEqual(
        (yield* Simulator.events).map(({ verdict }) => verdict),
        ["accepted", "accepted", "duplicate", "accepted"]
      )
    }).pipe(Effect.provide(inProcess()))
  )
})
