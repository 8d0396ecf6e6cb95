import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  EventContext,
  GroupTraits,
  Integrations,
  type Message,
  Properties,
  Traits
} from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Arbitrary, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Timestamp } from "../src/message/DateLike.ts"
import { library } from "../src/message/library.ts"
import { findSameKey, isWhole, makeWhole } from "../src/message/whole.ts"
import { silent } from "./support/logs.ts"
import { layerMocked, Server, settle } from "./support/Server.ts"

const encoder = new TextEncoder()

/** What JSON makes of a value: dates as text, `undefined` left out; halves of surrogate pairs as U+FFFD. */
const throughJson = (value: unknown): Record<string, Schema.Json> => JSON.parse(makeWhole(JSON.stringify(value)))

const Text = Schema.Literals(["a", "é", "漢", "🦊", "\ud800", '"', "\\", "\n", "\u2028"])

/** Text whose UTF-8, UTF-16 and JSON lengths all differ. */
const texts = Arbitrary.map(Arbitrary.array(Arbitrary.schema(Text), { maxLength: 40 }), (parts) => parts.join(""))

const json = Arbitrary.schema(Schema.JsonObject)

const ids = Arbitrary.schema(Schema.Literals(["", "u", "漢", "an id"]))

/** Two keys that differ in half of a surrogate pair would be one. */
const hasItsKeys = (value: unknown): boolean => findSameKey(value) === undefined

const anyMessages = Arbitrary.map(
  Arbitrary.all({
    type: Arbitrary.schema(Schema.Literals(["identify", "track", "page", "screen", "group", "alias"])),
    userId: ids,
    messageId: Arbitrary.schema(Schema.optional(Schema.Literals(["", "m-1"]))),
    timestamp: Arbitrary.schema(Schema.optional(Timestamp)),
    context: Arbitrary.schema(Schema.optional(EventContext)),
    integrations: Arbitrary.schema(Schema.optional(Integrations)),
    category: Arbitrary.schema(Schema.optional(Schema.String.check(Schema.makeFilter(isWhole)))),
    traits: Arbitrary.schema(Traits),
    groupTraits: Arbitrary.schema(GroupTraits),
    properties: Arbitrary.schema(Properties),
    custom: json,
    text: texts,
    date: Arbitrary.schema(Timestamp)
  }),
  ({ type, userId, category, traits, groupTraits, properties, custom, text, date, ...common }): Message => {
    const more = { custom, text, nested: [{ date }] }
    const person = { ...common, userId, anonymousId: "a" }
    switch (type) {
      case "identify":
        return { type, ...person, traits: { ...traits, ...more } }
      case "track":
        return { type, ...person, event: "e", properties: { ...properties, ...more } }
      case "page":
      case "screen":
        return { type, ...person, name: isWhole(text) ? text : "n", category, properties: { ...properties, ...more } }
      case "group":
        return { type, ...person, groupId: "g", traits: { ...groupTraits, ...more } }
      case "alias":
        return { type, ...person, userId: "u", previousId: "p" }
    }
  }
)

const messages = Arbitrary.filter(anyMessages, hasItsKeys)

/** V8's `JSON.parse` can take a key of one escaped character for a backslash: https://github.com/nodejs/node/issues/63785 */
const isReadRight = (value: unknown): boolean => !/"\\(?:u[\da-f]{4}|.)":/.test(JSON.stringify(value))

describe("a message on the wire", () => {
  it.effect.prop(
    "is what was given, with stamps",
    [Arbitrary.filter(messages, isReadRight)],
    ([message]) =>
      Effect.gen(function* () {
        const receipt = yield* Analytics.enqueue(message)
        const [sent] = yield* AnalyticsTest.sent
        const given = throughJson(message)
        const expected = {
          ...given,
          messageId: receipt.messageId,
          timestamp: given["timestamp"] ?? "1970-01-01T00:00:00.000Z",
          context: { ...throughJson(message.context ?? {}), library }
        }
        for (const id of ["userId", "anonymousId"] as const) if (given[id] === "") Reflect.deleteProperty(expected, id)
        if (given["messageId"]) assert.strictEqual(receipt.messageId, given["messageId"])
        if ("category" in message && message.category) {
          Object.assign(expected, {
            properties: { category: message.category, ...throughJson(message.properties ?? {}) }
          })
        }
        assert.deepStrictEqual(throughJson(sent), throughJson(expected))
      }).pipe(Effect.provide(AnalyticsTest.layerWith({ maxMessageBytes: 1_000_000, maxBatchBytes: 2_000_000 }))),
    { arbitrary: { runs: 300 } }
  )

  it.effect.prop(
    "has the bytes that were counted",
    [messages],
    ([message]) =>
      Effect.gen(function* () {
        const stamped = { ...message, messageId: "m" }
        const error = yield* Analytics.enqueue(stamped).pipe(
          Effect.flip,
          Effect.provide(layerMocked({ maxMessageBytes: 1 }))
        )
        assert.strictEqual(error._tag, "MessageTooLarge")
        yield* Effect.gen(function* () {
          yield* Analytics.enqueue(stamped)
          yield* Analytics.flush
          const [request] = yield* Server.received
          const envelope = encoder.encode(`{"batch":[],"sentAt":"${request?.sentAt}"}`).length
          assert.strictEqual("bytes" in error ? error.bytes : undefined, request!.bytes.length - envelope)
          assert.strictEqual(request!.bytes.length, Buffer.byteLength(request!.text))
        }).pipe(Effect.provide(layerMocked({ maxMessageBytes: 1_000_000, maxBatchBytes: 2_000_000 })))
      }),
    { arbitrary: { runs: 100 } }
  )
})

/** A message whose JSON has exactly so many bytes, most of them in characters of several bytes. */
const messageOf = (bytes: number, character: string) => {
  const make = (text: string) => ({ userId: "u", event: "e", messageId: "m", properties: { text } })
  const json = { type: "track", ...make(""), timestamp: "1970-01-01T00:00:00.000Z", context: { library } }
  const room = bytes - JSON.stringify(json).length
  const width = encoder.encode(character).length
  return make(character.repeat(Math.floor(room / width)) + "x".repeat(room % width))
}

describe("limits, in bytes of UTF-8", () => {
  it.effect.each(["x", "é", "漢", "🦊"])(
    "a message of 32,000 bytes of %s is taken, one of 32,001 is not",
    (character) =>
      Effect.gen(function* () {
        yield* Analytics.track(messageOf(31_999, character))
        yield* Analytics.track(messageOf(32_000, character))
        const error = yield* Effect.flip(Analytics.track(messageOf(32_001, character)))
        assert.deepInclude(error, { _tag: "MessageTooLarge", bytes: 32_001, limit: 32_000 })
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 2, failed: {}, waiting: 0 })
      }).pipe(Effect.provide(layerMocked()))
  )

  const envelope = `{"batch":[],"sentAt":"1970-01-01T00:00:00.000Z"}`.length

  it.effect.each([
    ["x", 0, [500_000]],
    ["漢", 0, [500_000]],
    ["漢", -1, [499_999]],
    ["漢", 1, [500_000 - 1001 - 1, envelope + 1002]]
  ] as const)("a request of %s is full at 500,000 bytes: %d more", ([character, more, sizes]) =>
    Effect.gen(function* () {
      const last = 1000
      const each = 31_000
      const count = Math.floor((500_000 - envelope - last - 1) / (each + 1))
      const filler = 500_000 - envelope - last - 1 - count * (each + 1)
      for (let index = 0; index < count; index++) yield* Analytics.track(messageOf(each, character))
      yield* Analytics.track(messageOf(filler - 1, character))
      yield* Analytics.track(messageOf(last + 1 + more, character))
      yield* Analytics.flush
      assert.deepStrictEqual(
        (yield* Server.received).map((request) => request.bytes.length),
        [...sizes]
      )
    }).pipe(Effect.provide(layerMocked({ flushAt: 1000, concurrency: 1 })))
  )

  const step = Schema.Struct({
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 30 })),
    bytes: Schema.Int.check(Schema.isBetween({ minimum: 300, maximum: 4000 })),
    character: Schema.Literals(["x", "é", "漢", "🦊"]),
    next: Schema.Literals(["nothing", "settle", "flush", "3 seconds", "7 seconds"])
  })
  const program = Schema.Struct({
    steps: Schema.Array(step).check(Schema.isMinLength(1), Schema.isMaxLength(8)),
    flushAt: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 25 })),
    extra: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 25 })),
    maxBatchBytes: Schema.Int.check(Schema.isBetween({ minimum: 5000, maximum: 40_000 })),
    failures: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
  })

  it.effect.prop(
    "no batch is over a limit; one request at a time keeps order; nothing is lost or doubled",
    [program],
    ([{ steps, flushAt, extra, maxBatchBytes, failures }]) =>
      Effect.gen(function* () {
        let sent = 0
        yield* Effect.gen(function* () {
          yield* Server.answer((_, index) => Effect.succeed({ status: index < failures ? 503 : 200 }))
          for (const { count, bytes, character, next } of steps) {
            for (let index = 0; index < count; index++) {
              yield* Analytics.track({ ...messageOf(bytes, character), event: String(sent++) })
            }
            if (next === "settle") yield* settle
            else if (next === "flush") yield* Effect.forkChild(Analytics.flush)
            else if (next !== "nothing") yield* TestClock.adjust(next)
          }
          const flushing = yield* Effect.forkChild(Analytics.flush)
          yield* settle
          yield* TestClock.adjust("1 minute")
          yield* settle
          assert.isDefined(flushing.pollUnsafe(), "the flush ended")
          const accepted = new Map<string, (typeof received)[number]>()
          const received = yield* Server.received
          for (const request of received) {
            assert.isAtMost(request.bytes.length, maxBatchBytes)
            assert.isAtMost(request.batch.length, flushAt + extra)
            accepted.set(JSON.stringify(request.batch), request)
          }
          const events = [...accepted.values()].flatMap(({ batch }) => batch.map((message) => message["event"]))
          assert.deepStrictEqual(events, [...Array(sent).keys()].map(String))
        }).pipe(
          Effect.provide(
            Layer.provideMerge(
              layerMocked({ flushAt, maxBatchSize: flushAt + extra, maxBatchBytes, concurrency: 1 }),
              silent
            )
          )
        )
      }),
    { arbitrary: { runs: 100 } }
  )
})

describe("the schemas of the parts", () => {
  it.effect.prop(
    "what fits them is taken anywhere they stand",
    [
      Arbitrary.filter(
        Arbitrary.all([Arbitrary.schema(Traits), Arbitrary.schema(Properties), Arbitrary.schema(EventContext)]),
        hasItsKeys
      )
    ],
    ([[traits, properties, context]]) =>
      Effect.gen(function* () {
        yield* Analytics.identify({ userId: "u", traits, context })
        yield* Analytics.track({ userId: "u", event: "e", properties, context })
        assert.strictEqual((yield* AnalyticsTest.sent).length, 2)
      }).pipe(Effect.provide(AnalyticsTest.layerWith({ maxMessageBytes: 1_000_000, maxBatchBytes: 2_000_000 }))),
    { arbitrary: { runs: 100 } }
  )
})
