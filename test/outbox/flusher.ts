import { Config, Duration, Effect, Layer, Logger, ManagedRuntime, Redacted } from "effect"
import { Analytics } from "../../src/index.ts"
import { AnalyticsOutboxNode, OutboxSqlite } from "../../src/node/index.ts"

// Run as a child process: flushes without anything that keeps it alive but what is under way.
const AnalyticsOfProcess = Layer.unwrap(
  Effect.gen(function* () {
    return AnalyticsOutboxNode.layer({
      apiKey: Redacted.make("k"),
      endpoint: "http://127.0.0.1:1",
      flushTimeout: Duration.infinity,
      shutdownTimeout: 0
    }).pipe(Layer.provide(OutboxSqlite.layer({ filename: yield* Config.String("FILENAME") })))
  })
)

const runtime = ManagedRuntime.make(Layer.provide(AnalyticsOfProcess, Logger.layer([])))
await runtime.runPromise(Analytics.track({ userId: "ada", event: "one" }))
const { delivered } = await runtime.runPromise(Analytics.flush)
process.stdout.write(`delivered ${delivered}\n`)
