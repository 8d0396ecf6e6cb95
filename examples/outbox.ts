/**
 * What a crash does not lose: a process is killed right after its calls, with all that it accepted in a file, and the next one
 * delivers it.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeRuntime } from "@effect/platform-node"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsOutboxNode, OutboxSqlite } from "cdp-analytics-effect/node"
import { AnalyticsOutbox, OutboxRelay, OutboxStore } from "cdp-analytics-effect/outbox"
import { Console, Effect, Layer } from "effect"
import { apiKey, Receiver } from "./receiver.ts"

/** The process that is killed. It needs neither a key nor a server: another one delivers. */
const accept = (filename: string) =>
  Effect.gen(function* () {
    yield* Analytics.identify({ userId: "ada", traits: { email: "ada@example.com" } })
    yield* Analytics.track({ userId: "ada", event: "added_to_cart", properties: { sku: "G-32" } })
    yield* Analytics.track({ userId: "ada", event: "order_completed", properties: { revenue: 39.95 } })
    yield* Console.log(`process ${process.pid} has made three calls, and is killed`)
    process.kill(process.pid, "SIGKILL")
  }).pipe(Effect.provide(AnalyticsOutbox.layerWriter().pipe(Layer.provide(OutboxSqlite.layer({ filename })))))

const RelayLive = Layer.unwrap(
  Effect.map(Receiver.endpoint, (endpoint) => AnalyticsOutboxNode.layerRelay({ apiKey, endpoint }))
).pipe(Layer.provide(Receiver.layer))

/** The process after it. */
const deliver = Effect.gen(function* () {
  const outbox = yield* (yield* OutboxStore).open
  const { waiting, oldest } = yield* outbox.report
  yield* Console.log(`${waiting.messages} messages wait, the oldest for ${oldest} ms`)
  yield* OutboxRelay.drain.pipe(Effect.provide(RelayLive))
  const { waiting: left } = yield* outbox.report
  yield* Console.log(`${left.messages} messages wait`)
})

const program = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const filename = join(folder, "analytics.db")
  spawnSync(process.execPath, [import.meta.filename, filename], { stdio: "inherit" })
  yield* deliver.pipe(Effect.provide(OutboxSqlite.layer({ filename })))
}).pipe(Effect.scoped)

const [, , filename] = process.argv
NodeRuntime.runMain<unknown, unknown>(filename === undefined ? program : accept(filename))
