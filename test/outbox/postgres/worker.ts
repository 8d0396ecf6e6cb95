import { writeSync } from "node:fs"
import { NodeRuntime } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Config, Data, Effect, Layer, Logger, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Analytics } from "../../../src/index.ts"
import { AnalyticsOutboxNode } from "../../../src/node/index.ts"
import { AnalyticsOutbox, OutboxPostgres } from "../../../src/outbox/index.ts"

// Run as a child process: a writer, which calls in transactions and outside of them, or a relay. What it says is out before
// it goes on. The times are of the machine's monotonic clock, which all processes share.
const say = (...words: ReadonlyArray<unknown>) => Effect.sync(() => writeSync(1, `${words.join(" ")}\n`))
const now = () => process.hrtime.bigint()

class RolledBack extends Data.TaggedError("RolledBack") {}

const write = Effect.gen(function* () {
  const name = yield* Config.String("NAME")
  const people = yield* Config.Int("PEOPLE")
  const sql = yield* SqlClient.SqlClient
  const call = Effect.fnUntraced(function* (lane: number) {
    for (let number = 1; ; number++) {
      const id = `${name}-${lane}-${number}`
      const userId = `u${Math.floor(Math.random() * people)}`
      const event = number % 40 === 7 ? "bad" : "good"
      const track = Analytics.track({ userId, event, messageId: id })
      const kind = number % 2 === 0 ? "alone" : number % 5 === 0 ? "back" : "within"
      yield* say("call", id, userId, event, kind, now())
      const made =
        kind === "alone"
          ? track
          : Effect.gen(function* () {
              yield* sql`insert into made (id) values (${id})`
              yield* track
              // Others begin and commit meanwhile.
              yield* Effect.sleep(Math.random() * 20)
              if (kind === "back") return yield* new RolledBack()
            }).pipe(sql.withTransaction)
      yield* made.pipe(
        Effect.andThen(Effect.suspend(() => say("done", id, now()))),
        Effect.catchTag("RolledBack", () => say("back", id)),
        // A ROLLBACK that has no connection is a defect.
        Effect.catchCause(() => Effect.andThen(say("fail", id), Effect.sleep("100 millis")))
      )
      yield* Effect.sleep(Math.random() * 20)
    }
  })
  yield* Effect.forEach([1, 2, 3], call, { concurrency: "unbounded" })
})

const outbox = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* Config.Redacted("URL")
    const schema = yield* Config.String("SCHEMA")
    return Layer.provideMerge(OutboxPostgres.layer({ schema }), PgClient.layer({ url, maxConnections: 6 }))
  })
)

const Relay = Layer.unwrap(
  Effect.gen(function* () {
    const endpoint = yield* Config.String("ENDPOINT")
    const apiKey = Redacted.make(yield* Config.String("NAME"))
    return AnalyticsOutboxNode.layerRelay({ apiKey, endpoint, flushInterval: "50 millis", maxBatchSize: 50 })
  })
)

const program = Effect.gen(function* () {
  const role = yield* Config.String("ROLE")
  const { layerWriter } = AnalyticsOutbox
  return yield* role === "writer" ? Effect.provide(write, layerWriter()) : Layer.launch(Relay)
})

program.pipe(Effect.provide(Layer.provideMerge(outbox, Logger.layer([]))), NodeRuntime.runMain)
