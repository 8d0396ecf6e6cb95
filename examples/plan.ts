/**
 * A plan: the events of an app described once, as Effect Schemas, and held to by the compiler and when it runs.
 *
 * `endpoint` points it at a receiver on this machine. Leave it out, and give your own key, to send to Customer.io.
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Analytics } from "cdp-analytics-effect"
import { Plan } from "cdp-analytics-effect/plan"
import { DateTime, Effect, Layer, Schema } from "effect"
import { apiKey, Receiver } from "./receiver.ts"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  description: "What shoppers do",
  track: {
    "Order Completed": {
      description: "A person has paid",
      owner: "checkout",
      properties: {
        orderId: Schema.String,
        total: Schema.Finite,
        paidAt: Schema.DateTimeUtc,
        coupon: Schema.optional(Schema.String)
      }
    },
    "Cart Emptied": { description: "A person took the last thing out" }
  },
  identify: { traits: { email: Schema.String, plan: Schema.Literals(["free", "pro"]) } }
}) {}

const program = Effect.gen(function* () {
  const userId = "019mr8mf4r"
  yield* Shop.identify({ userId, traits: { email: "cool.person@example.com", plan: "pro" } })
  yield* Shop.track("Order Completed", {
    userId,
    properties: { orderId: "o-1", total: 39.95, paidAt: yield* DateTime.now }
  })

  // Code that does not use the plan yet is held to it as well.
  const refused = yield* Effect.flip(
    Analytics.track({ userId, event: "Order Completed", properties: { orderId: 1, total: 39.95 } })
  )
  yield* Effect.log(refused.message)
})

const AnalyticsLayer = Layer.unwrap(
  Effect.map(Receiver.endpoint, (endpoint) => Analytics.layer({ apiKey, endpoint }))
).pipe(Layer.provide([NodeHttpClient.layerUndici, Receiver.layer]))

const AppLayer = Shop.layer.pipe(
  Layer.provideMerge(Plan.enforce(Shop.plan, { unplanned: "report" })),
  Layer.provide(AnalyticsLayer)
)

program.pipe(Effect.provide(AppLayer), NodeRuntime.runMain)
