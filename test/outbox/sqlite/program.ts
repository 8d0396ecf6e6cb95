// What the tests start as processes of their own.
import { statSync, writeSync } from "node:fs"
import type { OutboxError } from "cdp-analytics-effect"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { type OutboxDatabase, OutboxStore } from "cdp-analytics-effect/outbox"
import { Effect } from "effect"

const [task = "", filename = "", name = "", size = "500"] = process.argv.slice(2)

/** What was said before the process is killed is heard. */
const say = (line: string): void => void writeSync(1, `${line}\n`)

/** Each lane's messages are appended one after another. */
const appendIn = (outbox: OutboxDatabase, lane: number, index: number, onCommit = () => {}) => {
  const messageId = `${name}-${lane}-${index}`
  const json = JSON.stringify({ type: "track", event: "e", messageId, userId: name, text: "x".repeat(Number(size)) })
  return outbox
    .append({ messageId, type: "track", lane, json, bytes: json.length }, onCommit)
    .pipe(Effect.as(messageId))
}

const writeLane = Effect.fnUntraced(function* (outbox: OutboxDatabase, lane: number, count: number) {
  for (let index = 0; index < count; index++) say(`+${yield* appendIn(outbox, lane, index)}`)
})

const writeLanes = (outbox: OutboxDatabase, lanes: number, count: number) =>
  Effect.forEach(Array.from({ length: lanes }), (_, lane) => writeLane(outbox, lane, count), {
    concurrency: "unbounded",
    discard: true
  })

/** Delivers two of three, and says what it is about to delete, and what it has deleted. */
const relay = Effect.fnUntraced(function* (outbox: OutboxDatabase) {
  const known = new Map(Array.from({ length: 64 }, (_, lane) => [lane, 0]))
  let leases = yield* outbox.renew(name, [])
  say(`L${leases.lanes.size}`)
  while (leases.lanes.size > 0) {
    const fetched = yield* outbox.fetch(
      Array.from(known, ([lane, after]) => ({ lane, after })),
      4
    )
    for (const { id, lane } of fetched) known.set(lane, id)
    const messages = fetched.filter(({ id }) => id % 3 > 0)
    for (const { messageId } of messages) say(`?${messageId}`)
    yield* outbox.remove(name, messages)
    for (const { messageId } of messages) say(`-${messageId}`)
    yield* Effect.sleep("2 millis")
    leases = yield* outbox.renew(name, [])
  }
})

const tasks: Readonly<Record<string, (outbox: OutboxDatabase) => Effect.Effect<unknown, OutboxError>>> = {
  /** 8 lanes of 50. */
  write: (outbox) => writeLanes(outbox, 8, 50),
  /** Until it is killed. */
  writeAndDeliver: (outbox) =>
    Effect.all([writeLanes(outbox, 8, 1_000_000), relay(outbox)], { concurrency: "unbounded" }),
  /** One after another, and how long the log is then, until it is killed. */
  writeSlowly: Effect.fnUntraced(function* (outbox) {
    for (let index = 0; index < 100_000; index++) {
      say(`+${yield* appendIn(outbox, index % 64, index)} ${statSync(`${filename}-wal`).size}`)
    }
  }),
  /** Has all lanes until it is killed. */
  hold: Effect.fnUntraced(function* (outbox) {
    say(`L${(yield* outbox.renew(name, [])).lanes.size}`)
    yield* Effect.sleep("1 hour")
  })
}

await Effect.gen(function* () {
  const outbox = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
  yield* tasks[task]!(outbox)
}).pipe(Effect.scoped, Effect.provide(OutboxSqlite.layer({ filename })), Effect.runPromise)
