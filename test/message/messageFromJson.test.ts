// @effect-diagnostics globalDate:off - dates as a caller makes them
import { assert, describe, it } from "@effect/vitest"
import { EventContext, GroupTraits, Integrations, messageFromJson, Properties, Traits } from "cdp-analytics-effect"
import { Arbitrary, Result, Schema } from "effect"
import { check } from "../../src/message/check.ts"
import { makeEncode } from "../../src/message/encode.ts"
import { read } from "../../src/message/read.ts"

const failureOf = (json: string) => {
  const message = messageFromJson(json)
  assert.isTrue(Result.isFailure(message), json)
  return Result.isFailure(message) ? message.failure : assert.fail()
}

const track = { type: "track", userId: "u", event: "e" }

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels)

describe("messageFromJson", () => {
  it("reads each of the six, in the order of the text, with its timestamp", () => {
    for (const message of [
      { type: "identify", traits: { zebra: 1, email: "e@example.com", createdAt: "1", list: [{ b: 1, a: null }] } },
      {
        ...track,
        properties: { zebra: 1, price: 1, products: [{ zebra: 1, price: 2 }] },
        timestamp: "2026-01-31T12:00:00.000Z"
      },
      { type: "page", anonymousId: "a", integrations: { All: false, Slack: { a: 1 } } },
      { type: "screen", userId: "u", category: "c", context: { zebra: 1, app: { zebra: 1, name: "n" } } },
      { type: "group", groupId: "g", traits: { employees: "10" } },
      { type: "alias", previousId: "p", userId: "u", messageId: "m" }
    ]) {
      const json = JSON.stringify(message)
      const read = Result.getOrThrow(messageFromJson(json))
      assert.strictEqual(JSON.stringify(read), json)
      if (read.timestamp !== undefined) assert.deepStrictEqual(read.timestamp, new Date("2026-01-31T12:00:00Z"))
    }
  })

  it.each([
    ["", "unknown", "", "Expected JSON"],
    ["secret", "unknown", "", "Expected JSON"],
    [`${JSON.stringify(track)}secret`, "unknown", "", "Expected JSON"],
    ["null", "unknown", "", "Expected an object"],
    [`"secret"`, "unknown", "", "Expected an object"],
    ["[]", "unknown", "", "Expected an object"],
    ["{}", "unknown", "type", "Expected one of identify, track, page, screen, group, alias"],
    [`{"type":"secret"}`, "unknown", "type", "Expected one of identify, track, page, screen, group, alias"],
    [`{"type":["track"]}`, "unknown", "type", "Expected one of identify, track, page, screen, group, alias"],
    [
      `{"__proto__":{"type":"track"}}`,
      "unknown",
      "type",
      "Expected one of identify, track, page, screen, group, alias"
    ],
    [JSON.stringify({ ...track, propertes: { a: "secret" } }), "track", "propertes", "Expected no excess property"],
    [JSON.stringify({ ...track, receivedAt: "secret" }), "track", "receivedAt", "Expected no excess property"],
    [
      `{"type":"track","userId":"u","event":"e","__proto__":{"a":1}}`,
      "track",
      "__proto__",
      "Expected no excess property"
    ],
    [
      `{"type":"track","__proto__":{"userId":"u"},"__proto__":{"event":"e"}}`,
      "track",
      "__proto__",
      "Expected no excess property"
    ],
    [JSON.stringify({ ...track, userId: 1 }), "track", "userId", "Expected string | undefined"],
    [JSON.stringify({ ...track, userId: null }), "track", "userId", "Expected string | undefined"],
    [JSON.stringify({ ...track, timestamp: 1 }), "track", "timestamp", "Expected a valid Date or DateTime.Utc"],
    [JSON.stringify({ ...track, timestamp: null }), "track", "timestamp", "Expected a valid Date or DateTime.Utc"],
    [JSON.stringify({ ...track, userId: "" }), "track", "userId", "userId or anonymousId is required"],
    [`{"type":"track","userId":"u"}`, "track", "event", "Missing key"],
    [
      JSON.stringify({ ...track, properties: { products: [{}, { price: "secret" }] } }),
      "track",
      "properties.products[1].price",
      undefined
    ],
    [
      `{"type":"track","userId":"u","event":"e","properties":{"a":[1e999]}}`,
      "track",
      "properties.a[0]",
      "Infinity is not a JSON number"
    ],
    [
      `{"type":"track","userId":"u","event":"e","properties":{"a":${deep(10_000)}}}`,
      "track",
      `properties.a${"[0]".repeat(98)}`,
      "more than 100 objects or arrays stand in one another"
    ],
    [
      `{"type":"track","userId":"u","event":"e","context":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`,
      "track",
      undefined,
      "more than 100 objects or arrays stand in one another"
    ],
    [JSON.stringify({ ...track, userId: "a\ud83c" }), "track", "userId", undefined],
    [JSON.stringify({ ...track, event: "a\u0000" }), "track", "event", undefined]
  ] as const)("refuses %.60s", (json, type, path, reason) => {
    const failure = failureOf(json)
    assert.deepInclude(failure, { _tag: "InvalidMessage", type, ...(path === undefined ? {} : { path }) })
    if (reason !== undefined) assert.strictEqual(failure.reason, reason)
    assert.notInclude(failure.message, "secret")
  })

  it("names the event", () => {
    assert.strictEqual(failureOf(JSON.stringify({ ...track, price: 1 })).event, "e")
    assert.strictEqual(failureOf(JSON.stringify({ ...track, timestamp: "now" })).event, "e")
    assert.strictEqual(failureOf(`{"type":"track","userId":"u","event":"e","properties":{"a":1e999}}`).event, "e")
  })

  it("takes a key named __proto__ deeper in, however often, and one named toJSON, for keys like any other", () => {
    const json = `{"type":"track","userId":"u","event":"e","properties":{"__proto__":{"a":1},"toJSON":1,"b":{"toJSON":"x"}}}`
    const message = Result.getOrThrow(messageFromJson(json.replace(`"toJSON":1`, `"__proto__":{"a":1},"toJSON":1`)))
    assert.strictEqual(JSON.stringify(message), json)
    assert.isFalse("a" in {})
    assert.isUndefined("properties" in message ? Object(message.properties).a : 1)
  })

  it("reads what is as deep as a message may be", () => {
    assert.isTrue(
      Result.isSuccess(messageFromJson(`{"type":"track","userId":"u","event":"e","properties":{"a":${deep(98)}}}`))
    )
  })

  it("takes nothing that hangs on Object.prototype", () => {
    const prototype: Record<string, unknown> = Object.prototype as never
    try {
      prototype["userId"] = "inherited"
      prototype["event"] = "inherited"
      assert.strictEqual(failureOf(`{"type":"track","event":"e"}`).path, "userId")
      assert.strictEqual(failureOf(`{"type":"track","userId":"u"}`).path, "event")
    } finally {
      delete prototype["userId"]
      delete prototype["event"]
    }
  })
})

const stamp = { messageId: "stamped", timestamp: 0 }

const options = {
  maxMessageBytes: 1_000_000,
  context: { app: { name: "shop" }, ip: "1" },
  integrations: { All: false }
}
const encode = makeEncode(options)

/** The JSON of a message, as a client makes it of what it is given, or of what was stamped before. */
const encodeAs = (input: unknown, stampOf: typeof stamp | undefined): string | undefined => {
  const draft = Result.getOrThrow(read(undefined, input))
  if (check(draft, options.maxMessageBytes) !== undefined) return undefined
  const encoded = encode(draft, stampOf)
  return Result.isSuccess(encoded) ? encoded.success.json : undefined
}

const anything = Arbitrary.all([
  Arbitrary.schema(Properties),
  Arbitrary.schema(Traits),
  Arbitrary.schema(GroupTraits),
  Arbitrary.schema(EventContext),
  Arbitrary.schema(Integrations),
  Arbitrary.schema(Schema.JsonObject),
  Arbitrary.schema(Schema.Tuple([Schema.String, Schema.String, Schema.String]))
])

/** A key of one escaped character may be taken for a backslash: https://github.com/nodejs/node/issues/63785 */
const isReadWrong = (json: string): boolean => /"\\(?:u[\da-f]{4}|.)":/.test(json)

let accepted = 0

describe("what was sent", () => {
  it.prop("is read and sent again to the byte", [anything], ([given]) => {
    const [properties, traits, groupTraits, context, integrations, custom, [text, key, id]] = given
    const common = { context: { ...context, custom, list: [text, { [key]: text }] }, integrations }
    const times = { timestamp: new Date(text.length), messageId: id }
    for (const message of [
      { type: "identify", userId: "u", traits: { ...traits, custom }, ...common },
      {
        type: "track",
        ...common,
        ...times,
        anonymousId: "a",
        userId: "",
        event: "e",
        properties: { ...properties, custom }
      },
      { type: "page", userId: "u", name: "n", category: "c", properties, ...common },
      { type: "screen", userId: "u", name: id, category: key, ...common },
      { type: "group", groupId: "g", traits: groupTraits, ...common },
      { type: "alias", userId: "u", previousId: "p", ...common, ...times }
    ]) {
      const first = encodeAs(message, stamp)
      // What JSON cannot carry, such as NaN under a key of one's own, and what JSON.parse takes for something else.
      if (first === undefined || isReadWrong(first)) continue
      const read = Result.getOrThrow(messageFromJson(first))
      assert.strictEqual(JSON.stringify(read), first)
      assert.strictEqual(encodeAs(read, undefined), first)
      accepted++
    }
  })

  it("was accepted often enough for that to be said", () => {
    assert.isAbove(accepted, 50)
  })
})
