import type { DatabaseSync } from "node:sqlite"
import { isMessageType } from "../../message/read.ts"
import type { DeadLetter, Verdict } from "../../outbox/OutboxStore.ts"
import { isOfPerson } from "./messages.ts"
import { memberIn, numberIn, optionalNumberIn, textIn } from "./row.ts"
import type { State } from "./transactions.ts"

/** What will not be sent again by itself. Each function is part of a transaction. */
export interface DeadLetterTable {
  readonly get: (id: number) => DeadLetter | undefined
  /** Those that there are, oldest first. */
  readonly those: (ids: ReadonlyArray<number>) => ReadonlyArray<DeadLetter>
  readonly page: (after: number, limit: number) => ReadonlyArray<DeadLetter>
  readonly count: () => number
  /** Returns of how many. */
  readonly replay: (state: State, ids: ReadonlyArray<number> | undefined, now: number) => number
  /** Returns of how many. */
  readonly purge: () => number
  /** Returns of how many. */
  readonly purgePerson: (person: string) => number
  /** Deletes those that died before. */
  readonly expire: (before: number) => void
}

const tags: Readonly<Record<Verdict["tag"], true>> = { Rejected: true, RetriesExhausted: true, TooLarge: true }
const isTag = (tag: unknown): tag is Verdict["tag"] => typeof tag === "string" && Object.hasOwn(tags, tag)

export const makeDeadLetterTable = (database: DatabaseSync): DeadLetterTable => {
  const select = database.prepare("select * from dead where id = ?")
  const selectAfter = database.prepare("select * from dead where id > ? order by id limit ?")
  const selectIds = database.prepare("select id from dead order by id")
  const countAll = database.prepare("select count(*) as letters from dead")
  const revive = database.prepare(`insert into message
    select ?, lane, type, message_id, json, bytes, ? from dead where id = ? returning bytes`)
  const markTried = database.prepare(
    "insert into tried select ?, tried_at from dead where id = ? and tried_at is not null"
  )
  const deleteOne = database.prepare("delete from dead where id = ?")
  const deletePerson = database.prepare(`delete from dead where ${isOfPerson}`)
  const deleteAll = database.prepare("delete from dead")
  const deleteBefore = database.prepare("delete from dead where died_at < ?")

  const read = (row: ReturnType<typeof select.get>): DeadLetter => ({
    id: numberIn(row, "id"),
    lane: numberIn(row, "lane"),
    type: memberIn(row, "type", isMessageType),
    messageId: textIn(row, "message_id"),
    json: textIn(row, "json"),
    bytes: numberIn(row, "bytes"),
    acceptedAt: numberIn(row, "accepted_at"),
    diedAt: numberIn(row, "died_at"),
    tag: memberIn(row, "tag", isTag),
    status: optionalNumberIn(row, "status"),
    reason: textIn(row, "reason"),
    attempts: numberIn(row, "attempts")
  })

  const get = (id: number): DeadLetter | undefined => {
    const row = select.get(id)
    return row === undefined ? undefined : read(row)
  }

  return {
    get,
    those: (ids) => [...new Set(ids)].sort((one, other) => one - other).flatMap((id) => get(id) ?? []),
    page: (after, limit) => selectAfter.all(after, limit).map(read),
    count: () => numberIn(countAll.get(), "letters"),
    replay: (state, ids, now) => {
      let replayed = 0
      for (const id of ids ?? selectIds.all().map((row) => numberIn(row, "id"))) {
        const revived = revive.get(state.nextId, now, id)
        if (revived === undefined) continue
        markTried.run(state.nextId, id)
        deleteOne.run(id)
        state.nextId++
        state.messages++
        state.bytes += numberIn(revived, "bytes")
        replayed++
      }
      return replayed
    },
    purge: () => Number(deleteAll.run().changes),
    purgePerson: (person) => Number(deletePerson.run(person).changes),
    expire: (before) => {
      deleteBefore.run(before)
    }
  }
}
