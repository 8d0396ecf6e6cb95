// @effect-diagnostics globalDate:off - dates as a caller makes them
import { createContext, runInContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, type CallError, Track } from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { DateTime, Duration, Effect, Option, Result, Schema } from "effect"
import { toWire } from "../../src/message/wire.ts"
import { layerMocked } from "../support/Server.ts"

/** As under Jest, vitest's `vmThreads` and `node:vm`, where `structuredClone` and `Response.json()` are of another realm. */
const realm = createContext({})

const inRealm = (code: string): never => runInContext(`(${code})`, realm) as never

const person = { userId: "u" }
const at = "2021-02-03T04:05:06.789Z"
const layer = AnalyticsTest.layerWith({
  context: { app: { name: "shop" }, device: { type: "ios" } },
  integrations: { Slack: { a: 1 } }
})

const onlySent = (call: Effect.Effect<unknown, CallError, Analytics>) =>
  Effect.andThen(
    call,
    Effect.map(AnalyticsTest.sent, (sent) => sent[0]!)
  )

describe("values of another realm", () => {
  it("are of another one", () => {
    assert.isFalse(Object(inRealm("({})")) instanceof Object)
    assert.isFalse(Object(inRealm("new Date(0)")) instanceof Date)
  })

  it.effect("contexts and integrations are merged", () =>
    Effect.gen(function* () {
      const call = Analytics.track({
        ...person,
        event: "e",
        context: inRealm(`{ app: { build: "9" } }`),
        integrations: inRealm(`{ Slack: { b: 1 } }`)
      })
      const { context, integrations } = yield* onlySent(
        Analytics.withContext(inRealm(`{ app: { version: "1" }, device: { token: "t" } }`))(call)
      )
      assert.deepInclude(context, {
        app: { name: "shop", version: "1", build: "9" },
        device: { type: "ios", token: "t" }
      })
      assert.deepStrictEqual<unknown>(integrations, { Slack: { a: 1, b: 1 } })
    }).pipe(Effect.provide(layer))
  )

  it.effect("and so are those of the client", () =>
    Effect.gen(function* () {
      const { context } = yield* onlySent(Analytics.page({ ...person, context: { app: { build: "9" } } }))
      assert.deepInclude(context, { app: { name: "shop", build: "9" }, since: at })
    }).pipe(
      Effect.provide(
        AnalyticsTest.layerWith(inRealm(`{ context: { app: { name: "shop" }, since: new Date("${at}") } }`))
      )
    )
  )

  it.effect("a Date is one, wherever a Date is", () =>
    Effect.gen(function* () {
      const date = inRealm(`new Date("${at}")`)
      const sent = yield* onlySent(
        Analytics.identify({
          ...person,
          timestamp: date,
          traits: { createdAt: date, birthday: date, custom: { list: [date] } },
          context: { traits: { createdAt: date }, when: date }
        })
      )
      assert.strictEqual(sent.timestamp, at)
      assert.deepStrictEqual<unknown>(sent.traits, { createdAt: at, birthday: at, custom: { list: [at] } })
      assert.deepInclude(sent.context, { traits: { createdAt: at }, when: at })
      assert.isTrue(Schema.is(Track)({ type: "track", ...person, event: "e", timestamp: date }))
    }).pipe(Effect.provide(layer))
  )

  it.effect.each([
    ["an invalid Date", "new Date(NaN)", "the Date is invalid"],
    ["a Date of the year 10000", `new Date("+010000-01-01T00:00:00Z")`, "the year is before 0 or after 9999"],
    ["a Map", "new Map()", "JSON has no Map"],
    ["a Set", "new Set([1])", "JSON has no Set"],
    ["an Error", `new TypeError("secret")`, "JSON has no Error"],
    ["a RegExp", "/x/", "JSON has no RegExp"],
    ["bytes", "new Uint8Array(2)", "JSON has no Uint8Array"],
    ["a Promise", "Promise.resolve(1)", "JSON has no Promise"],
    ["boxed text", `new String("x")`, "JSON has no String"],
    ["an iterable", "new (class { *[Symbol.iterator]() {} })()", "JSON has no iterable but arrays"],
    ["a function", "() => 1", "JSON has no function"],
    ["a cycle", "(() => { const a = {}; a.a = [a]; return a })()", "the value contains itself"]
  ] as const)("%s is refused", ([, code, reason]) =>
    Effect.gen(function* () {
      const properties: object = { list: [{ inner: inRealm(code) }] }
      const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", properties }))
      assert.deepInclude(error, { _tag: "UnserializableMessage", reason })
    }).pipe(Effect.provide(layer))
  )

  it.effect.each([
    ["an invalid Date", "new Date(NaN)", "Expected a valid Date or DateTime.Utc"],
    ["a Date of the year 10000", `new Date("+010000-01-01T00:00:00Z")`, "the year is before 0 or after 9999"]
  ] as const)("%s is no timestamp", ([, code, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", timestamp: inRealm(code) }))
      assert.deepInclude(error, { _tag: "InvalidMessage", path: "timestamp", reason })
    }).pipe(Effect.provide(layer))
  )

  it.effect("what reading threw is named", () =>
    Effect.gen(function* () {
      const properties = inRealm(`{ get secret() { throw new TypeError("secret") } }`)
      const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", properties }))
      assert.deepInclude(error, { reason: "reading the message threw TypeError" })
    }).pipe(Effect.provide(layer))
  )

  it.effect("all else is what it is in this one", () =>
    Effect.gen(function* () {
      const properties = inRealm(`{
        text: "x", list: [1, { a: null }], instance: new (class { a = 1; get b() { return 2 } })(),
        url: Object.assign(new Error("secret"), { toJSON: () => ({ when: new Date("${at}") }) }),
        bare: Object.assign(Object.create(null), { a: 1 }), deep: Object.create({ inherited: 1 })
      }`)
      const sent = yield* onlySent(
        Analytics.enqueue({
          type: "track",
          ...person,
          event: "e",
          properties: { ...Object(properties), url: undefined }
        })
      )
      assert.deepStrictEqual<unknown>(sent.properties, {
        text: "x",
        list: [1, { a: null }],
        instance: { a: 1 },
        bare: { a: 1 },
        deep: {}
      })
      const wire = toWire(properties)
      assert.deepInclude(Result.getOrThrow(wire), { url: { when: at } })
    }).pipe(Effect.provide(layer))
  )

  it.effect("options of another realm are options", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ ...person, event: "e" })
      assert.deepInclude(yield* Analytics.flush, { delivered: 1 })
    }).pipe(Effect.provide(layerMocked(inRealm("{ rateLimit: { limit: 1, window: 1000 } }"))))
  )
})

describe("values of another copy of Effect", () => {
  it("are what they are in JSON", async () => {
    const effect = import.meta.resolve("effect/Option")
    const load = (module: string) => import(/* @vite-ignore */ `${new URL(`${module}.js?another`, effect)}`)
    const [option, dateTime, duration, bigDecimal] = await Promise.all(
      ["internal/option", "internal/dateTime", "Duration", "BigDecimal"].map(load)
    )
    assert.notStrictEqual(option.some, Option.some)
    assert.notStrictEqual(dateTime.makeUnsafe, DateTime.makeUnsafe)
    assert.notStrictEqual(duration.seconds, Duration.seconds)
    const values = {
      some: option.some(1),
      none: option.none,
      list: [option.none, option.some(2)],
      at: dateTime.makeUnsafe(at),
      duration: duration.seconds(1),
      decimal: bigDecimal.fromStringUnsafe("0.10")
    }
    assert.strictEqual(
      JSON.stringify(Result.getOrThrow(toWire(values))),
      `{"some":1,"list":[2],"at":"${at}","duration":1000,"decimal":"0.1"}`
    )
  })
})
