/**
 * From the official Node client, `@customerio/cdp-analytics-node`, to this library: the old code in comments, the new
 * code under it.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Analytics } from "cdp-analytics-effect"
import { Console, DateTime, Effect, Stream } from "effect"
import { layerAnalytics, Receiver } from "./receiver.ts"

// 1. Making the client.
//
//   import { Analytics } from "@customerio/cdp-analytics-node"
//
//   const analytics = new Analytics({
//     writeKey: process.env.CUSTOMERIO_API_KEY,
//     host: "https://cdp-eu.customer.io",   ->  region: "eu"; for a host of your own: endpoint
//     maxEventsInBatch: 15,                 ->  flushAt: 20 unless set
//     flushInterval: 10_000,                ->  flushInterval: "5 seconds" unless set
//     httpRequestTimeout: 10_000,           ->  requestTimeout: "10 seconds" unless set
//     maxRetries: 3,                        ->  nothing: tried for 12 hours (deliveryTimeout)
//   })
//
// A program for Customer.io would write
// `Analytics.layerConfig({ apiKey: Config.Redacted("CUSTOMERIO_API_KEY"), region: "eu" })`; this one has its own receiver.
const AnalyticsLayer = layerAnalytics({ flushAt: 15, flushInterval: "10 seconds" })

// 2. Calls. The arguments are the same; what the server would refuse is refused here.
//
//   analytics.identify({ userId: "ada", traits: { email: "ada@example.com", createdAt: new Date() } })
//   analytics.track({ userId: "ada", event: "signed_up", timestamp: new Date("2026-01-01") })
//   analytics.page({ anonymousId: "visitor-7", name: "Pricing" })
//   analytics.group({ userId: "ada", groupId: "acme" })
//   analytics.alias({ previousId: "visitor-7", userId: "ada" })
const calls = Effect.gen(function* () {
  yield* Analytics.identify({ userId: "ada", traits: { email: "ada@example.com", createdAt: yield* DateTime.now } })
  yield* Analytics.track({ userId: "ada", event: "signed_up", timestamp: new Date("2026-01-01") })
  yield* Analytics.page({ anonymousId: "visitor-7", name: "Pricing" })
  yield* Analytics.group({ userId: "ada", groupId: "acme" })
  yield* Analytics.alias({ previousId: "visitor-7", userId: "ada" })
})

// 3. A mistake: the old client throws from the call. The new one does not compile, and fails with a tag where the compiler
//    cannot know.
//
//   try {
//     analytics.track({ event: "signed_up" })
//   } catch (error) {
//     console.error("not tracked", error.message)
//   }
const mistake = Analytics.track({ userId: "", event: "signed_up" }).pipe(
  Effect.catchTag("InvalidMessage", (error) => Console.log(`not tracked: ${error.message}`))
)

// 4. Was it delivered? Old: a callback for each call, and an event of the emitter. New: an outcome for each batch, and
//    a report of each flush.
//
//   analytics.track({ userId: "ada", event: "paid" }, (error, context) => { ... })
//   analytics.on("error", ({ code, reason }) => { ... })
const watch = Analytics.outcomes.pipe(
  Stream.runForEach((outcome) => Console.log(`outcome: ${outcome._tag} of ${outcome.messageIds.length} messages`))
)

const deliver = Effect.gen(function* () {
  yield* Analytics.track({ userId: "ada", event: "paid" })
  const report = yield* Analytics.flush
  yield* Console.log(`flush: ${JSON.stringify(report)}`)
})

// 5. The end. The old client has to be closed by hand, and stops waiting after 12.5 seconds without a word. The new one
//    closes with its layer, on SIGTERM too, and says what it could not deliver within `shutdownTimeout`.
//
//   process.on("SIGTERM", async () => {
//     await analytics.closeAndFlush({ timeout: 10_000 })
//     process.exit()
//   })
const program = Effect.gen(function* () {
  // Detached: it ends when the layer has closed, and so sees the last outcome too.
  yield* Effect.forkDetach(watch, { startImmediately: true })
  yield* calls
  yield* mistake
  yield* deliver
}).pipe(Effect.provide(AnalyticsLayer))

program.pipe(Effect.provide(Receiver.layer), NodeRuntime.runMain)

// Code that is not written with Effect makes one `ManagedRuntime.make(layer)`, calls
// `await runtime.runPromise(Analytics.track({ ... }))`, and closes with `await runtime.dispose()`: see serverless.ts.
