/**
 * What could not be delivered goes to a file, and is sent at the next start: an outage longer than every retry loses
 * nothing that the disk keeps.
 */
import { constants } from "node:fs"
import { type FileHandle, mkdir, open } from "node:fs/promises"
import { dirname } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { Analytics, type CallError, messageFromJson } from "cdp-analytics-effect"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Console, Effect, FileSystem, Layer, Redacted, Schedule } from "effect"

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

/**
 * Uses a file that nobody else can read, since people's data is in it. Nor is it one that somebody else put there: a link is
 * not followed, a pipe not waited for.
 */
const withOwnFile = <A>(path: string, use: (file: FileHandle) => Promise<A>) =>
  Effect.acquireUseRelease(
    Effect.tryPromise(async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      return open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
    }),
    (file) =>
      Effect.tryPromise(async () => {
        const stats = await file.stat()
        const isOurs = stats.isFile() && stats.nlink === 1 && stats.uid === (process.getuid?.() ?? stats.uid)
        if (!isOurs) throw new Error(`${path} is no file of ours`)
        await file.chmod(0o600)
        return use(file)
      }),
    (file) => Effect.promise(() => file.close())
  )

const append = (path: string, lines: ReadonlyArray<string>) =>
  withOwnFile(path, (file) => file.appendFile(lines.map((line) => `${line}\n`).join("")))

const AnalyticsWithFile = (path: string) =>
  Analytics.layer({
    apiKey: Redacted.make("a-key-for-the-examples"),
    retry: Schedule.recurs(2),
    onUndelivered: Effect.fnUntraced(function* ({ messages, unreadable = [], error }) {
      // The JSON of each, as it was sent.
      const lines = [...messages.map((message) => JSON.stringify(message)), ...unreadable]
      yield* append(path, lines)
      yield* Console.log(`${lines.length} to the file: ${error._tag}`)
    })
  })

/** Sends what the file has, as it was. A message that arrived after all has the same id, so the server takes it once. */
const sendAgain = Effect.fnUntraced(function* (path: string) {
  const content = yield* withOwnFile(path, (file) => file.readFile("utf8"))
  const lines = content.split("\n").filter((line) => line !== "")
  if (lines.length === 0) return
  // One that is no message, or was cut short by a crash, stays for somebody to look at, and keeps none of the others back.
  const [messages, unread] = yield* Effect.partition(lines, (line) =>
    Effect.mapError(Effect.fromResult(messageFromJson(line)), () => line)
  )
  for (const message of messages) yield* Analytics.enqueue(message, { asStamped: true })
  const { delivered, waiting } = yield* Analytics.flush
  // Only now: who is killed before sends them again, with the same ids. What failed again stands behind them.
  if (waiting === 0) {
    yield* withOwnFile(path, async (file) => {
      const failed = (await file.readFile("utf8")).slice(content.length)
      await file.truncate(0)
      await file.appendFile(unread.map((line) => `${line}\n`).join("") + failed)
    })
  }
  yield* Console.log(`${delivered} of ${lines.length} from the file are delivered`)
})

/** One run of the application, from its start to its end. */
const run = (path: string, work: Effect.Effect<void, CallError, Analytics>) =>
  sendAgain(path).pipe(Effect.andThen(work), Effect.provide(AnalyticsWithFile(path)))

const order = Analytics.track({ userId: "019mr8mf4r", event: "order_completed", properties: { revenue: 39.95 } })

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = process.argv[2] ?? `${yield* fs.makeTempDirectoryScoped()}/undelivered/messages.ndjson`
  yield* Simulator.setFaults([{ kind: "status", status: 503 }])
  yield* run(path, Effect.asVoid(order))
  yield* Simulator.setFaults([])
  yield* run(path, Effect.void)
  const events = yield* Simulator.events
  yield* Console.log(`the server has ${events.length}: ${events.map((event) => event.message["event"]).join(", ")}`)
  if (events.length !== 1) return yield* Effect.die("the order was lost")
}).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(Simulator.layer(), NodeFileSystem.layer)))

await Effect.runPromise(program)
