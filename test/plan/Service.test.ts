import { assert, describe, it } from "@effect/vitest"
import { Analytics, AnalyticsMetrics, type CallError, type Receipt } from "cdp-analytics-effect"
import { Plan } from "cdp-analytics-effect/plan"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { BigDecimal, Chunk, DateTime, Duration, Effect, HashMap, Layer, Metric, Option, Result, Schema } from "effect"
import { collectLogs } from "../support/logs.ts"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  description: "What shoppers do",
  track: {
    "Order Completed": {
      description: "A person has paid",
      properties: {
        orderId: Schema.String,
        total: Schema.Finite,
        paidAt: Schema.Date,
        coupon: Schema.optional(Schema.String)
      },
      version: 2,
      owner: "checkout",
      tags: ["revenue"]
    },
    "Cart Emptied": {},
    Searched: { properties: { query: Schema.optional(Schema.String) } },
    Priced: {
      versions: {
        1: { properties: { amount: Schema.String } },
        2: { properties: { price: Schema.Finite } },
        10: { properties: { price: Schema.Finite, currency: Schema.String } }
      }
    },
    Named: { latest: "stable", versions: { stable: {}, beta: { properties: { a: Schema.Finite } } } },
    Open: { additionalProperties: "allow", properties: { a: Schema.Finite } },
    Watched: { additionalProperties: "report", properties: { a: Schema.Finite } },
    Commerce: { reserved: "allow", properties: { note: Schema.String } },
    42: { deprecated: "Nobody knows what it was" },
    constructor: { properties: { ok: Schema.Boolean } },
    ["__proto__"]: { properties: { ok: Schema.Boolean } }
  },
  identify: { traits: { email: Schema.String, plan: Schema.Literals(["free", "pro"]) } },
  group: { traits: { name: Schema.String } },
  page: { Product: { properties: { sku: Schema.String } } },
  screen: {}
}) {}

const userId = "u-1"
const test = Shop.layer.pipe(Layer.provideMerge(AnalyticsTest.layer))
const over = <S, R>(shop: { readonly layer: Layer.Layer<S, never, R> }) =>
  shop.layer.pipe(Layer.provideMerge(AnalyticsTest.layer))

const epoch = DateTime.toDateUtc(DateTime.makeUnsafe(0))
const order = { orderId: "o-1", total: 39.95, paidAt: epoch }

const sentOf = Effect.map(AnalyticsTest.sent, (sent) =>
  sent.map((message) => {
    const { messageId: _, timestamp: __, context, ...said } = JSON.parse(JSON.stringify(message))
    const { library: ___, ...others } = context
    return Object.keys(others).length === 0 ? said : { ...said, context: others }
  })
)

const revoked = <A extends object>(value: A): A => {
  const { proxy, revoke } = Proxy.revocable(value, {})
  revoke()
  return proxy
}

describe("the calls of a plan", () => {
  it.effect("send what the plain calls send", () =>
    Effect.gen(function* () {
      yield* Shop.track("Order Completed", { userId, properties: order })
      yield* Shop.track("Cart Emptied", { anonymousId: "a-1" })
      yield* Shop.track("Searched", { userId })
      yield* Shop.identify({ userId, traits: { email: "a@example.com", plan: "pro" } })
      yield* Shop.group({ userId, groupId: "acme", traits: { name: "Acme" } })
      yield* Shop.page("Product", { userId, category: "Shoes", properties: { sku: "G-32" } })
      assert.deepStrictEqual(yield* sentOf, [
        {
          type: "track",
          userId,
          event: "Order Completed",
          properties: { ...order, paidAt: "1970-01-01T00:00:00.000Z" }
        },
        { type: "track", anonymousId: "a-1", event: "Cart Emptied" },
        { type: "track", userId, event: "Searched" },
        { type: "identify", userId, traits: { email: "a@example.com", plan: "pro" } },
        { type: "group", userId, groupId: "acme", traits: { name: "Acme" } },
        { type: "page", userId, name: "Product", category: "Shoes", properties: { category: "Shoes", sku: "G-32" } }
      ])
    }).pipe(Effect.provide(test))
  )

  it.effect("are those of the kinds that the plan has", () =>
    Effect.sync(() => {
      class Pages extends Plan.Service<Pages>()("app/Pages", { name: "Pages", page: { Home: {} } }) {}
      assert.isFunction(Pages.page)
      for (const call of ["track", "identify", "group", "screen", "alias"]) assert.isFalse(call in Pages, call)
      assert.isFunction(Shop.screen)
    })
  )

  it.effect("of an event with versions are of the one that is named, or of the newest", () =>
    Effect.gen(function* () {
      yield* Shop.track("Priced", { userId, version: 1, properties: { amount: "1" } })
      yield* Shop.track("Priced", { userId, version: "2", properties: { price: 2 } })
      yield* Shop.track("Priced", { userId, properties: { price: 10, currency: "EUR" } })
      yield* Shop.track("Named", { userId })
      yield* Shop.track("Named", { userId, version: "beta", properties: { a: 1 }, context: { protocols: { x: 1 } } })
      assert.deepStrictEqual(
        (yield* sentOf).map(({ context, properties }) => [context.protocols, properties]),
        [
          [{ event_version: 1 }, { amount: "1" }],
          [{ event_version: 2 }, { price: 2 }],
          [{ event_version: 10 }, { price: 10, currency: "EUR" }],
          [{ event_version: "stable" }, undefined],
          [{ x: 1, event_version: "beta" }, { a: 1 }]
        ]
      )
      const none = { userId, version: 1, context: 5, properties: { amount: "" } } as const
      // @ts-expect-error a context that is none
      const context = yield* Effect.flip(Shop.track("Priced", none))
      assert.deepInclude(context, { _tag: "InvalidMessage", path: "context" })
      // @ts-expect-error a version that the plan does not have
      const error = yield* Effect.flip(Shop.track("Priced", { userId, version: 3, properties: { price: 1 } }))
      assert.strictEqual(
        error.message,
        'Invalid track message "Priced" at version: Expected a version of the plan, by the plan "Shop"'
      )
    }).pipe(Effect.provide(test))
  )

  it.effect("take what one of several events takes, where the name is one of them", () =>
    Effect.gen(function* () {
      const name = (isOpen: boolean) => (isOpen ? "Open" : "Cart Emptied")
      yield* Shop.track(name(true), { userId, properties: { a: 1 } })
      yield* Shop.track(name(false), { userId })
      const either = (isOpen: boolean) => (isOpen ? "Open" : "constructor")
      // @ts-expect-error both of them have properties
      yield* Effect.flip(Shop.track(either(true), { userId }))
      const input: Plan.TrackInput<Shop, "Open" | "constructor"> = { properties: { ok: true } }
      yield* Shop.track(either(false), { ...input, userId })
    }).pipe(Effect.provide(test))
  )

  it.effect("have names that are any text", () =>
    Effect.gen(function* () {
      yield* Shop.track("constructor", { userId, properties: { ok: true } })
      yield* Shop.track("__proto__", { userId, properties: { ok: true } })
      yield* Shop.track("42", { userId })
      assert.deepStrictEqual(
        (yield* sentOf).map(({ event }) => event),
        ["constructor", "__proto__", "42"]
      )
      for (const name of ["toString", "hasOwnProperty", "", "x".repeat(10_000)]) {
        // @ts-expect-error a name that the plan does not have
        const error = yield* Effect.flip(Shop.track(name, { userId }))
        assert.strictEqual(error._tag, "InvalidMessage")
      }
    }).pipe(Effect.provide(test))
  )

  const refused: ReadonlyArray<readonly [string, Effect.Effect<Receipt, CallError, Shop>, string, string]> = [
    [
      "a missing property",
      // @ts-expect-error
      Shop.track("Order Completed", { userId, properties: { orderId: "o-1", total: 1 } }),
      "properties.paidAt",
      "Missing key"
    ],
    [
      "no properties",
      // @ts-expect-error
      Shop.track("Order Completed", { userId }),
      "properties.orderId",
      "Missing key"
    ],
    [
      "another type",
      // @ts-expect-error
      Shop.track("Order Completed", { userId, properties: { ...order, total: "1" } }),
      "properties.total",
      "Expected number"
    ],
    [
      "JSON's form of a date",
      // @ts-expect-error
      Shop.track("Order Completed", { userId, properties: { ...order, paidAt: "1970-01-01T00:00:00.000Z" } }),
      "properties.paidAt",
      "Expected a valid Date"
    ],
    [
      "a stranger",
      // @ts-expect-error
      Shop.track("Order Completed", { userId, properties: { ...order, coupn: "x" } }),
      "properties.coupn",
      "Expected no excess property"
    ],
    [
      "a reserved name that is not listed",
      // @ts-expect-error
      Shop.track("Order Completed", { userId, properties: { ...order, revenue: 1 } }),
      "properties.revenue",
      "Expected no excess property"
    ],
    [
      "properties where there are none",
      // @ts-expect-error
      Shop.track("Cart Emptied", { userId, properties: { a: 1 } }),
      "properties.a",
      "Expected no excess property"
    ],
    [
      "properties that are none",
      // @ts-expect-error
      Shop.track("Order Completed", { userId, properties: null }),
      "properties",
      "Expected object"
    ],
    [
      "a stranger in the traits",
      // @ts-expect-error
      Shop.identify({ userId, traits: { email: "a@example.com", plan: "pro", x: 1 } }),
      "traits.x",
      "Expected no excess property"
    ],
    [
      "another literal",
      // @ts-expect-error
      Shop.identify({ userId, traits: { email: "a@example.com", plan: "gold" } }),
      "traits.plan",
      'Expected "free" | "pro"'
    ],
    [
      "what a plain call refuses, too",
      // @ts-expect-error
      Shop.track("Cart Emptied", { userId, colour: "red" }),
      "colour",
      "Expected no excess property"
    ]
  ]
  for (const [what, call, path, reason] of refused) {
    it.effect(`refuse ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(call)
        const { _tag, path: told, reason: why, plan } = Object(error)
        assert.deepStrictEqual([_tag, told, why], ["InvalidMessage", path, reason])
        assert.strictEqual(plan, path === "colour" ? undefined : "Shop")
        assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
      }).pipe(Effect.provide(test))
    )
  }

  it.effect("refuse what throws when it is read, and read nothing before they run", () =>
    Effect.gen(function* () {
      const shop = yield* Shop
      const throwing = {
        get userId(): string {
          throw new TypeError("no")
        }
      }
      for (const call of [
        shop.track("Cart Emptied", throwing),
        Shop.track("Cart Emptied", throwing),
        shop.identify({ userId, traits: revoked({ email: "a@example.com", plan: "pro" }) })
      ]) {
        const error = yield* Effect.flip(call)
        assert.deepInclude(error, { _tag: "UnserializableMessage", reason: "reading the message threw TypeError" })
      }
    }).pipe(Effect.provide(test))
  )

  it.effect("take what is not listed where the plan says so", () =>
    Effect.gen(function* () {
      yield* Shop.track("Open", { userId, properties: { a: 1, other: epoch, Z: Option.none() } })
      yield* Shop.track("Commerce", { userId, properties: { note: "n", revenue: 3, products: [{ sku: "G-32" }] } })
      // @ts-expect-error what it is of is not there
      const missing = yield* Effect.flip(Shop.track("Open", { userId, properties: { other: 1 } }))
      assert.deepInclude(missing, { path: "properties.a" })
      // @ts-expect-error a reserved name has its type
      const typed = yield* Effect.flip(Shop.track("Commerce", { userId, properties: { note: "n", revenue: "3" } }))
      assert.deepInclude(typed, { path: "properties.revenue" })
      assert.deepStrictEqual(
        (yield* sentOf).map(({ properties }) => properties),
        [
          { a: 1, other: "1970-01-01T00:00:00.000Z" },
          { note: "n", revenue: 3, products: [{ sku: "G-32" }] }
        ]
      )
    }).pipe(Effect.provide(test))
  )
})

describe("what is sent of a plan's values", () => {
  class Values extends Plan.Service<Values>()("app/Values", {
    name: "Values",
    track: {
      all: {
        properties: {
          some: Schema.Option(Schema.String),
          none: Schema.Option(Schema.String),
          maybe: Schema.optional(Schema.Option(Schema.Date)),
          time: Schema.DateTimeUtc,
          zoned: Schema.DateTimeZoned,
          duration: Schema.Duration,
          amount: Schema.BigDecimal,
          big: Schema.BigInt,
          text: Schema.NumberFromString,
          url: Schema.URL,
          bytes: Schema.Uint8Array,
          tags: Schema.HashSet(Schema.String),
          list: Schema.Array(Schema.Option(Schema.Finite)),
          nested: Schema.Struct({ at: Schema.Date, any: Schema.Unknown })
        }
      }
    }
  }) {}

  it.effect("is what JSON has for them", () =>
    Effect.gen(function* () {
      const { HashSet } = yield* Effect.promise(() => import("effect"))
      yield* Values.track("all", {
        userId,
        properties: {
          some: Option.some("s"),
          none: Option.none(),
          time: DateTime.makeUnsafe(0),
          zoned: DateTime.makeZonedUnsafe(0, { timeZone: "Europe/Berlin" }),
          duration: Duration.seconds(2),
          amount: BigDecimal.fromStringUnsafe("12.30"),
          big: 12n,
          text: 1.5,
          url: new URL("https://example.com/a"),
          bytes: new Uint8Array([1, 2, 3]),
          tags: HashSet.make("a"),
          list: [Option.some(1), Option.none(), Option.some(3)],
          nested: { at: epoch, any: [Option.some({ deep: epoch })] }
        }
      })
      assert.deepStrictEqual((yield* sentOf)[0]?.properties, {
        some: "s",
        time: "1970-01-01T00:00:00.000Z",
        zoned: "1970-01-01T00:00:00.000Z",
        duration: 2000,
        amount: "12.3",
        big: "12",
        text: "1.5",
        url: "https://example.com/a",
        bytes: "AQID",
        tags: ["a"],
        list: [1, 3],
        nested: { at: "1970-01-01T00:00:00.000Z", any: [{ deep: "1970-01-01T00:00:00.000Z" }] }
      })
    }).pipe(Effect.provide(over(Values)))
  )
})

describe("what is not listed in an object of a property", () => {
  const nested = Schema.Struct({ at: Schema.Date })
  const open = Schema.StructWithRest(nested, [Schema.Record(Schema.String, Schema.Unknown)])
  class Nested extends Plan.Service<Nested>()("app/Nested", {
    name: "Nested",
    additionalProperties: "allow",
    track: { Closed: { properties: { nested } }, Open: { properties: { nested: open } } }
  }) {}

  it.effect("is taken where its Schema has more", () =>
    Effect.gen(function* () {
      const given = { at: epoch, more: { at: epoch } }
      const error = yield* Effect.flip(Nested.track("Closed", { userId, properties: { nested: given } }))
      assert.deepInclude(error, { path: "properties.nested.more", reason: "Expected no excess property" })
      yield* Nested.track("Open", { userId, properties: { nested: given } })
      const at = "1970-01-01T00:00:00.000Z"
      assert.deepStrictEqual((yield* sentOf)[0]?.properties, { nested: { at, more: { at } } })
    }).pipe(Effect.provide(over(Nested)))
  )
})

describe("the calls of a merged plan", () => {
  const open = Plan.make({
    name: "Open",
    additionalProperties: "allow",
    track: {
      Any: { properties: { a: Schema.Finite } },
      Closed: { additionalProperties: "fail", properties: { a: Schema.Finite } },
      Versions: { versions: { 1: { properties: { a: Schema.Finite } } } }
    },
    identify: { traits: { plan: Schema.String } }
  })
  const commerce = Plan.make({ name: "Commerce", reserved: "allow", page: { Product: {} } })
  class Both extends Plan.Service<Both>()("app/Both", Plan.merge(open, commerce)) {}

  it.effect("take what the parts take", () =>
    Effect.gen(function* () {
      yield* Both.track("Any", { userId, properties: { a: 1, other: 2 } })
      yield* Both.track("Versions", { userId, properties: { a: 1, other: 2 } })
      yield* Both.identify({ userId, traits: { plan: "pro", other: 2 } })
      yield* Both.page("Product", { userId, properties: { price: 3 } })
      assert.lengthOf(yield* AnalyticsTest.sent, 4)
      // @ts-expect-error
      yield* Effect.flip(Both.track("Closed", { userId, properties: { a: 1, other: 2 } }))
      // @ts-expect-error
      yield* Effect.flip(Both.page("Product", { userId, properties: { other: 3 } }))
    }).pipe(Effect.provide(over(Both)))
  )
})

describe("what is sent of what collects others", () => {
  class Many extends Plan.Service<Many>()("app/Many", {
    name: "Many",
    track: {
      all: {
        properties: {
          chunk: Schema.Chunk(Schema.Option(Schema.String)),
          map: Schema.ReadonlyMap(
            Schema.String,
            Schema.Struct({ at: Schema.Option(Schema.Date), took: Schema.Duration })
          ),
          hashes: Schema.HashMap(Schema.String, Schema.DateTimeZoned),
          result: Schema.Result(Schema.Option(Schema.Duration), Schema.String),
          one: Schema.Literal(1n)
        }
      }
    }
  }) {}

  it.effect("is in it what it is elsewhere", () =>
    Effect.gen(function* () {
      yield* Many.track("all", {
        userId,
        properties: {
          chunk: Chunk.make(Option.some("a"), Option.none()),
          map: new Map([["a", { at: Option.some(epoch), took: Duration.seconds(2) }]]),
          hashes: HashMap.make(["a", DateTime.makeZonedUnsafe(0, { timeZone: "Europe/Berlin" })]),
          result: Result.succeed(Option.some(Duration.seconds(2))),
          one: 1n
        }
      })
      assert.deepStrictEqual((yield* sentOf)[0]?.properties, {
        chunk: ["a"],
        map: [["a", { at: "1970-01-01T00:00:00.000Z", took: 2000 }]],
        hashes: [["a", "1970-01-01T00:00:00.000Z"]],
        result: { _tag: "Success", success: 2000 },
        one: "1"
      })
    }).pipe(Effect.provide(over(Many)))
  )
})

describe("a plan whose violations are reported", () => {
  class Loose extends Plan.Service<Loose>()("app/Loose", {
    name: "Loose",
    onViolation: "report",
    annotate: true,
    track: { e: { properties: { a: Schema.Finite, list: Schema.optional(Schema.Array(Schema.Finite)) } } }
  }) {}

  it.effect("is sent as it is, counted, told once for each event and path, and annotated", () =>
    Effect.gen(function* () {
      const { layer, lines } = collectLogs()
      yield* Effect.gen(function* () {
        for (let times = 0; times < 3; times++) {
          // @ts-expect-error
          yield* Loose.track("e", { userId, properties: { a: "1" } })
          // @ts-expect-error
          yield* Loose.track("e", { userId, properties: { a: 1, list: Array.from({ length: times + 1 }, () => "x") } })
        }
        const sent = yield* sentOf
        assert.deepStrictEqual(sent[0], {
          type: "track",
          userId,
          event: "e",
          properties: { a: "1" },
          context: { violations: [{ path: "properties.a", reason: "Expected number" }] }
        })
        // All that is wrong, and not the first of it alone.
        // @ts-expect-error
        yield* Loose.track("e", { userId, properties: { list: [1, "x"], stranger: 1 } })
        const { context } = (yield* sentOf).at(-1)!
        assert.sameDeepMembers(context.violations, [
          { path: "properties.a", reason: "Missing key" },
          { path: "properties.list[1]", reason: "Expected number" },
          { path: "properties.stranger", reason: "Expected no excess property" }
        ])
        const count = (path: string) =>
          Effect.map(
            Metric.value(AnalyticsMetrics.planViolations({ plan: "Loose", type: "track", event: "e", path })),
            ({ count }) => count
          )
        assert.strictEqual(yield* count("properties.a"), 4)
        assert.strictEqual(yield* count("properties.list[]"), 7)
      }).pipe(Effect.provide(over(Loose).pipe(Layer.provideMerge(layer))))
      assert.deepStrictEqual(
        lines.filter(({ level }) => level === "Warn").map(({ annotations }) => annotations["path"]),
        ["properties.a", "properties.list[]", "properties.stranger"]
      )
    })
  )

  it.effect("may be failed by its layer", () =>
    // @ts-expect-error
    Effect.flip(Loose.track("e", { userId, properties: { a: "1" } })).pipe(
      Effect.tap((error) => Effect.sync(() => assert.strictEqual(error._tag, "InvalidMessage"))),
      Effect.provide(Loose.layerWith({ onViolation: "fail" }).pipe(Layer.provide(AnalyticsTest.layer)))
    )
  )
})

describe("a plan over an Analytics of the application's own", () => {
  it.effect("calls what it has, with what it would have sent", () =>
    Effect.gen(function* () {
      const called: Array<unknown> = []
      const call = (name: string) => (input: unknown) =>
        Effect.sync(() => {
          called.push([name, input])
          return { messageId: "m", await: Effect.die("not sent"), settles: "here" as const }
        })
      const own = Layer.mock(Analytics, {
        track: call("track"),
        identify: call("identify"),
        page: call("page"),
        group: call("group")
      })
      yield* Effect.gen(function* () {
        yield* Shop.track("Order Completed", { userId, properties: order })
        yield* Shop.identify({ anonymousId: "a-1", traits: { email: "a@example.com", plan: "free" } })
        yield* Shop.group({ groupId: "acme", traits: { name: "Acme" } })
        const error = yield* Effect.flip(
          // @ts-expect-error
          Shop.track("Order Completed", { userId, properties: { ...order, total: "1" } })
        )
        assert.strictEqual(error._tag, "InvalidMessage")
      }).pipe(Effect.provide(Shop.layer.pipe(Layer.provide(own))))
      assert.deepStrictEqual(called, [
        ["track", { userId, event: "Order Completed", properties: order }],
        ["identify", { anonymousId: "a-1", traits: { email: "a@example.com", plan: "free" } }],
        ["group", { groupId: "acme", traits: { name: "Acme" } }]
      ])
    })
  )
})
