import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Analytics, analyticsConfig } from "../../src/index.ts"
import { AnalyticsNode } from "../../src/node/index.ts"

// Run as a child process: tracks until it is stopped, and prints what it accepted and what was not delivered.
const accepted: Array<string> = []

const program = Effect.gen(function* () {
  for (let number = 1; ; number++) {
    const { messageId } = yield* Analytics.track({ userId: "u", event: String(number) })
    accepted.push(messageId)
    if (number === 50) yield* Console.log("tracking")
    if (number % 10 === 0) yield* Effect.sleep("5 millis")
  }
}).pipe(Effect.ensuring(Effect.suspend(() => Console.log(`accepted ${accepted.join(" ")}`))))

const AnalyticsOfProcess = Layer.unwrap(
  Effect.map(analyticsConfig, (options) =>
    AnalyticsNode.layer({
      ...options,
      onUndelivered: ({ messages }) =>
        Console.log(`undelivered ${messages.map(({ messageId }) => messageId).join(" ")}`)
    })
  )
)

program.pipe(Effect.provide(AnalyticsOfProcess), NodeRuntime.runMain)
