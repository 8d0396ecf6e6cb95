import { assert, describe, it } from "@effect/vitest"
import { Analytics, type CallError, type Receipt } from "cdp-analytics-effect"
import { Plan } from "cdp-analytics-effect/plan"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { DateTime, type Duration, Effect, Exit, Layer, Option, Schema } from "effect"
import { expectTypeOf } from "vitest"
import { silent } from "../support/logs.ts"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  onViolation: "report",
  track: {
    "Order Completed": {
      properties: {
        orderId: Schema.String,
        amount: Schema.Finite,
        paidAt: Schema.Date,
        took: Schema.optional(Schema.Duration),
        coupon: Schema.Option(Schema.NonEmptyString)
      }
    },
    "Cart Emptied": {},
    "Product Viewed": { additionalProperties: "allow", properties: { at: Schema.Date } },
    Searched: {
      versions: {
        1: { properties: { text: Schema.String } },
        2: { properties: { words: Schema.Array(Schema.String), at: Schema.Date } }
      }
    }
  },
  identify: { traits: { plan: Schema.Literals(["free", "pro"]) } },
  page: { Home: {} }
}) {}

const userId = "019mr8mf4r"
const paidAt = DateTime.toDateUtc(DateTime.makeUnsafe("2026-01-31T12:00:00Z"))
const order = { orderId: "o-1", amount: 39.95, paidAt, coupon: Option.none() }
const wrong = { orderId: "o-1", amount: "39.95", paidAt: "2026-01-31T12:00:00Z" }

type Call = Effect.Effect<Receipt, CallError, Shop | Analytics>

/** How a test ends that provides the layer itself. */
const endOf = <A, E>(test: Effect.Effect<A, E, Shop | Analytics | AnalyticsTest>) =>
  Effect.exit(test.pipe(Effect.provide(AnalyticsTest.layerPlan(Shop).pipe(Layer.provide(silent)))))

const defectsOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit)
    ? exit.cause.reasons.flatMap((reason) => (reason._tag === "Die" ? [String(reason.defect)] : []))
    : []

describe("layerPlan", () => {
  it.effect("lets through what the plan allows, typed and untyped", () =>
    Effect.gen(function* () {
      yield* Shop.track("Order Completed", { userId, properties: order })
      yield* Analytics.track({ userId, event: "Order Completed", properties: { ...wrong, amount: 1 } })
      yield* Shop.identify({ userId, traits: { plan: "pro" } })
      yield* Analytics.page({ userId, name: "Home" })
      // Of these no plan says anything.
      yield* Analytics.alias({ userId, previousId: "visitor" })
      yield* Analytics.track({ userId, event: "User Suppressed" })
      assert.strictEqual((yield* AnalyticsTest.sent).length, 6)
      assert.deepStrictEqual(yield* AnalyticsTest.violations, [])
    }).pipe(Effect.provide(AnalyticsTest.layerPlan(Shop)))
  )

  it.effect.each([
    ["an event of other properties", Analytics.track({ userId, event: "Order Completed", properties: wrong })],
    [
      "a reserved name of another type",
      Analytics.track({ userId, event: "Cart Emptied", properties: { total: "1" as never } })
    ],
    [
      "what JSON has no form for",
      Analytics.track({ userId, event: "Order Completed", properties: { amount: Number.NaN } })
    ],
    ["an event that it does not have", Analytics.track({ userId, event: "Order Complete" })],
    ["a kind of call that it does not have", Analytics.screen({ userId, name: "Home" })],
    ["a page that it does not have", Analytics.enqueue({ type: "page", userId, name: "Away" })],
    ["traits of another type", Analytics.identify({ userId, traits: { plan: "gold" } })],
    // @ts-expect-error
    ["a typed call, though the plan only reports", Shop.track("Order Completed", { userId, properties: wrong })],
    // @ts-expect-error
    ["a typed call of what is not planned", Shop.track("Order Complete", { userId })]
  ] as const satisfies ReadonlyArray<readonly [string, Call]>)(
    "fails %s, and the test where nobody looked",
    ([, call]: readonly [string, Call]) =>
      Effect.gen(function* () {
        const seen = yield* endOf(
          Effect.flip(call).pipe(Effect.zip(AnalyticsTest.violations), Effect.zip(AnalyticsTest.sent))
        )
        assert.isTrue(Exit.isSuccess(seen))
        if (Exit.isFailure(seen)) return
        const [[error, violations], sent] = seen.value
        assert.deepStrictEqual<ReadonlyArray<CallError>>(violations, [error])
        assert.deepStrictEqual(sent, [])
        for (const swallowed of [Effect.ignore(call), Analytics.quietly(call)]) {
          const [defect, ...others] = defectsOf(yield* endOf(swallowed))
          assert.include(defect, error.message)
          assert.deepStrictEqual(others, [])
        }
        // What a test fails with itself is not told twice.
        assert.deepStrictEqual(defectsOf(yield* endOf(call)), [])
      })
  )

  it.effect("tells all of them together, the first twenty one by one, and never a value", () =>
    Effect.gen(function* () {
      const call = Analytics.track({ userId, event: "Order Completed", properties: { ...wrong, amount: "secret" } })
      const other = Analytics.track({ userId, event: "Unheard Of" })
      const test = Effect.forEach([call, ...Array<Call>(25).fill(other)], (one) => Effect.ignore(one))
      const [defect = ""] = defectsOf(yield* endOf(test))
      assert.include(defect, 'Invalid track message "Order Completed" at properties.amount')
      assert.include(
        defect,
        'Invalid track message "Unheard Of" at event: Expected an event of the plan, by the plan "Shop"'
      )
      assert.match(defect, /\n {2}and 6 more$/)
      assert.notInclude(defect, "secret")
    })
  )

  it.effect("fails beside another failure, which what was swallowed may be the reason of", () =>
    Effect.gen(function* () {
      const exit = yield* endOf(
        Effect.andThen(Effect.ignore(Analytics.track({ userId, event: "Unheard Of" })), Effect.fail("other"))
      )
      assert.include(defectsOf(exit).at(-1), '"Unheard Of"')
    })
  )

  it.effect("sees what an app's own layer of the plan does", () =>
    Effect.gen(function* () {
      // @ts-expect-error
      const call = Effect.ignore(Shop.track("Order Completed", { userId, properties: wrong }))
      const layer = Shop.layer.pipe(Layer.provideMerge(AnalyticsTest.layerPlan(Shop.plan)), Layer.provide(silent))
      const exit = yield* Effect.exit(Effect.provide(call, layer))
      assert.strictEqual(defectsOf(exit).length, 1)
    })
  )

  it.effect("takes options, and plans that were merged", () =>
    Effect.gen(function* () {
      const all = Plan.merge(Shop.plan, Plan.make({ name: "Search", track: { "Nothing Found": {} } }))
      const exit = yield* Effect.exit(
        Effect.gen(function* () {
          yield* Shop.track("Cart Emptied", { userId })
          yield* Analytics.track({ userId, event: "Nothing Found" })
          return (yield* AnalyticsTest.sent).map(({ context }) => context["app"])
        }).pipe(
          Effect.provide(
            Shop.layer.pipe(Layer.provideMerge(AnalyticsTest.layerPlan(all, { context: { app: { name: "shop" } } })))
          )
        )
      )
      assert.deepStrictEqual(exit, Exit.succeed([{ name: "shop" }, { name: "shop" }]))
      const error = yield* Effect.flip(Effect.provide(Effect.void, AnalyticsTest.layerPlan(Shop, { flushAt: 0 })))
      assert.deepInclude(error, { _tag: "InvalidOptions", option: "flushAt" })
    })
  )
})

describe("tracked by a plan", () => {
  it.effect("has what a typed call takes", () =>
    Effect.gen(function* () {
      yield* Shop.track("Order Completed", { userId, properties: { ...order, took: "2 seconds" as never } }).pipe(
        Effect.ignore
      )
      yield* AnalyticsTest.violations
      yield* Shop.track("Order Completed", { userId, properties: { ...order, coupon: Option.some("TEN") } })
      yield* Analytics.track({ userId, event: "Order Completed", properties: { ...wrong, amount: 1, took: 1500 } })
      const [first, second] = yield* AnalyticsTest.tracked(Shop, "Order Completed")
      expectTypeOf(first?.event).toEqualTypeOf<"Order Completed" | undefined>()
      expectTypeOf(first?.properties.paidAt).toEqualTypeOf<Date | undefined>()
      expectTypeOf(second?.properties.took).toEqualTypeOf<Duration.Duration | undefined>()
      assert.deepStrictEqual(first?.properties, { ...order, coupon: Option.some("TEN") })
      assert.strictEqual(first?.userId, userId)
      assert.deepStrictEqual(second?.properties.paidAt, paidAt)
      assert.deepStrictEqual(second?.properties.coupon, Option.none())
    }).pipe(Effect.provide(AnalyticsTest.layerPlan(Shop)))
  )

  it.effect("keeps what the plan does not list, and has nothing where there is nothing", () =>
    Effect.gen(function* () {
      yield* Shop.track("Product Viewed", { userId, properties: { at: paidAt, seenAt: paidAt } })
      yield* Shop.track("Cart Emptied", { userId })
      const [viewed] = yield* AnalyticsTest.tracked(Shop, "Product Viewed")
      assert.deepStrictEqual(viewed?.properties, { at: paidAt, seenAt: paidAt.toISOString() })
      const [emptied] = yield* AnalyticsTest.tracked(Shop.plan, "Cart Emptied")
      expectTypeOf(emptied?.properties).toEqualTypeOf<Record<never, never> | undefined>()
      assert.deepStrictEqual(emptied?.properties, {})
      assert.deepStrictEqual(yield* AnalyticsTest.tracked(Shop, "Order Completed"), [])
      // @ts-expect-error
      assert.deepStrictEqual(yield* AnalyticsTest.tracked(Shop, "Order Complete"), [])
    }).pipe(Effect.provide(AnalyticsTest.layerPlan(Shop)))
  )

  it.effect("reads each version by its own Schemas", () =>
    Effect.gen(function* () {
      yield* Shop.track("Searched", { userId, version: 1, properties: { text: "shoes" } })
      yield* Shop.track("Searched", { userId, properties: { words: ["shoes"], at: paidAt } })
      const searched = yield* AnalyticsTest.tracked(Shop, "Searched")
      assert.deepStrictEqual(
        searched.map(({ properties }) => ("text" in properties ? properties.text : properties.at)),
        ["shoes", paidAt]
      )
    }).pipe(Effect.provide(AnalyticsTest.layerPlan(Shop)))
  )

  it.effect("is a defect where something else was sent", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ userId, event: "Order Completed", properties: wrong })
      assert.strictEqual((yield* AnalyticsTest.tracked("Order Completed")).length, 1)
      const exit = yield* Effect.exit(AnalyticsTest.tracked(Shop, "Order Completed"))
      assert.include(defectsOf(exit)[0], 'Invalid track message "Order Completed" at properties.amount')
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )
})
