import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { type OutboxDatabase, OutboxStore, type Verdict } from "cdp-analytics-effect/outbox"
import { Effect, type Scope } from "effect"

/** A file that is not there yet, in a folder of its own for as long as the scope is open. */
export const absentFile = Effect.acquireRelease(
  Effect.sync(() => join(mkdtempSync(join(tmpdir(), "cdp-analytics-outbox-")), "outbox.db")),
  (file) => Effect.sync(() => rmSync(join(file, ".."), { recursive: true, force: true }))
)

/** Does something with the outbox of a file, as an application would. */
export const inFile = <A, E>(file: string, use: (outbox: OutboxDatabase) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.flatMap(OutboxStore, ({ open }) => Effect.flatMap(open, use)).pipe(
    Effect.scoped,
    Effect.provide(OutboxSqlite.layer({ filename: file, durability: "process" }))
  )

export const rejected: Verdict = { tag: "Rejected", status: 400, reason: "no such thing", attempts: 2 }

/** Accepts messages of people. */
export const accept = (outbox: OutboxDatabase, userIds: ReadonlyArray<string>) =>
  Effect.forEach(
    userIds,
    (userId, index) => {
      const message = { type: "track", event: "bought", messageId: `m-${userId}-${index}`, userId } as const
      const json = JSON.stringify(message)
      return outbox.append({ ...message, lane: 7, json, bytes: Buffer.byteLength(json) }, () => {})
    },
    { discard: true, concurrency: "unbounded" }
  )

/** Makes dead letters of all that waits. */
export const buryAll = Effect.fnUntraced(function* (outbox: OutboxDatabase, verdict = rejected) {
  yield* outbox.renew("undertaker", [])
  const waiting = yield* outbox.fetch([{ lane: 7, after: 0 }], 10_000)
  yield* outbox.bury("undertaker", waiting, verdict)
  yield* outbox.release("undertaker")
})

/** A file with so many dead letters, and then messages that wait. */
export const fileWith = Effect.fnUntraced(function* (deadOf: ReadonlyArray<string>, waitingOf: ReadonlyArray<string>) {
  const file = yield* absentFile
  yield* inFile(
    file,
    Effect.fnUntraced(function* (outbox) {
      yield* accept(outbox, deadOf)
      yield* buryAll(outbox)
      yield* accept(outbox, waitingOf)
    })
  )
  return file
})
