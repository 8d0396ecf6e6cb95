import { it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Effect, Layer, Schema } from "effect"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  description: "What shoppers do",
  track: {
    "Order Completed": {
      description: "A person has paid",
      properties: {
        /** The order's id. */
        orderId: Schema.String,
        total: Schema.Finite,
        paidAt: Schema.Date,
        coupon: Schema.optional(Schema.String)
      },
      version: 2,
      owner: "checkout",
      tags: ["revenue"]
    },
    "Cart Emptied": { description: "…" },
    Opt: { properties: { a: Schema.optional(Schema.String) } },
    V: { versions: { 1: { properties: { a: Schema.String } }, 2: { properties: { b: Schema.Finite } } } }
  },
  identify: { traits: { email: Schema.String, plan: Schema.Literals(["free", "pro"]) } },
  group: { traits: { name: Schema.String } },
  page: { Product: { properties: { sku: Schema.String } } },
  screen: {}
}) {}

it.effect("works", () =>
  Effect.gen(function* () {
    const userId = "u-1"
    yield* Shop.track("Order Completed", { userId, properties: { orderId: "o-1", total: 39.95, paidAt: new Date(0) } })
    yield* Shop.track("Cart Emptied", { userId })
    yield* Shop.track("Opt", { userId })
    yield* Shop.track("V", { userId, properties: { b: 1 } })
    yield* Shop.track("V", { userId, version: 1, properties: { a: "1" } })
    yield* Shop.identify({ userId, traits: { email: "a@example.com", plan: "pro" } })
    yield* Shop.page("Product", { userId, properties: { sku: "G-32" } })
    // @ts-expect-error
    yield* Effect.flip(Shop.track("Nope", { userId }))
    // @ts-expect-error
    yield* Effect.flip(Shop.track("Order Completed", { userId }))
    // @ts-expect-error
    yield* Effect.flip(Shop.track("Cart Emptied", { userId, properties: { a: 1 } }))
    // @ts-expect-error
    yield* Effect.flip(Shop.identify({ userId, traits: { email: "a", plan: "pro", x: 1 } }))
    // @ts-expect-error
    const error = yield* Effect.flip(Shop.track("V", { userId, version: 1, properties: { b: 1 } }))
    console.log(error.message)
    for (const m of yield* AnalyticsTest.sent) console.log(JSON.stringify(m))
  }).pipe(Effect.provide(Shop.layer.pipe(Layer.provideMerge(AnalyticsTest.layer))))
)

const merged = Plan.merge(
  Plan.make({ name: "A", track: { a: { properties: { n: Schema.Finite } } } }),
  Plan.make({ name: "B", track: { b: {} }, page: { Home: {} } })
)

class Both extends Plan.Service<Both>()("app/Both", merged) {}

it.effect("makes a service of plans that were merged", () =>
  Effect.gen(function* () {
    yield* Both.track("a", { userId: "1", properties: { n: 1 } })
    yield* Both.track("b", { userId: "1" })
    yield* Both.page("Home", { userId: "1" })
  }).pipe(Effect.provide(Both.layer.pipe(Layer.provideMerge(AnalyticsTest.layer))))
)
