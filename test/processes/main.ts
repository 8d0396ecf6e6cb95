import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect } from "effect"
import { Analytics } from "../../src/index.ts"
import { AnalyticsNodeLive } from "../../src/node/index.ts"

// Run as a child process: tracks COUNT messages, says so on stdout, and then ends or waits for a signal.
const program = Effect.gen(function* () {
  const count = yield* Config.Int("COUNT")
  for (let number = 1; number <= count; number++) {
    yield* Analytics.track({ userId: "u", event: String(number) })
  }
  yield* Console.log("tracked")
  return yield* (yield* Config.Boolean("WAIT")) ? Effect.never : Effect.void
})

program.pipe(Effect.provide(AnalyticsNodeLive), NodeRuntime.runMain)
