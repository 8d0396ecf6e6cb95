// @effect-diagnostics globalDate:off - dates as a caller makes them
import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  type CallError,
  type EventContext,
  type PropertiesInput,
  type Receipt,
  Track
} from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import {
  Arbitrary,
  BigDecimal,
  Cause,
  Chunk,
  Data,
  DateTime,
  Duration,
  Effect,
  Exit,
  HashMap,
  HashSet,
  Layer,
  MutableHashMap,
  Option,
  Redacted,
  Result,
  Schema,
  Stream
} from "effect"
import { isRecord, toWire } from "../../src/message/wire.ts"
import { layerMocked, Server } from "../support/Server.ts"

const person = { userId: "u" }
const at = "2021-02-03T04:05:06.789Z"

class Money extends Schema.Class<Money>("Money")({ amount: Schema.BigDecimal, currency: Schema.String }) {
  get label() {
    return `${this.currency} ${this.amount}`
  }
}
class Order extends Schema.TaggedClass<Order>()("Order", {
  order_id: Schema.String,
  total: Schema.Finite,
  paid: Schema.Option(Money),
  at: Schema.DateTimeUtc
}) {}
class Declined extends Schema.TaggedError<Declined>()("Declined", { after: Schema.Duration }) {}
class Point extends Data.Class<{ readonly x: number; readonly y: number }> {}
class Cart {
  readonly #secret = 1
  readonly items: ReadonlyArray<string>
  constructor(...items: ReadonlyArray<string>) {
    this.items = items
  }
  get count() {
    return this.items.length + this.#secret
  }
  clear() {}
}
class GiftCart extends Cart {
  readonly note = "for you"
}
class Money2 {
  readonly cents = 1250
  toJSON() {
    return { euros: Option.some(this.cents / 100), at: new Date(at) }
  }
}

/** What each is in a property of its own. */
const table: ReadonlyArray<readonly [name: string, value: unknown, wire: unknown]> = [
  ["an Option", Option.some(1), 1],
  ["an Option of an Option", Option.some(Option.some("deep")), "deep"],
  ["an Option of a record", Option.some({ a: Option.some(1), b: Option.none() }), { a: 1 }],
  ["an Option of null", Option.some(null), null],
  ["a DateTime", DateTime.makeUnsafe(at), at],
  ["a zoned DateTime", DateTime.makeZonedUnsafe(at, { timeZone: "Europe/Berlin" }), at],
  ["a Date", new Date(at), at],
  ["a Duration", Duration.minutes(2), 120_000],
  ["a Duration of less than a millisecond", Duration.nanos(1500n), 0.0015],
  ["a BigDecimal", BigDecimal.fromStringUnsafe("-12.5"), "-12.5"],
  ["a BigDecimal that no number is", BigDecimal.fromStringUnsafe("0.123456789012345"), "0.123456789012345"],
  ["an instance of Data.Class", new Point({ x: 1, y: 2 }), { x: 1, y: 2 }],
  ["an instance of a class", new Cart("a"), { items: ["a"] }],
  ["an instance of a subclass", new GiftCart("a"), { items: ["a"], note: "for you" }],
  [
    "an instance of Schema.Class",
    new Money({ amount: BigDecimal.fromStringUnsafe("39.95"), currency: "EUR" }),
    { amount: "39.95", currency: "EUR" }
  ],
  ["an error with fields", new Declined({ after: Duration.seconds(1) }), { _tag: "Declined", after: 1000 }],
  ["what has a toJSON", new Money2(), { euros: 12.5, at }],
  ["a URL", new URL("https://example.com/a"), "https://example.com/a"],
  ["a toJSON of its like", { a: 1, toJSON: () => ({ ...new Cart("a"), toJSON: () => 2 }) }, { items: ["a"] }],
  ["an array of Options, of which none is left out", [Option.some(1), Option.none(), Option.some(2)], [1, 2]],
  ["a key like Effect's own", { "~effect/Option": { a: 1 } }, { "~effect/Option": { a: 1 } }],
  ["undefined", { a: undefined }, {}]
]

describe("what values are in JSON", () => {
  it.effect.each(table)("%s", ([, value, wire]) =>
    Effect.gen(function* () {
      yield* Analytics.track({ ...person, event: "e", properties: { custom: value, deep: { list: [[value]] } } })
      yield* Analytics.identify({ ...person, traits: { custom: value } })
      yield* Analytics.page({ ...person, context: { custom: value }, integrations: { Slack: { custom: value } } })
      const [track, identify, page] = yield* AnalyticsTest.sent
      assert.deepEqual<unknown>(track?.properties, { custom: wire, deep: { list: [[wire]] } })
      assert.deepEqual<unknown>(identify?.traits, { custom: wire })
      assert.deepEqual<unknown>(page?.context["custom"], wire)
      assert.deepEqual<unknown>(page?.integrations, { Slack: { custom: wire } })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("Option.none leaves its key out, and its place in an array", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ ...person, event: "e", properties: { none: Option.none(), list: [Option.none()] } })
      assert.deepStrictEqual((yield* AnalyticsTest.sent)[0]?.properties, { list: [] })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect.each([
    ["a Redacted", Redacted.make("secret"), "Redacted"],
    ["a Redacted in an Option", Option.some(Redacted.make("secret")), "Redacted"],
    ["a Redacted that a toJSON returns", { toJSON: () => Redacted.make("secret") }, "Redacted"],
    ["a Chunk", Chunk.make("secret"), "Chunk"],
    ["a HashMap", HashMap.make(["secret", 1]), "HashMap"],
    ["a HashSet", HashSet.make("secret"), "HashSet"],
    ["a MutableHashMap", MutableHashMap.make(["secret", 1]), "MutableHashMap"],
    ["a Cause", Cause.fail("secret"), "Cause"],
    ["an Exit", Exit.fail("secret"), "Effect"],
    ["an Effect", Effect.never, "Effect"],
    ["a Result", Result.succeed("secret"), "Result"],
    ["a Stream", Stream.make("secret"), "Stream"],
    ["a Layer", Layer.empty, "Layer"],
    ["an error of Effect", new Cause.TimeoutError("secret"), "TimeoutError"],
    ["a time zone", DateTime.zoneMakeNamedUnsafe("Europe/Berlin"), "TimeZone"],
    ["a Map", new Map([["secret", 1]]), "Map"],
    ["a Set", new Set(["secret"]), "Set"],
    ["an Error", new Error("secret"), "Error"],
    ["a function", () => "secret", "function"],
    ["a class", Order, "function"],
    ["a Schema", Schema.String, "function"],
    ["a symbol", Symbol("secret"), "symbol"],
    ["a bigint", 1n, "bigint"],
    ["what is iterable", Object.create({ [Symbol.iterator]: () => [].values() }), "iterable but arrays"]
  ] as const)("%s is refused with its path", ([, value, kind]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Analytics.track({ ...person, event: "e", properties: { list: [{}, { inner: value }] } })
      )
      assert.deepInclude(error, {
        _tag: "UnserializableMessage",
        path: "properties.list[1].inner",
        reason: `JSON has no ${kind}`
      })
      assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect.each([
    ["an endless Duration", Duration.infinity, "Infinity is not a JSON number"],
    ["an invalid Date in an Option", Option.some(new Date(Number.NaN)), "the Date is invalid"],
    ["what comes to nothing in an array", [{ toJSON: (): unknown => undefined }], "JSON has no undefined in an array"],
    ["undefined in an Option in an array", [Option.some([undefined])], "JSON has no undefined in an array"]
  ] as const)("%s is refused", ([, value, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", properties: { custom: value } }))
      assert.deepInclude(error, { _tag: "UnserializableMessage", reason })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  /** What a toJSON may return, and what that is, or where in it why not. */
  const returned: ReadonlyArray<readonly [name: string, value: unknown, wire: unknown, path?: string]> = [
    ["NaN", Number.NaN, "NaN is not a JSON number", ""],
    ["an infinite number", Number.NEGATIVE_INFINITY, "-Infinity is not a JSON number", ""],
    ["NaN inside", { n: [Number.NaN] }, "NaN is not a JSON number", ".n[0]"],
    ["a Map inside", { m: new Map([["secret", 1]]) }, "JSON has no Map", ".m"],
    ["a Map", new Map([["secret", 1]]), "JSON has no Map", ""],
    ["a function", () => "secret", "JSON has no function", ""],
    ["a bigint inside", [{ id: 1n }], "JSON has no bigint", "[0].id"],
    ["a symbol", Symbol("secret"), "JSON has no symbol", ""],
    ["an invalid Date", new Date(Number.NaN), "the Date is invalid", ""],
    ["undefined in an array", [undefined], "JSON has no undefined in an array", "[0]"],
    ["a Redacted", { key: Redacted.make("secret") }, "JSON has no Redacted", ".key"],
    ["null", null, null],
    ["text", "x", "x"],
    ["a number", 1, 1],
    ["a Date", new Date(at), at],
    ["a DateTime inside", { at: [DateTime.makeUnsafe(at)] }, { at: [at] }],
    ["an Option", Option.some({ a: Option.some(1), b: Option.none() }), { a: 1 }],
    ["another toJSON", new Money2(), { euros: 12.5, at }],
    ["another toJSON inside", { inner: new Money2() }, { inner: { euros: 12.5, at } }],
    ["undefined inside", { a: undefined, b: 1 }, { b: 1 }],
    ["half of a surrogate pair", "a\ud83c", "a\ufffd"],
    ["an instance", new GiftCart("a"), { items: ["a"], note: "for you" }]
  ]

  it.effect.each(returned)("a toJSON of %s is what that is, or is refused, wherever it is", ([, value, wire, inner]) =>
    Effect.gen(function* () {
      const document = { toJSON: () => value }
      const wrapped: ReadonlyArray<readonly [path: string, value: unknown, wire: unknown]> = [
        ["", document, wire],
        [".list[1]", { list: [0, document] }, { list: [0, wire] }],
        ["", Option.some(document), wire],
        [
          ".paid",
          new (class {
            readonly paid = document
          })(),
          { paid: wire }
        ],
        [".rows[0]", { toJSON: () => ({ rows: [document] }) }, { rows: [wire] }]
      ]
      for (const [path, custom, expected] of wrapped) {
        const calls: ReadonlyArray<readonly [place: string, call: Effect.Effect<Receipt, CallError, Analytics>]> = [
          ["properties.custom", Analytics.track({ ...person, event: "e", properties: { custom } })],
          ["traits.custom", Analytics.identify({ ...person, traits: { custom } })],
          ["context.custom", Analytics.page(person).pipe(Analytics.withContext({ custom }))],
          ["integrations.Slack.custom", Analytics.page({ ...person, integrations: { Slack: { custom } } })]
        ]
        for (const [place, call] of calls) {
          yield* AnalyticsTest.clear
          if (inner === undefined) {
            yield* call
            const text = JSON.stringify(yield* AnalyticsTest.sent)
            assert.include(text, JSON.stringify({ custom: expected }).slice(1, -1))
          } else {
            const error = yield* Effect.flip(call)
            const reason = String(wire)
            assert.deepInclude(error, { _tag: "UnserializableMessage", path: `${place}${path}${inner}`, reason })
          }
        }
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("a toJSON of undefined leaves its key out, and is refused in an array", () =>
    Effect.gen(function* () {
      const nothing = { toJSON: () => undefined }
      yield* Analytics.track({ ...person, event: "e", properties: { a: nothing, b: 1 } })
      assert.deepStrictEqual((yield* AnalyticsTest.sent)[0]?.properties, { b: 1 })
      const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", properties: { a: [nothing] } }))
      assert.deepInclude(error, { path: "properties.a[0]", reason: "JSON has no undefined in an array" })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect.each([
    ["a number", "traits.email", { email: { toJSON: () => 1 } }],
    ["a record, where a date is", "traits.createdAt", { createdAt: { toJSON: () => ({ a: 1 }) } }],
    ["a boolean, where a date is", "traits.birthday", { birthday: Object.assign(new Date(0), { toJSON: () => true }) }]
  ] as const)("a toJSON of %s is refused where the Schema says another type", ([, path, traits]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Analytics.identify({ ...person, traits: traits as never }))
      assert.deepInclude(error, { _tag: "InvalidMessage", path })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("a toJSON of text or a number is a date where a date is", () =>
    Effect.gen(function* () {
      const traits: object = { createdAt: { toJSON: () => at }, birthday: { toJSON: () => 1 } }
      yield* Analytics.identify({ ...person, traits })
      assert.deepStrictEqual<unknown>((yield* AnalyticsTest.sent)[0]?.traits, { createdAt: at, birthday: 1 })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("a reserved name is judged by what it is in JSON", () =>
    Effect.gen(function* () {
      const properties: Record<string, unknown> = { price: Option.some(39.95), coupon: Option.none() }
      yield* Analytics.track({ ...person, event: "e", properties })
      assert.deepStrictEqual((yield* AnalyticsTest.sent)[0]?.properties, { price: 39.95 })
      const revenue: Record<string, unknown> = { revenue: BigDecimal.fromStringUnsafe("1.5") }
      const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", properties: revenue }))
      assert.deepInclude(error, { _tag: "InvalidMessage", path: "properties.revenue" })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("an id is text, and nothing that only becomes text", () =>
    Effect.gen(function* () {
      for (const userId of [Option.some("u"), new Date(0), new URL("https://example.com"), DateTime.makeUnsafe(0)]) {
        const error = yield* Effect.flip(Analytics.track({ userId: userId as unknown as string, event: "e" }))
        assert.deepInclude(error, { _tag: "InvalidMessage", path: "userId" })
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )
})

/** In a record, a class of one's own and an Option: whatever of them is around it, the same is sent. */
const wrapped = Arbitrary.all([
  Arbitrary.schema(Schema.Json),
  Arbitrary.schema(Schema.Array(Schema.Literals(["option", "class", "record", "array", "toJSON"])))
])

class Box {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
}

describe("toWire", () => {
  it.prop("says of JSON what it is, whatever it is in", [wrapped], ([[json, layers]]) => {
    let value: unknown = json
    let plain: unknown = json
    for (const [index, layer] of layers.entries()) {
      const inner = value
      switch (layer) {
        case "option":
          value = Option.some(inner)
          break
        case "class":
          value = new Box(inner)
          plain = { value: plain }
          break
        case "record":
          value = { value: inner }
          plain = { value: plain }
          break
        case "array":
          value = [Option.none(), inner]
          plain = [plain]
          break
        case "toJSON":
          // It is asked once, and not what it returns.
          if (index === 0 || layers[index - 1] !== "toJSON") value = { toJSON: () => inner }
          break
      }
    }
    const wire = toWire(value)
    assert.isTrue(Result.isSuccess(wire))
    assert.strictEqual(JSON.stringify(Result.getOrThrow(wire)), JSON.stringify(plain))
  })

  it("reads each value once", () => {
    let reads = 0
    const value = {
      get once() {
        return ++reads
      }
    }
    assert.strictEqual(JSON.stringify(Result.getOrThrow(toWire({ list: [value] }))), '{"list":[{"once":1}]}')
    assert.strictEqual(reads, 1)
  })

  it("finds a cycle through a class, an Option and a toJSON", () => {
    const box = { value: [] as Array<unknown> }
    box.value.push(Option.some({ toJSON: () => new Box(box) }))
    const wire = toWire(box)
    assert.isTrue(Result.isFailure(wire) && wire.failure.reason === "the value contains itself")
  })
})

describe("records", () => {
  const order = new Order({
    order_id: "o-1",
    total: 39.95,
    paid: Option.some(new Money({ amount: BigDecimal.fromStringUnsafe("39.95"), currency: "EUR" })),
    at: DateTime.makeUnsafe(at)
  })

  it.effect("an instance of Schema.Class is one, wherever a record is", () =>
    Effect.gen(function* () {
      class Address extends Schema.Class<Address>("Address")({ city: Schema.String }) {}
      class Person extends Schema.Class<Person>("Person")({ email: Schema.String, address: Address }) {}
      class Phone extends Schema.Class<Phone>("Phone")({ type: Schema.String }) {}
      class Where extends Schema.Class<Where>("Where")({ ip: Schema.String, device: Phone }) {}
      const address = new Address({ city: "Rome" })
      const context = new Where({ ip: "1", device: new Phone({ type: "ios" }) })
      yield* Analytics.track({ ...person, event: "e", properties: order, context })
      yield* Analytics.identify({ traits: new Person({ email: "e@example.com", address }) })
      yield* Analytics.group({ groupId: "g", traits: { address, relationshipAttributes: new Point({ x: 1, y: 2 }) } })
      yield* Analytics.page({ ...person, category: "c", properties: { products: [new Point({ x: 1, y: 2 })] } })
      const [track, identify, group, page] = yield* AnalyticsTest.sent
      const paid = { amount: "39.95", currency: "EUR" }
      assert.deepStrictEqual(track?.properties, { _tag: "Order", order_id: "o-1", total: 39.95, paid, at })
      assert.deepInclude(track?.context, { ip: "1", device: { type: "ios" } })
      assert.deepStrictEqual(identify?.traits, { email: "e@example.com", address: { city: "Rome" } })
      assert.deepStrictEqual(group?.traits, { address: { city: "Rome" }, relationshipAttributes: { x: 1, y: 2 } })
      assert.deepStrictEqual(page?.properties, { category: "c", products: [{ x: 1, y: 2 }] })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("a message that is made by its Schema takes instances, too", () =>
    Effect.gen(function* () {
      yield* Analytics.enqueue(Track.make({ ...person, event: "e", properties: order, context: { app: new Box(1) } }))
      const [sent] = yield* AnalyticsTest.sent
      const paid = { amount: "39.95", currency: "EUR" }
      assert.deepStrictEqual(sent?.properties, { _tag: "Order", order_id: "o-1", total: 39.95, paid, at })
      assert.deepInclude(sent?.context, { app: { value: 1 } })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("what a class has of a reserved name is checked", () =>
    Effect.gen(function* () {
      const properties: object = new (class {
        readonly products = [new Box(1), { price: "1" }]
      })()
      const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", properties }))
      assert.deepInclude(error, { _tag: "InvalidMessage", path: "properties.products[1].price" })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("instances are merged as literals are: default, ambient and own", () =>
    Effect.gen(function* () {
      class App {
        readonly version: string
        constructor(version: string) {
          this.version = version
        }
      }
      const own = { app: new App("3"), when: new Date(at) }
      yield* Analytics.track({ ...person, event: "e", context: own }).pipe(
        Analytics.withContext({ app: { build: "b" } }),
        Analytics.withContext({ app: new App("2"), when: { since: 1 } })
      )
      const { app, when } = (yield* AnalyticsTest.sent)[0]!.context
      assert.deepStrictEqual(app, { name: "shop", version: "3", build: "b" })
      assert.strictEqual(when, at)
    }).pipe(Effect.provide(AnalyticsTest.layerWith({ context: { app: { name: "shop", version: "1" } } })))
  )

  it.effect("default context and integrations are what they are in JSON", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ ...person, event: "e" })
      const [sent] = yield* AnalyticsTest.sent
      assert.deepInclude(sent?.context, { app: { amount: "1", currency: "EUR" }, since: at, every: 1000 })
      assert.deepStrictEqual(sent?.integrations, { Slack: { every: 1000 } })
    }).pipe(
      Effect.provide(
        AnalyticsTest.layerWith({
          context: {
            app: new Money({ amount: BigDecimal.fromStringUnsafe("1"), currency: "EUR" }),
            since: Option.some(new Date(at)),
            never: Option.none(),
            every: Duration.seconds(1)
          },
          integrations: { Slack: { every: Duration.seconds(1) } }
        })
      )
    )
  )

  /** Past the type checker, as JavaScript would give them. */
  const noRecords: ReadonlyArray<readonly [name: string, value: unknown, path: string]> = [
    ["a Map", new Map([["ip", "1"]]), ""],
    ["a HashMap", HashMap.make(["ip", "1"]), ""],
    ["an array", [{ ip: "1" }], ""],
    ["a Date", new Date(0), ""],
    ["an Option", Option.some({ ip: "1" }), ""],
    ["an instance with a toJSON", new Money2(), ""],
    ["a literal with a toJSON", { ip: "1", toJSON: () => ({}) }, ""]
  ]

  it.effect.each(noRecords)("%s is none: not as properties, nor as any context", ([, value]) =>
    Effect.gen(function* () {
      const refused = ["InvalidMessage", "UnserializableMessage"]
      const properties = yield* Effect.flip(
        Analytics.track({ ...person, event: "e", properties: value as PropertiesInput })
      )
      assert.include(refused, properties._tag)
      assert.deepInclude(properties, { path: "properties" })
      const context = value as EventContext
      const call = Analytics.track({ ...person, event: "e" })
      for (const [name, misuse] of Object.entries({
        own: Analytics.track({ ...person, event: "e", context }),
        "own under an ambient one": Analytics.withContext({ ip: "1" })(
          Analytics.track({ ...person, event: "e", context })
        ),
        ambient: Analytics.withContext(context)(call),
        "ambient within another": call.pipe(Analytics.withContext(context), Analytics.withContext({ ip: "1" })),
        "ambient around another": call.pipe(Analytics.withContext({ ip: "1" }), Analytics.withContext(context))
      })) {
        const error = yield* Effect.flip(misuse)
        assert.include(refused, error._tag, name)
        assert.deepInclude(error, { path: "context" }, name)
      }
      const options = yield* Effect.flip(Effect.provide(call, AnalyticsTest.layerWith({ context })))
      assert.deepInclude(options, { _tag: "InvalidOptions", option: "context" })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it("are told from values", () => {
    for (const record of [{}, Object.create(null), order, new Cart(), new Point({ x: 1, y: 1 })]) {
      assert.isTrue(isRecord(record))
    }
    for (const value of [null, 1, "a", [], new Date(0), new Map(), Option.some(1), DateTime.makeUnsafe(0), Order]) {
      assert.isFalse(isRecord(value))
    }
  })
})

describe("onUndelivered", () => {
  it.effect("hands out what values became", () => {
    const handed: Array<unknown> = []
    return Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 404 }))
      yield* Analytics.track({ ...person, event: "e", properties: { every: Duration.seconds(1), none: Option.none() } })
      yield* Analytics.flush
      assert.deepStrictEqual(handed, [{ every: 1000 }])
    }).pipe(
      Effect.provide(
        layerMocked({
          onUndelivered: ({ messages }) =>
            Effect.sync(() => {
              for (const message of messages) if (message.type === "track") handed.push(message.properties)
            })
        })
      )
    )
  })
})
