import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer } from "effect"
import { Analytics, analyticsConfig } from "../../src/index.ts"

// Run as a child process: tracks COUNT messages, says so on stdout, and then ends or waits for a signal.
const program = Effect.gen(function* () {
  const count = yield* Config.Int("COUNT")
  for (let number = 1; number <= count; number++) {
    yield* Analytics.track({ userId: "u", event: String(number) })
  }
  yield* Console.log("tracked")
  return yield* (yield* Config.Boolean("WAIT")) ? Effect.never : Effect.void
})

const AnalyticsOfProcess = Analytics.layerConfig(analyticsConfig).pipe(Layer.provide(NodeHttpClient.layerUndici))

program.pipe(Effect.provide(AnalyticsOfProcess), NodeRuntime.runMain)
