import { Config, Console, Effect, ManagedRuntime } from "effect"
import { Analytics, analyticsConfig } from "../../src/index.ts"
import { AnalyticsNode } from "../../src/node/index.ts"

// Run as a child process: a script that disposes of nothing. It tracks, flushes if it is told to, and comes to its end.
const runtime = ManagedRuntime.make(AnalyticsNode.layerConfig(analyticsConfig))

await runtime.runPromise(
  Effect.gen(function* () {
    yield* Analytics.track({ userId: "u", event: "1" })
    if (yield* Config.Boolean("FLUSH")) yield* Analytics.flush
    yield* Console.log("the end")
  })
)
