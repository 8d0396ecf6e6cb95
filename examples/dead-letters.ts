/**
 * What could not be delivered goes to a file, and is sent at the next start: an outage longer than every retry loses
 * nothing that the disk keeps.
 */
import { NodeFileSystem } from "@effect/platform-node"
import { Analytics, type CallError, Message } from "cdp-analytics-effect"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Console, Effect, FileSystem, Layer, Redacted, Schedule, Schema } from "effect"

/** One message, as one line of the file. */
const Line = Schema.fromJsonString(Schema.toCodecJson(Message))

const AnalyticsWithFile = (path: string) =>
  Layer.unwrap(
    Effect.map(FileSystem.FileSystem, (fs) =>
      Analytics.layer({
        apiKey: Redacted.make("a-key-for-the-examples"),
        retry: Schedule.recurs(2),
        onUndelivered: Effect.fnUntraced(function* ({ messages, error }) {
          const lines = yield* Effect.forEach(messages, (message) => Schema.encodeEffect(Line)(message))
          yield* fs.writeFileString(path, lines.map((line) => `${line}\n`).join(""), { flag: "a" })
          yield* Console.log(`${messages.length} to the file: ${error._tag}`)
        })
      })
    )
  )

/** Sends what the file has. A message that arrived after all has the same id, so the server takes it once. */
const sendAgain = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  if (!(yield* fs.exists(path))) return
  const lines = (yield* fs.readFileString(path)).split("\n").filter((line) => line !== "")
  // Before anything is sent: what fails again is written anew.
  yield* fs.remove(path)
  for (const line of lines) yield* Analytics.enqueue(yield* Schema.decodeEffect(Line)(line))
  const { delivered } = yield* Analytics.flush
  yield* Console.log(`${delivered} of ${lines.length} from the file are delivered`)
})

/** One run of the application, from its start to its end. */
const run = (path: string, work: Effect.Effect<void, CallError, Analytics>) =>
  sendAgain(path).pipe(Effect.andThen(work), Effect.provide(AnalyticsWithFile(path)))

const order = Analytics.track({ userId: "019mr8mf4r", event: "order_completed", properties: { revenue: 39.95 } })

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = `${yield* fs.makeTempDirectoryScoped()}/undelivered.ndjson`
  yield* Simulator.setFaults([{ kind: "status", status: 503 }])
  yield* run(path, Effect.asVoid(order))
  yield* Simulator.setFaults([])
  yield* run(path, Effect.void)
  const events = yield* Simulator.events
  yield* Console.log(`the server has ${events.length}: ${events.map((event) => event.message["event"]).join(", ")}`)
  if (events.length !== 1) return yield* Effect.die("the order was lost")
}).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(Simulator.layer(), NodeFileSystem.layer)))

await Effect.runPromise(program)
