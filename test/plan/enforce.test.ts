import { assert, describe, it } from "@effect/vitest"
import { Analytics, AnalyticsMetrics, SemanticEvents } from "cdp-analytics-effect"
import { Plan } from "cdp-analytics-effect/plan"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { DateTime, Effect, Layer, Metric, Schema, SchemaGetter } from "effect"
import { collectLogs, silent } from "../support/logs.ts"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  track: {
    Paid: { properties: { orderId: Schema.String, at: Schema.Date, coupon: Schema.Option(Schema.String) } },
    Strict: { additionalProperties: "fail", properties: { a: Schema.Finite } },
    Watched: { additionalProperties: "report", properties: { a: Schema.Finite } },
    Versioned: { versions: { 1: { properties: { a: Schema.String } }, 2: { properties: { b: Schema.Finite } } } }
  },
  identify: { traits: { email: Schema.String } },
  page: { Product: { properties: { sku: Schema.String } } }
}) {}

const userId = "u-1"
const at = DateTime.toDateUtc(DateTime.makeUnsafe(0))

const enforced = (options?: Plan.EnforceOptions, plan: Plan.Plan = Shop.plan) =>
  Shop.layer.pipe(
    Layer.provideMerge(Plan.enforce(plan, options)),
    Layer.provideMerge(AnalyticsTest.layer),
    Layer.provide(silent)
  )

const events = Effect.map(AnalyticsTest.sent, (sent) => sent.map((message) => message.event ?? message.type))

describe("a plan that is enforced", () => {
  it.effect("takes what JSON says as the plan has it, whoever says it", () =>
    Effect.gen(function* () {
      const iso = "1970-01-01T00:00:00.000Z"
      yield* Analytics.track({ userId, event: "Paid", properties: { orderId: "o", at: iso } })
      yield* Analytics.track({ userId, event: "Paid", properties: { orderId: "o", at, coupon: "c" } })
      yield* Analytics.track({
        userId,
        event: "Paid",
        properties: { orderId: "o", at: DateTime.makeUnsafe(0), more: [1] }
      })
      yield* Analytics.enqueue({ type: "track", userId, event: "Paid", properties: { orderId: "o", at: "1970-01-01" } })
      yield* Analytics.identify({ userId, traits: { email: "a@example.com", colour: "red" } })
      yield* Analytics.page({ userId, name: "Product", category: "Shoes", properties: { sku: "G-32" } })
      assert.lengthOf(yield* events, 6)
    }).pipe(Effect.provide(enforced()))
  )

  it.effect("refuses what it has otherwise", () =>
    Effect.gen(function* () {
      const refusal = (properties: object, event = "Paid") =>
        Effect.map(Effect.flip(Analytics.track({ userId, event, properties })), (error) => {
          const { _tag, plan, path } = Object(error)
          return [_tag, plan, path]
        })
      assert.deepStrictEqual(yield* refusal({ orderId: 1, at }), ["InvalidMessage", "Shop", "properties.orderId"])
      assert.deepStrictEqual(yield* refusal({ orderId: "o", at: "yesterday" }), [
        "InvalidMessage",
        "Shop",
        "properties.at"
      ])
      assert.deepStrictEqual(yield* refusal({ at }), ["InvalidMessage", "Shop", "properties.orderId"])
      assert.deepStrictEqual(yield* refusal({ a: 1, b: 2 }, "Strict"), ["InvalidMessage", "Shop", "properties.b"])
      const identify = yield* Effect.flip(Analytics.identify({ userId, traits: { plan: "pro" } }))
      assert.deepInclude(identify, { plan: "Shop", path: "traits.email" })
      const page = yield* Effect.flip(
        Analytics.page({ userId, name: "Product", properties: { sku: "", price: 1 } }).pipe(
          Effect.andThen(Analytics.page({ userId, name: "Product" }))
        )
      )
      assert.deepInclude(page, { plan: "Shop", path: "properties.sku" })
      // What a plain call refuses is refused without the plan.
      const plain = yield* Effect.flip(Analytics.track({ userId: "undefined", event: "Paid" }))
      assert.notProperty(plain, "plan")
    }).pipe(Effect.provide(enforced()))
  )

  it.effect("reports strangers where the plan says so, and sends them", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ userId, event: "Watched", properties: { a: 1, b: 2 } })
      const [sent] = yield* AnalyticsTest.sent
      assert.deepStrictEqual(sent?.properties, { a: 1, b: 2 })
      const place = { plan: "Shop", type: "track", event: "Watched", path: "properties.b" }
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.planViolations(place))).count, 1)
    }).pipe(Effect.provide(enforced()), Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("knows a version by what the message says of itself", () =>
    Effect.gen(function* () {
      const track = (event_version: unknown, properties: object) =>
        Analytics.track({ userId, event: "Versioned", properties, context: { protocols: { event_version } } })
      yield* track(1, { a: "1" })
      yield* track("2", { b: 2 })
      yield* Analytics.track({ userId, event: "Versioned", properties: { b: 2 } })
      assert.deepInclude(yield* Effect.flip(track(1, { b: 2 })), { path: "properties.a" })
      yield* track(9, { a: "1" })
      const strict = yield* Effect.flip(track(9, { a: "1" }).pipe(Effect.provide(enforced({ unplanned: "fail" }))))
      assert.deepInclude(strict, { path: "context.protocols.event_version" })
      yield* Shop.track("Versioned", { userId, version: 1, properties: { a: "1" } })
    }).pipe(Effect.provide(enforced()))
  )

  const unplanned = [
    ["event", Analytics.track({ userId, event: "Nope" })],
    ["name", Analytics.page({ userId, name: "Nope" })],
    ["name", Analytics.page({ userId })],
    ["type", Analytics.screen({ userId, name: "Home" })],
    ["type", Analytics.group({ groupId: "g" })]
  ] as const
  const never = [
    Analytics.alias({ userId, previousId: "a-1" }),
    SemanticEvents.deletePerson({ userId }),
    SemanticEvents.registerDevice({ userId, token: "t", type: "ios" })
  ]

  it.effect("allows, reports or refuses what it does not have", () =>
    Effect.gen(function* () {
      for (const [, call] of unplanned) yield* call.pipe(Effect.provide(enforced()))
      yield* Effect.gen(function* () {
        for (const [, call] of unplanned) yield* call
        for (const message of yield* AnalyticsTest.sent) assert.property(message.context, "violations")
      }).pipe(Effect.provide(enforced({ unplanned: "report", annotate: true })))
      yield* Effect.gen(function* () {
        for (const [path, call] of unplanned) {
          assert.deepInclude(yield* Effect.flip(call), { _tag: "InvalidMessage", plan: "Shop", path })
        }
        for (const call of never) yield* call
        assert.lengthOf(yield* AnalyticsTest.sent, never.length)
      }).pipe(Effect.provide(enforced({ unplanned: "fail" })))
    })
  )

  it.effect("does not check what the plan's own calls have checked, also as a part of another", () => {
    let decoded = 0
    const counted = Schema.String.pipe(
      Schema.decodeTo(Schema.String, {
        decode: SchemaGetter.transform((text: string) => {
          decoded++
          return text
        }),
        encode: SchemaGetter.passthrough()
      })
    )
    class Part extends Plan.Service<Part>()("app/Part", { name: "Part", track: { e: { properties: { counted } } } }) {}
    const typed = Part.track("e", { userId, properties: { counted: "a" } })
    const whole = Plan.enforce(Plan.merge(Shop.plan, Part.plan))
    const countOf = <E>(call: Effect.Effect<unknown, E, Part | Analytics>, analytics: Layer.Layer<Analytics>) =>
      Effect.suspend(() => {
        decoded = 0
        return call.pipe(Effect.provide(Part.layer.pipe(Layer.provideMerge(analytics))))
      }).pipe(Effect.map(() => decoded))
    return Effect.gen(function* () {
      const alone = yield* countOf(typed, AnalyticsTest.layer)
      const enforced = whole.pipe(Layer.provide(AnalyticsTest.layer))
      assert.strictEqual(yield* countOf(typed, enforced), alone)
      const untyped = Analytics.track({ userId, event: "e", properties: { counted: "a" } })
      assert.isAbove(yield* countOf(untyped, enforced), 0)
    })
  })

  it.effect("checks what an Analytics of the application's own is given", () =>
    Effect.gen(function* () {
      const called: Array<string> = []
      const own = Layer.mock(Analytics, {
        track: ({ event }) =>
          Effect.sync(() => {
            called.push(event)
            return { messageId: "m", await: Effect.die("not sent"), settles: "here" as const }
          })
      })
      yield* Effect.gen(function* () {
        yield* Analytics.track({ userId, event: "Strict", properties: { a: 1 } })
        yield* Effect.flip(Analytics.track({ userId, event: "Strict", properties: { a: "1" } }))
      }).pipe(Effect.provide(Plan.enforce(Shop.plan).pipe(Layer.provide(own))))
      assert.deepStrictEqual(called, ["Strict"])
    })
  )

  it.effect("tells once that an event is deprecated, whoever uses it", () =>
    Effect.gen(function* () {
      const { layer, lines } = collectLogs()
      const plan = Plan.make({ name: "Deprecating", track: { Old: { deprecated: "Say New instead" } } })
      const old = Analytics.track({ userId, event: "Old" })
      yield* Effect.andThen(old, old).pipe(
        Effect.provide(Plan.enforce(plan).pipe(Layer.provide(AnalyticsTest.layer), Layer.provideMerge(layer)))
      )
      assert.deepStrictEqual(
        lines.filter(({ level }) => level === "Warn").map(({ annotations }) => annotations["event"]),
        ["Old"]
      )
    })
  )

  it.effect("shares the client that it is over", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ userId, event: "Strict", properties: { a: 1 } })
      const { delivered } = yield* Analytics.flush
      assert.strictEqual(delivered, 1)
      assert.strictEqual((yield* Analytics.status).server, "up")
    }).pipe(Effect.provide(enforced()))
  )
})
