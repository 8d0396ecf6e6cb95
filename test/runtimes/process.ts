/** The suite in a process of Node, Bun or Deno: `process.ts <places as JSON>` prints what came of each test, as JSON. */
import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Console, Effect, ManagedRuntime, Redacted, Schema } from "effect"
import { makeReceiver, Places } from "./Receiver.ts"
import { layerFetch, makeSuite, runAll, type Test, Unexpected } from "./suite.ts"

const places = Schema.decodeUnknownSync(Schema.fromJsonString(Places))(process.argv[2])

const processTests: ReadonlyArray<Test> = [
  {
    name: "all of that with `cdp-analytics-effect/node`",
    run: Effect.gen(function* () {
      const outcomes = yield* runAll(makeSuite(places, AnalyticsNode.layer))
      const failed = outcomes.filter(({ failure }) => failure !== undefined)
      if (failed.length > 0) return yield* new Unexpected({ what: "failures", actual: failed, expected: [] })
    })
  },
  {
    name: "a `proxy` of `cdp-analytics-effect/node` is not gone around",
    run: Effect.gen(function* () {
      const receiver = makeReceiver(places)
      yield* receiver.begin()
      yield* Analytics.track({ userId: "ada", event: "bought" }).pipe(
        Effect.provide(AnalyticsNode.layer({ ...options, proxy: places.nowhere, shutdownTimeout: "500 millis" })),
        // Where there can be no proxy, there is no client.
        Effect.catchTag("InvalidOptions", () => Effect.void)
      )
      const { requests } = yield* receiver.received
      if (requests.length > 0) {
        return yield* new Unexpected({ what: "requests", actual: requests, expected: [] })
      }
    })
  }
]

const options: AnalyticsOptions = { apiKey: Redacted.make("key"), endpoint: places.endpoint }

await Effect.gen(function* () {
  const outcomes = yield* runAll([...makeSuite(places, layerFetch), ...processTests])
  yield* Console.log(JSON.stringify(outcomes))
  yield* makeReceiver(places).begin()
}).pipe(Effect.runPromise)

// Clients that nobody closes. Whoever started this process sees whether it ends.
for (const layer of [layerFetch(options), AnalyticsNode.layer(options)]) {
  const runtime = ManagedRuntime.make(layer)
  await runtime.runPromise(Effect.andThen(Analytics.track({ userId: "ada", event: "bought" }), Analytics.flush))
}
