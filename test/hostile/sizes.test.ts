import { assert, describe, it } from "@effect/vitest"
import { Analytics, type CallError } from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Effect, Option } from "effect"
import { isTooDeep, maxDepth, tooDeep } from "../../src/message/depth.ts"
import { layerMocked, Server } from "../support/Server.ts"

type Parts = Readonly<Record<string, unknown>>

const track = (parts: Parts) => Analytics.track({ userId: "u", event: "e", ...parts } as never)

const within = (contexts: ReadonlyArray<object>) =>
  contexts.reduce<ReturnType<typeof track>>(
    (call, context) => Analytics.withContext(context as never)(call),
    track({ context: { own: 1 } })
  )

const refusalOf = (call: ReturnType<typeof track>) => Effect.flip(call)

const wide = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, "v".repeat(80)]))

const arrays = (depth: number): ReadonlyArray<unknown> =>
  depth === 0 ? [1] : Array.from({ length: 10 }, () => arrays(depth - 1))

/** The same value twice in each, so that what is made of it is twice as large at each level. */
const doubling = (levels: number, wrap: (inner: unknown) => unknown) => {
  let value: unknown = "x"
  for (let level = 0; level < levels; level++) value = wrap(value)
  return value
}

class Wide {
  constructor() {
    Object.assign(this, wide(20_000))
  }
}

/** Counts what is read of it. */
const counted = (count: number) => {
  const reads = { count: 0 }
  const value = Object.defineProperties(
    {},
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `key${index}`,
        { enumerable: true, get: () => ++reads.count && "v".repeat(100) }
      ])
    )
  )
  return { reads, value }
}

describe("what is far too large", () => {
  it.effect.each([
    ["text", { properties: { text: "x".repeat(10_000_000) } }],
    ["text at a reserved name", { properties: { title: "x".repeat(10_000_000) } }],
    ["an id", { userId: "x".repeat(10_000_000) }],
    ["an event", { event: "x".repeat(10_000_000) }],
    ["many properties", { properties: wide(20_000) }],
    ["many properties of a class", { properties: new Wide() }],
    ["many properties of a class, deeper", { properties: { inner: new Wide() } }],
    ["many products", { properties: { products: Array.from({ length: 20_000 }, () => ({ name: "shoes" })) } }],
    ["many numbers", { properties: { list: Array.from({ length: 1_000_000 }, () => 1) } }],
    ["arrays in arrays", { properties: { list: arrays(5) } }],
    ["a context", { context: wide(20_000) }],
    ["a destination's settings", { integrations: { A: wide(20_000) } }],
    ["what a toJSON returns", { properties: { list: { toJSON: () => "x".repeat(10_000_000) } } }],
    ["an Option", { properties: { some: Option.some(wide(20_000)) } }],
    ["one value often", { properties: { a: doubling(90, (a) => ({ a, b: a })) } }],
    ["one list often", { properties: { a: doubling(90, (a) => [a, a]) } }],
    ["one instance often", { properties: { a: doubling(45, (a) => Object.assign(new (class A {})(), { a, b: [a] })) } }]
  ] as const)("%s: is refused, with no fewer bytes than there are at least", ([, parts]) =>
    Effect.gen(function* () {
      const error = yield* refusalOf(track(parts))
      assert.strictEqual(error._tag, "MessageTooLarge")
      assert.match(error.message, /has at least \d+ bytes, the limit is 32000/)
      assert.isAbove("bytes" in error ? error.bytes : 0, 32_000 + 65_536)
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("is looked at no further than the limit says", () =>
    Effect.gen(function* () {
      for (const parts of [
        (value: object) => ({ properties: value }),
        (value: object) => ({ context: { inner: value } }),
        (value: object) => ({ properties: { at: new URL("https://example.com"), inner: [value] } })
      ]) {
        const { reads, value } = counted(20_000)
        const error = yield* refusalOf(track(parts(value)))
        assert.strictEqual(error._tag, "MessageTooLarge")
        // Once for the quick yes, once for the refusal.
        assert.isAtMost(reads.count, (2 * (32_000 + 65_536)) / 100)
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("is refused in the contexts around a call, however they are merged", () =>
    Effect.gen(function* () {
      for (const contexts of [
        [wide(20_000)],
        [wide(5000), wide(5000)],
        [{ page: wide(5000) }, { page: wide(5000) }],
        [{ a: doubling(90, (a) => ({ a, b: a })) }, { a: doubling(90, (a) => ({ a, b: a })) }]
      ]) {
        const error = yield* refusalOf(within(contexts))
        assert.deepInclude(error, { _tag: "MessageTooLarge", type: "track", event: "e" })
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("is counted to the last byte where it is not far", () =>
    Effect.gen(function* () {
      const parts = (size: number) => ({ messageId: "m", properties: { a: "x".repeat(size), b: [{ c: 1 }] } })
      yield* track(parts(1))
      const [sent] = yield* AnalyticsTest.sent
      const around = Buffer.byteLength(JSON.stringify(sent)) - 1
      for (const size of [32_000, 50_000, 90_000]) {
        const error = yield* refusalOf(track(parts(size)))
        assert.deepInclude(error, { _tag: "MessageTooLarge", bytes: size + around, limit: 32_000 })
        assert.notInclude(error.message, "at least")
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("more keys than a message has are refused by the first that it has not", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* refusalOf(track(wide(20_000))), { _tag: "InvalidMessage", path: "key0" })
      assert.deepInclude(yield* refusalOf(Analytics.enqueue(wide(100) as never)), { type: "unknown", path: "key0" })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("what others have far too large may be replaced", () =>
    Effect.gen(function* () {
      const large = { page: wide(5000) }
      const call = track({ context: { page: null } })
      yield* Analytics.withContext(large)(Analytics.withContext(large)(call))
      assert.deepInclude((yield* AnalyticsTest.sent)[0]?.context, { page: null })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )
})

const nestings: Readonly<Record<string, (inner: unknown) => unknown>> = {
  objects: (inner) => ({ inner }),
  arrays: (inner) => [inner],
  instances: (inner) => Object.assign(new (class Inner {})(), { inner }),
  "what a toJSON returns": (inner) => ({ toJSON: () => ({ inner }) })
}

/** So many objects and arrays in one another. */
const nested = (depth: number, wrap: (inner: unknown) => unknown) => {
  let value: unknown = "bottom"
  for (let level = 0; level < depth; level++) value = wrap(value)
  return value
}

const assertTooDeep = (error: CallError, path: RegExp) => {
  assert.deepInclude(error, { _tag: "UnserializableMessage", reason: tooDeep })
  assert.match("path" in error ? error.path : "", path)
  assert.isAtMost(error.message.length, 700)
}

describe("what is too deep", () => {
  it.effect.each(Object.entries(nestings).map(([name, wrap]) => ({ name, wrap })))(
    "$name: a message of the limit is sent, one deeper is refused, and so is one far deeper",
    ({ wrap }) =>
      Effect.gen(function* () {
        // The message and its properties are two.
        yield* track({ properties: { deep: nested(maxDepth - 2, wrap) } })
        yield* track({ properties: { deep: nested(maxDepth - 2, wrap), at: new URL("https://example.com") } })
        yield* track({ context: { deep: nested(maxDepth - 2, wrap) } })
        yield* track({ properties: { products: [{ deep: nested(maxDepth - 4, wrap) }] } })
        for (const depth of [maxDepth - 1, 10_000]) {
          assertTooDeep(yield* refusalOf(track({ properties: { deep: nested(depth, wrap) } })), /^properties\.deep/)
          assertTooDeep(yield* refusalOf(track({ context: { deep: nested(depth, wrap) } })), /^context\.deep/)
          assertTooDeep(
            yield* refusalOf(track({ integrations: { A: { deep: nested(depth, wrap) } } })),
            /^integrations\.A/
          )
          assertTooDeep(
            yield* refusalOf(track({ properties: { products: [{ deep: nested(depth, wrap) }] } })),
            /^properties\.products\[0\]/
          )
        }
        const sent = yield* AnalyticsTest.sent
        assert.strictEqual(sent.length, 4)
        // The server of the simulator counts the same.
        assert.isFalse(sent.some((message) => isTooDeep(message)))
        assert.isTrue(sent.some((message) => isTooDeep(message, maxDepth - 1)))
      }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("contexts are merged at any depth", () =>
    Effect.gen(function* () {
      const objects = nestings["objects"]!
      const deep = (depth: number, key: string) => ({
        deep: nested(depth, (inner) => (inner === "bottom" ? { [key]: 1 } : { inner }))
      })
      yield* within([deep(maxDepth - 2, "a"), deep(maxDepth - 2, "b")])
      const [sent] = yield* AnalyticsTest.sent
      assert.include(JSON.stringify(sent), '"b":1,"a":1')
      for (const depth of [maxDepth - 1, 10_000, 100_000]) {
        const twice = { deep: nested(depth, objects) }
        assertTooDeep(yield* refusalOf(within([twice, { deep: nested(depth, objects) }])), /^context\.deep/)
        assertTooDeep(yield* refusalOf(within([twice, twice, twice])), /^context\.deep/)
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("cycles are told, wherever they are, and however wide", () =>
    Effect.gen(function* () {
      const cyclic = (text: string) => {
        const value: Record<string, unknown> = { text }
        value["left"] = value
        value["right"] = [value]
        return value
      }
      for (const text of ["", "x".repeat(5000)]) {
        const inProperties = yield* refusalOf(track({ properties: { a: cyclic(text) } }))
        assert.deepInclude(inProperties, { _tag: "UnserializableMessage", reason: "the value contains itself" })
        assert.deepInclude(yield* refusalOf(within([{ a: cyclic(text) }])), { path: "context.a.left" })
        const merged = yield* refusalOf(within([{ a: cyclic(text) }, { a: cyclic(text) }]))
        assert.include(["UnserializableMessage", "MessageTooLarge"], merged._tag)
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("what is sent at the limit is handed on where it is not delivered", () => {
    const handed: Array<number> = []
    return Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 401 }))
      yield* track({ properties: { deep: nested(maxDepth - 2, nestings["arrays"]!) } })
      yield* Analytics.flush
      assert.deepStrictEqual(handed, [1])
    }).pipe(
      Effect.provide(layerMocked({ onUndelivered: ({ messages }) => Effect.sync(() => handed.push(messages.length)) }))
    )
  })
})
