import { assert, describe, it } from "@effect/vitest"
import { Analytics, type CallError, type EventContext, Message, type Receipt } from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { DateTime, Effect, Layer, Schema } from "effect"
import { SecureRandom, WebCrypto } from "effect/crypto"
import { TestClock } from "effect/testing"
import packageJson from "../../package.json" with { type: "json" }

type Call = Effect.Effect<Receipt, CallError, Analytics>

/** Past the type checker, as JavaScript or decoded JSON would come. */
const untyped = Analytics as unknown as Record<
  "identify" | "track" | "page" | "screen" | "group" | "alias" | "enqueue",
  (input: unknown) => Call
>

const sentBy = (...calls: ReadonlyArray<Call>) => Effect.andThen(Effect.all(calls), AnalyticsTest.sent)

const onlySent = (call: Call) =>
  Effect.map(sentBy(call), (sent) => {
    assert.strictEqual(sent.length, 1)
    return sent[0]!
  })

// @effect-diagnostics-next-line globalDate:off -- there is no invalid DateTime to make it from
const invalidDate = new Date("never")

const library = { name: packageJson.name, version: packageJson.version }
const layer = AnalyticsTest.layer
const person = { userId: "u" }

describe("the six calls", () => {
  it.effect("go over the wire as they were given", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(
        Analytics.identify({ userId: "u", traits: { email: "a@example.com", plan: "Pro", vip: true } }),
        Analytics.track({ anonymousId: "a", event: "bought", properties: { price: 0, gift: false, note: "" } }),
        Analytics.page({ userId: "u", name: "Home", properties: { url: "https://example.com" } }),
        Analytics.screen({ userId: "u", name: "Cart", category: "Shop" }),
        Analytics.group({ userId: "u", groupId: "g", traits: { name: "Acme", objectTypeId: "2" } }),
        Analytics.alias({ previousId: "p", userId: "u" })
      )
      const stamps = sent.map(({ messageId, timestamp }) => ({ messageId, timestamp, context: { library } }))
      assert.deepStrictEqual(sent, [
        { type: "identify", userId: "u", traits: { email: "a@example.com", plan: "Pro", vip: true }, ...stamps[0]! },
        {
          type: "track",
          anonymousId: "a",
          event: "bought",
          properties: { price: 0, gift: false, note: "" },
          ...stamps[1]!
        },
        { type: "page", userId: "u", name: "Home", properties: { url: "https://example.com" }, ...stamps[2]! },
        {
          type: "screen",
          userId: "u",
          name: "Cart",
          category: "Shop",
          properties: { category: "Shop" },
          ...stamps[3]!
        },
        { type: "group", userId: "u", groupId: "g", traits: { name: "Acme", objectTypeId: "2" }, ...stamps[4]! },
        { type: "alias", previousId: "p", userId: "u", ...stamps[5]! }
      ])
    }).pipe(Effect.provide(layer))
  )

  it.effect("enqueue takes any of them", () =>
    Effect.gen(function* () {
      const messages = [
        { type: "identify", userId: "u" },
        { type: "track", userId: "u", event: "e" },
        { type: "page", userId: "u" },
        { type: "screen", userId: "u" },
        { type: "group", groupId: "g" },
        { type: "alias", userId: "u", previousId: "p" }
      ] as const satisfies ReadonlyArray<Message>
      const sent = yield* sentBy(...messages.map((message) => Analytics.enqueue(message)))
      assert.deepStrictEqual(
        sent.map((message) => message.type),
        messages.map((message) => message.type)
      )
      const error = yield* Effect.flip(untyped.enqueue({ type: "purchase", userId: "u" }))
      assert.deepInclude(error, { _tag: "InvalidMessage", type: "unknown", path: "type" })
    }).pipe(Effect.provide(layer))
  )

  it.effect("a page's category also is a property, unless the caller gave that one", () =>
    Effect.gen(function* () {
      const [both, own] = yield* sentBy(
        Analytics.page({ ...person, category: "Docs", properties: { title: "t" } }),
        Analytics.page({ ...person, category: "Docs", properties: { category: "Other" } })
      )
      assert.deepStrictEqual(both?.properties, { category: "Docs", title: "t" })
      assert.deepStrictEqual(own?.properties, { category: "Other" })
      assert.strictEqual(own?.category, "Docs")
    }).pipe(Effect.provide(layer))
  )
})

describe("required fields", () => {
  it.effect.each([
    ["identify", {}, "userId", "userId, anonymousId or traits.email is required"],
    ["identify", { userId: "", anonymousId: "" }, "userId", "userId, anonymousId or traits.email is required"],
    ["identify", { traits: { email: "" } }, "userId", "userId, anonymousId or traits.email is required"],
    ["track", { event: "e" }, "userId", "userId or anonymousId is required"],
    ["track", { event: "e", userId: "" }, "userId", "userId or anonymousId is required"],
    ["track", { userId: "u", event: "" }, "event", "event is required"],
    ["track", { userId: "u" }, "event", "Missing key"],
    ["page", { name: "n" }, "userId", "userId or anonymousId is required"],
    ["screen", { name: "n" }, "userId", "userId or anonymousId is required"],
    ["group", { userId: "u" }, "groupId", "Missing key"],
    ["group", { userId: "u", groupId: "" }, "groupId", "groupId is required"],
    ["alias", { userId: "u" }, "previousId", "Missing key"],
    ["alias", { userId: "u", previousId: "" }, "previousId", "previousId is required"],
    ["alias", { userId: "", previousId: "p" }, "userId", "userId is required"],
    ["page", { userId: "u", timestamp: "now" }, "timestamp", "Expected a valid Date or DateTime.Utc"]
  ] as const)("%s %j", ([call, input, path, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(untyped[call](input))
      assert.deepInclude(error, { _tag: "InvalidMessage", type: call, path, reason })
      assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
    }).pipe(Effect.provide(layer))
  )

  it.effect.each([
    ["identify", { anonymousId: "a" }],
    ["identify", { traits: { email: "a@example.com" } }],
    ["track", { userId: "", anonymousId: "a", event: "e" }],
    ["group", { groupId: "g" }],
    ["alias", { userId: "u", previousId: "p", anonymousId: "a" }]
  ] as const)("%s %j is enough", ([call, input]) =>
    Effect.gen(function* () {
      const sent = yield* onlySent(untyped[call](input))
      assert.notProperty(sent, "userId" in input && input.userId === "" ? "userId" : "nothing")
    }).pipe(Effect.provide(layer))
  )
})

describe("what does not fit is refused, with its path and without its value", () => {
  it.effect.each([
    ["track", { ...person, event: "e", propertis: { secret: 1 } }, "propertis"],
    ["track", { ...person, event: "e", __proto__x: 1 }, "__proto__x"],
    ["track", { ...person, event: 42 }, "event"],
    ["track", { userId: 42, event: "e" }, "userId"],
    ["track", { ...person, event: "e", properties: { price: "secret" } }, "properties.price"],
    [
      "track",
      { ...person, event: "e", properties: { products: [{}, { price: "secret" }] } },
      "properties.products[1].price"
    ],
    ["track", { ...person, event: "e", properties: "secret" }, "properties"],
    ["track", { ...person, event: "e", context: "secret" }, "context"],
    ["track", { ...person, event: "e", context: { device: { token: 1 } } }, "context.device.token"],
    ["track", { ...person, event: "e", context: { traits: { email: 1 } } }, "context.traits.email"],
    ["track", { ...person, event: "e", integrations: { All: "secret" } }, "integrations.All"],
    ["track", { ...person, event: "e", timestamp: "2024-01-01" }, "timestamp"],
    ["track", { ...person, event: "e", timestamp: invalidDate }, "timestamp"],
    ["track", { ...person, event: "e", messageId: 7 }, "messageId"],
    ["identify", { ...person, traits: { email: 1 } }, "traits.email"],
    [
      "identify",
      { ...person, traits: { cio_subscription_preferences: { channels: { fax: true } } } },
      "traits.cio_subscription_preferences.channels.fax"
    ],
    ["identify", { ...person, type: "track" }, "type"],
    ["identify", { ...person, event: "e" }, "event"],
    ["group", { groupId: "g", traits: { objectTypeId: "one" } }, "traits.objectTypeId"],
    ["page", { ...person, traits: {} }, "traits"],
    ["alias", { userId: "u", previousId: "p", groupId: "g" }, "groupId"],
    ["track", null, ""],
    ["track", "secret", ""],
    ["track", [], ""]
  ] as const)("%s %j", ([call, input, path]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(untyped[call](input))
      assert.deepInclude(error, { _tag: "InvalidMessage", type: call, path })
      assert.notInclude(String(error), "secret")
      assert.include(error.message, path)
    }).pipe(Effect.provide(layer))
  )

  it.effect.each([
    ["a BigInt", { total: 1n }, "properties.total"],
    ["NaN", { deep: [{ total: Number.NaN }] }, "properties.deep[0].total"],
    ["infinity", { total: Number.POSITIVE_INFINITY }, "properties.total"],
    ["a function", { callback: () => 1 }, "properties.callback"],
    ["a symbol", { symbol: Symbol("s") }, "properties.symbol"],
    ["a Map", { map: new Map([["secret", 1]]) }, "properties.map"],
    ["an invalid Date", { at: invalidDate }, "properties.at"],
    ["undefined in an array", { list: [undefined] }, "properties.list[0]"],
    ["a cycle", cyclic(), "properties.self"],
    ["a throwing toJSON", { custom: { toJSON: () => raise("secret") } }, ""],
    [
      "a throwing getter",
      {
        custom: {
          get name() {
            return raise("secret")
          }
        }
      },
      ""
    ],
    ["endless depth", { custom: deep(100_000) }, `properties.custom${"[0]".repeat(98)}`]
  ] as const)("JSON cannot carry %s", ([, properties, path]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(untyped.track({ ...person, event: "e", properties }))
      assert.deepInclude(error, { _tag: "UnserializableMessage", type: "track", path })
      assert.notInclude(String(error), "secret")
    }).pipe(Effect.provide(layer))
  )

  it.effect("a reserved name may be null, and undefined is left out", () =>
    Effect.gen(function* () {
      const { traits } = yield* onlySent(Analytics.identify({ ...person, traits: { phone: null, email: undefined } }))
      assert.deepStrictEqual(traits, { phone: null })
    }).pipe(Effect.provide(layer))
  )

  it.effect("a key named __proto__ is a key like any other", () =>
    Effect.gen(function* () {
      const properties = JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":1}}')
      const context = JSON.parse('{"__proto__":{"polluted":true}}')
      const sent = yield* onlySent(Analytics.track({ ...person, event: "e", properties, context }))
      assert.deepStrictEqual(Object.keys(sent.properties ?? {}), ["__proto__", "a"])
      assert.deepStrictEqual(Object.keys(sent.context).sort(), ["__proto__", "library"])
      assert.isUndefined(({} as { polluted?: unknown }).polluted)
    }).pipe(Effect.provide(layer))
  )
})

describe("stamps", () => {
  const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

  it.effect("messageId is a UUID v4, and the receipt names it", () =>
    Effect.gen(function* () {
      const receipts = yield* Effect.all([
        Analytics.track({ ...person, event: "e" }),
        Analytics.track({ ...person, event: "e" })
      ])
      const ids = (yield* AnalyticsTest.sent).map((message) => message.messageId)
      assert.deepStrictEqual(
        ids,
        receipts.map((receipt) => receipt.messageId)
      )
      assert.match(ids[0]!, uuidV4)
      assert.notStrictEqual(ids[0], ids[1])
    }).pipe(Effect.provide(layer))
  )

  it.effect("a test controls it by Effect's SecureRandom", () =>
    Effect.gen(function* () {
      const { messageId } = yield* onlySent(Analytics.track({ ...person, event: "e" }))
      assert.strictEqual(messageId, "01010101-0101-4101-8101-010101010101")
    }).pipe(
      Effect.provide(layer),
      Effect.provideService(
        SecureRandom.SecureRandom,
        SecureRandom.make((size) => new Uint8Array(size).fill(1))
      )
    )
  )

  it.effect("without one, it is drawn from Effect's WebCrypto", () =>
    Effect.gen(function* () {
      const crypto: Crypto = Object.assign(Object.create(globalThis.crypto), {
        getRandomValues: (bytes: Uint8Array) => bytes.fill(1)
      })
      const { messageId } = yield* onlySent(Analytics.track({ ...person, event: "e" })).pipe(
        Effect.provide(Layer.provide(layer, WebCrypto.layer(crypto)))
      )
      assert.strictEqual(messageId, "01010101-0101-4101-8101-010101010101")
    })
  )

  it.effect("no two are the same", () =>
    Effect.gen(function* () {
      const receipts = yield* Effect.replicateEffect(Analytics.track({ ...person, event: "e" }), 5000)
      assert.strictEqual(new Set(receipts.map((receipt) => receipt.messageId)).size, 5000)
    }).pipe(Effect.provide(layer))
  )

  it.effect("timestamp is when the call ran, by Effect's Clock, not when the batch left", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-02-03T04:05:06.789Z"))
      yield* Analytics.track({ ...person, event: "e" })
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* AnalyticsTest.sent)[0]?.timestamp, "2026-02-03T04:05:06.789Z")
    }).pipe(Effect.provide(layer))
  )

  it.effect("the caller's own values win", () =>
    Effect.gen(function* () {
      const at = "2020-01-01T00:00:00.000Z"
      const [date, utc] = yield* sentBy(
        Analytics.track({ ...person, event: "e", messageId: "mine", timestamp: new Date(at) }),
        Analytics.track({ ...person, event: "e", messageId: "", timestamp: DateTime.makeUnsafe(at) })
      )
      assert.deepInclude(date, { messageId: "mine", timestamp: at })
      assert.strictEqual(utc?.timestamp, at)
      assert.match(utc?.messageId ?? "", uuidV4)
    }).pipe(Effect.provide(layer))
  )

  it.effect("dates inside traits and properties become ISO 8601", () =>
    Effect.gen(function* () {
      const at = new Date("2021-02-03T00:00:00Z")
      const utc = DateTime.makeUnsafe(at)
      const [identify, track] = yield* sentBy(
        Analytics.identify({ ...person, traits: { createdAt: at, custom: { at: utc } } }),
        Analytics.track({ ...person, event: "e", properties: { list: [at], nested: { utc } } })
      )
      const iso = "2021-02-03T00:00:00.000Z"
      assert.deepStrictEqual(identify?.traits, { createdAt: iso, custom: { at: iso } })
      assert.deepStrictEqual(track?.properties, { list: [iso], nested: { utc: iso } })
    }).pipe(Effect.provide(layer))
  )
})

describe("context", () => {
  const contextOf = (defaults: EventContext | undefined, own: EventContext | undefined, ambient?: EventContext) =>
    onlySent(
      Analytics.track({ ...person, event: "e", context: own }).pipe(
        ambient === undefined ? (call) => call : Analytics.withContext(ambient)
      )
    ).pipe(
      Effect.map(({ context }) => context),
      Effect.provide(AnalyticsTest.layerWith({ context: defaults }))
    )

  it.effect("is the library when nobody says more, and never an address", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* contextOf(undefined, undefined), { library })
    })
  )

  it.effect("merges default, ambient and own deeply: later wins, arrays are replaced", () =>
    Effect.gen(function* () {
      const context = yield* contextOf(
        { app: { name: "shop", version: "1", tags: [1, 2] }, ip: "1", locale: "de", list: [1, 2] },
        { app: { version: "3", tags: [] }, list: [3] },
        { app: { version: "2", build: "b" }, ip: "2" }
      )
      assert.deepStrictEqual(context, {
        app: { name: "shop", version: "3", build: "b", tags: [] },
        ip: "2",
        locale: "de",
        list: [3],
        library
      })
    })
  )

  it.effect("falsy values and null are values; undefined is not", () =>
    Effect.gen(function* () {
      const context = yield* contextOf(
        { active: true, direct: true, ip: "1", timezone: "UTC", screen: { width: 1, density: 2 } },
        { active: false, ip: "", timezone: null, direct: undefined, screen: { width: 0 } }
      )
      assert.deepStrictEqual(context, {
        active: false,
        direct: true,
        ip: "",
        timezone: null,
        screen: { width: 0, density: 2 },
        library
      })
    })
  )

  it.effect("library cannot be overridden", () =>
    Effect.gen(function* () {
      const mine = { library: { name: "mine", version: "9" } }
      assert.deepStrictEqual(yield* contextOf(mine, mine, mine), { library })
    })
  )

  it.effect("ambient context nests, and stays with its fiber", () =>
    Effect.gen(function* () {
      const track = (event: string) => Analytics.track({ ...person, event })
      yield* Effect.all(
        [
          Effect.andThen(track("a1"), Analytics.withContext(track("a2"), { locale: "fr" })).pipe(
            Analytics.withContext({ ip: "a" })
          ),
          Analytics.withContext({ ip: "b" })(Effect.andThen(Effect.yieldNow, track("b"))),
          track("none")
        ],
        { concurrency: "unbounded" }
      )
      const contexts = Object.fromEntries((yield* AnalyticsTest.sent).map(({ event, context }) => [event, context]))
      assert.deepStrictEqual(contexts, {
        a1: { ip: "a", library },
        a2: { ip: "a", locale: "fr", library },
        b: { ip: "b", library },
        none: { library }
      })
    }).pipe(Effect.provide(layer))
  )

  it.effect("merging changes neither the default nor the caller's object", () =>
    Effect.gen(function* () {
      const defaults = { app: { name: "shop" } }
      const own = { app: { version: "1" } }
      yield* contextOf(defaults, own)
      assert.deepStrictEqual([defaults, own], [{ app: { name: "shop" } }, { app: { version: "1" } }])
    })
  )
})

describe("integrations", () => {
  it.effect("the layer's default is merged under the call's", () =>
    Effect.gen(function* () {
      const [none, own] = yield* sentBy(
        Analytics.track({ ...person, event: "e" }),
        Analytics.track({ ...person, event: "e", integrations: { All: true, Mixpanel: true } })
      )
      assert.deepStrictEqual(none?.integrations, { All: false, Slack: true })
      assert.deepStrictEqual(own?.integrations, { All: true, Slack: true, Mixpanel: true })
    }).pipe(Effect.provide(AnalyticsTest.layerWith({ integrations: { All: false, Slack: true } })))
  )
})

describe("Message", () => {
  it("tells the six apart by type", () => {
    const is = Schema.is(Message)
    assert.isTrue(is({ type: "track", userId: "u", event: "e" }))
    assert.isFalse(is({ type: "track", userId: "u" }))
    assert.isFalse(is({ userId: "u", event: "e" }))
  })
})

function cyclic() {
  const value: Record<string, unknown> = {}
  value["self"] = value
  return value
}

function deep(levels: number) {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

function raise(words: string): never {
  throw new Error(words)
}
