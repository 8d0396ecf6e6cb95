/**
 * The first program: who a person is, and what they did.
 *
 * `endpoint` points it at a receiver on this machine. Leave it out, and give your own key, to send to Customer.io.
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Analytics } from "cdp-analytics-effect"
import { Effect, Layer } from "effect"
import { apiKey, Receiver } from "./receiver.ts"

const program = Effect.gen(function* () {
  yield* Analytics.identify({
    userId: "019mr8mf4r",
    traits: { email: "cool.person@example.com", plan: "Enterprise" }
  })
  yield* Analytics.track({
    userId: "019mr8mf4r",
    event: "added_to_cart",
    properties: { product: "shoes", price: 39.95 }
  })
})

const AnalyticsLayer = Layer.unwrap(
  Effect.map(Receiver.endpoint, (endpoint) => Analytics.layer({ apiKey, endpoint }))
).pipe(Layer.provide([NodeHttpClient.layerUndici, Receiver.layer]))

// The program ends before the 5 seconds of a batch are over: what waits is sent when the layer closes.
program.pipe(Effect.provide(AnalyticsLayer), NodeRuntime.runMain)
