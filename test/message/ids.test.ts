import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  type AnalyticsOptions,
  analyticsConfig,
  type CallError,
  messageFromJson,
  type Receipt,
  Track
} from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { ConfigProvider, Effect, Layer, Option, Redacted, Result, Schema } from "effect"
import { makeWhole } from "../../src/message/whole.ts"
import { layerMocked } from "../support/Server.ts"

type Call = Effect.Effect<Receipt, CallError, Analytics>

const layer = AnalyticsTest.layer

/** Every place of an id or a name, with its path. */
const places = (text: string): ReadonlyArray<readonly [path: string, call: Call]> => [
  ["userId", Analytics.identify({ userId: text })],
  ["userId", Analytics.track({ userId: text, anonymousId: "a", event: "e" })],
  ["userId", Analytics.enqueue({ type: "track", userId: text, event: "e" })],
  ["anonymousId", Analytics.page({ anonymousId: text })],
  ["anonymousId", Analytics.alias({ userId: "u", previousId: "p", anonymousId: text })],
  ["messageId", Analytics.screen({ userId: "u", messageId: text })],
  ["groupId", Analytics.group({ groupId: text })],
  ["previousId", Analytics.alias({ userId: "u", previousId: text })],
  ["userId", Analytics.alias({ userId: text, previousId: "p" })],
  ["traits.email", Analytics.identify({ traits: { email: text } })]
]

/** Of the events that Customer.io reads specially, what they are about. */
const subjects = (text: string): ReadonlyArray<readonly [path: string, call: Call]> => [
  [
    "context.device.token",
    Analytics.track({ userId: "u", event: "Device Deleted", context: { device: { token: text } } })
  ],
  ["properties.objectId", Analytics.track({ userId: "u", event: "Object Deleted", properties: { objectId: text } })],
  [
    "properties.deliveryId",
    Analytics.track({ userId: "u", event: "Report Delivery Event", properties: { deliveryId: text } })
  ]
]

const names = (text: string): ReadonlyArray<readonly [path: string, call: Call]> => [
  ["event", Analytics.track({ userId: "u", event: text })],
  ["name", Analytics.page({ userId: "u", name: text })],
  ["category", Analytics.screen({ userId: "u", category: text })]
]

const refusals = Effect.fnUntraced(function* (calls: ReadonlyArray<readonly [path: string, call: Call]>) {
  for (const [path, call] of calls) {
    const error = yield* Effect.flip(call)
    assert.deepInclude(error, { _tag: "InvalidMessage", path })
  }
  assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
})

describe("half of a surrogate pair, and NUL", () => {
  const texts = ["party \ud83c", "\udf89 party", "a\ud83c b", "\udf89\ud83c", "\u0000", "u\u0000"]

  it.effect.each(texts)("in an id or a name are refused: %j", (text) =>
    Effect.gen(function* () {
      yield* refusals([...places(text), ...names(text)])
      const error = yield* Effect.flip(Analytics.track({ userId: text, event: "e" }))
      assert.strictEqual(
        error.message,
        'Invalid track message "e" at userId: Expected text without NUL and without half of a surrogate pair'
      )
      assert.throws(() => Track.make({ userId: text, event: "e" }))
    }).pipe(Effect.provide(layer))
  )

  it.effect("in keys: halves are sent as U+FFFD, NUL as it is", () =>
    Effect.gen(function* () {
      const record = { a: [{ "\ud83c": 1, "\ud83c\udf89": 2, "\u0000": 3 }] }
      yield* Analytics.track({ userId: "u", event: "e", properties: record })
      const [sent] = yield* AnalyticsTest.sent
      assert.deepStrictEqual<unknown>(sent?.properties, { a: [{ "\ufffd": 1, "\ud83c\udf89": 2, "\u0000": 3 }] })
    }).pipe(Effect.provide(layer))
  )

  it.effect.each([
    ["\ud83c", "\udf89"],
    ["a\ud83c", "a\ufffd"]
  ] as const)("in keys are refused where two keys would become one: %j", ([one, other]) =>
    Effect.gen(function* () {
      const record = { a: [{}, { [one]: 1, [other]: 2 }] }
      const path = `a[1].${other.replace("\udf89", "\\udf89")}`
      yield* refusals([
        [`properties.${path}`, Analytics.track({ userId: "u", event: "e", properties: record })],
        [`traits.${path}`, Analytics.identify({ userId: "u", traits: record })],
        [`context.${path}`, Analytics.page({ userId: "u", context: record })]
      ])
    }).pipe(Effect.provide(layer))
  )

  it.effect("pairs are whole, in ids and names and keys", () =>
    Effect.gen(function* () {
      const text = "party \ud83c\udf89"
      for (const [, call] of [...places(text), ...names(text)]) yield* call
      yield* Analytics.track({ userId: "u", event: "e", properties: { [text]: text } })
      const sent = yield* AnalyticsTest.sent
      assert.deepStrictEqual(sent.at(-1)?.properties, { [text]: text })
    }).pipe(Effect.provide(layer))
  )

  it.effect("in values: halves are sent as U+FFFD, NUL as it is", () =>
    Effect.gen(function* () {
      const values = { a: "party \ud83c", b: ["\udf89", { c: "\ud83c\udf89 \u0000 \\ud83c C:\\users" }], d: "\\\ud83c" }
      const wire = { a: "party \ufffd", b: ["\ufffd", { c: "\ud83c\udf89 \u0000 \\ud83c C:\\users" }], d: "\\\ufffd" }
      yield* Analytics.track({ userId: "u", event: "e", properties: values, context: { custom: values } })
      yield* Analytics.identify({ userId: "u", traits: { email: "a\ud83c", custom: values } })
      const [track, identify] = yield* AnalyticsTest.sent
      assert.deepStrictEqual<unknown>(track?.properties, wire)
      assert.deepStrictEqual<unknown>(track?.context["custom"], wire)
      assert.deepStrictEqual<unknown>(identify?.traits, { email: "a\ufffd", custom: wire })
    }).pipe(Effect.provide(layer))
  )

  it.effect("in values are made whole before bytes are counted", () =>
    Effect.gen(function* () {
      // Six bytes each as an escape, three as U+FFFD.
      yield* Analytics.track({ userId: "u", event: "e", properties: { text: "\ud83c".repeat(10_000) } })
      const error = yield* Effect.flip(
        Analytics.track({ userId: "u", event: "e", properties: { text: "\ud83c".repeat(11_000) } })
      )
      assert.isTrue(error._tag === "MessageTooLarge" && error.bytes > 33_000 && error.bytes < 34_000)
    }).pipe(Effect.provide(layer))
  )

  it.prop("of JSON are what an encoder makes of them", { json: Schema.Json }, ({ json }) => {
    const text = JSON.stringify({
      json,
      list: ["\ud83c", "\ud83c\udf89", "\u0000\u001f", "\\ud83c", '\\\\\ud83c"\ud83c']
    })
    const unescaped = text.replace(/\\(?:ud[\da-f]{3}|.)/g, (part) =>
      part.length > 2 ? JSON.parse(`"${part}"`) : part
    )
    assert.strictEqual(makeWhole(text), new TextDecoder().decode(new TextEncoder().encode(unescaped)))
  })
})

describe("suspicious ids", () => {
  const broken = [
    "undefined",
    "null",
    "NaN",
    "None",
    "nil",
    "<nil>",
    "(null)",
    "true",
    "false",
    "{}",
    "[]",
    `${{}}`,
    `${Object(Promise.resolve())}`,
    `${Option.none()}`,
    `${Redacted.make("u")}`,
    "00000000-0000-0000-0000-000000000000",
    "0".repeat(32),
    "NULL",
    "Undefined",
    "nan",
    " null\n",
    "\u200bnull\ufeff",
    `undefined${" ".repeat(10_000)}`
  ]
  const blank = [
    " ",
    "\t\n",
    "\u200b",
    "\ufeff\u00a0",
    " ".repeat(1000),
    "\u0007",
    "\u2800",
    "\u3164",
    "\uffa0",
    "\ufe0f"
  ]

  it.effect.each(broken)("%j is refused wherever an id is", (id) =>
    Effect.gen(function* () {
      yield* refusals([...places(id), ...subjects(id)])
      const error = yield* Effect.flip(Analytics.track({ userId: id, event: "e" }))
      assert.strictEqual(
        error.message,
        'Invalid track message "e" at userId: Expected an id, not what programs write for no value, such as "undefined", unless allowSuspiciousIds is true'
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect.each(blank)("%j is blank, and refused, the event's name too", (id) =>
    refusals([...places(id), ["event", Analytics.track({ userId: "u", event: id })]]).pipe(Effect.provide(layer))
  )

  it.effect("what only looks like one is an id", () =>
    Effect.gen(function* () {
      const ids = [
        "0",
        "-1",
        "nullable",
        "nonesuch",
        "nil-1",
        "undefined-1",
        "truecolor",
        "object Object",
        "[object]",
        "u",
        "😀",
        "無"
      ]
      const uuids = ["00000000-0000-0000-0000-000000000001", "f".repeat(32), "0".repeat(31)]
      for (const id of [...ids, ...uuids]) for (const [, call] of [...places(id), ...subjects(id)]) yield* call
      // An event's name merges nobody, and an email that is not the id is data, and so are properties of an event of one's own.
      yield* Analytics.track({ userId: "u", event: "object deleted", properties: { objectId: "null" } })
      yield* Analytics.track({ userId: "u", event: "undefined" })
      yield* Analytics.identify({ userId: "u", traits: { email: "null" } })
    }).pipe(Effect.provide(layer))
  )

  it.effect("an empty id is a missing one, as before", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ userId: "", anonymousId: "a", messageId: "", event: "e" })
      assert.notProperty((yield* AnalyticsTest.sent)[0], "userId")
    }).pipe(Effect.provide(layer))
  )

  const allowing = { allowSuspiciousIds: true } satisfies Partial<AnalyticsOptions>

  it.effect("are taken where the option says so, and handed on as they are", () => {
    const seen: Array<string> = []
    const onUndelivered: AnalyticsOptions["onUndelivered"] = ({ messages }) =>
      Effect.sync(() => seen.push(...messages.map((message) => message.userId ?? "")))
    return Effect.gen(function* () {
      yield* AnalyticsTest.failWith("Unauthorized")
      for (const userId of ["null", " "]) yield* Analytics.track({ userId, event: " " })
      yield* Analytics.flush
      assert.deepStrictEqual(seen, ["null", " "])
    }).pipe(Effect.provide(AnalyticsTest.layerWith({ ...allowing, onUndelivered })))
  })

  it.effect("are no less text: halves are refused all the same", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* Effect.flip(Analytics.track({ userId: "\u0000", event: "e" })), { path: "userId" })
    }).pipe(Effect.provide(AnalyticsTest.layerWith(allowing)))
  )

  it.effect("and by the environment", () =>
    Analytics.track({ userId: "null", event: "e" }).pipe(
      Effect.provide(
        Layer.unwrap(
          Effect.map(readEnvironment({ CUSTOMERIO_API_KEY: "k", CUSTOMERIO_ALLOW_SUSPICIOUS_IDS: "true" }), layerMocked)
        )
      )
    )
  )

  it("are for the client to judge, not for who reads a file", () => {
    assert.isTrue(Result.isSuccess(messageFromJson(`{"type":"track","userId":"null","event":"e"}`)))
  })
})

function readEnvironment(variables: Record<string, string>) {
  return Effect.provide(analyticsConfig, ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))
}
