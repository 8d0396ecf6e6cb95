import { writeSync } from "node:fs"
import { NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer, Logger, Redacted } from "effect"
import { Analytics } from "../../src/index.ts"
import { AnalyticsOutboxNode, OutboxSqlite } from "../../src/node/index.ts"

// Run as a child process: calls for some people, each after the other, and delivers, until it is killed. What it says is out
// before it goes on.
const say = (line: string) => Effect.sync(() => writeSync(1, `${line}\n`))

const program = Effect.gen(function* () {
  const name = yield* Config.String("NAME")
  const people = yield* Config.String("PEOPLE")
  const call = Effect.fnUntraced(function* (person: string) {
    for (let number = 1; ; number++) {
      const id = `${name}-${person}-${number}`
      yield* say(`call ${id} ${person}`)
      yield* Analytics.track({ userId: person, event: number % 20 === 7 ? "bad" : "good", messageId: id })
      yield* say(`done ${id}`)
      if (number % 5 === 0) yield* Effect.sleep("2 millis")
    }
  })
  yield* Effect.forEach(people.split(","), call, { concurrency: "unbounded" })
})

const AnalyticsOfProcess = Layer.unwrap(
  Effect.gen(function* () {
    const endpoint = yield* Config.String("ENDPOINT")
    return AnalyticsOutboxNode.layer({
      apiKey: Redacted.make("k"),
      endpoint,
      flushInterval: "20 millis",
      maxBatchSize: 50
    }).pipe(Layer.provide(OutboxSqlite.layer({ filename: yield* Config.String("FILENAME") })))
  })
)

program.pipe(Effect.provide(Layer.provide(AnalyticsOfProcess, Logger.layer([]))), NodeRuntime.runMain)
