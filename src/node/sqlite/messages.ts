import type { DatabaseSync } from "node:sqlite"
import { isMessageType } from "../../message/read.ts"
import type { FetchedLane, KeptMessage, OutboxReport, OutboxUsage, Verdict } from "../../outbox/OutboxStore.ts"
import { memberIn, numberIn } from "./row.ts"
import { makeScan } from "./scan.ts"
import type { State } from "./transactions.ts"

/** What waits. Each function is part of a transaction. */
export interface MessageTable {
  readonly search: (
    lanes: ReadonlyArray<FetchedLane>,
    perLane: number,
    now: number,
    isGone: (id: number) => boolean
  ) => ReturnType<ReturnType<typeof makeScan>>
  /** Deletes those from the first id to the last. */
  readonly removeRun: (state: State, first: number, last: number) => void
  readonly bury: (
    state: State,
    messages: ReadonlyArray<KeptMessage>,
    verdict: Verdict,
    now: number
  ) => ReadonlyArray<number>
  readonly markTried: (messages: ReadonlyArray<KeptMessage>, now: number) => void
  readonly has: (id: number) => boolean
  readonly hasUpTo: (id: number, isGone: (id: number) => boolean) => boolean
  readonly countUpTo: (waiting: OutboxUsage, id: number) => number
  /** Returns of how many. */
  readonly purge: (state: State, person: string) => number
  readonly oldest: (now: number) => number | undefined
  readonly countTypes: () => OutboxReport["types"]
}

/** The ids by which a message is a person's. */
export const isOfPerson = `?1 in (json ->> '$.userId', json ->> '$.anonymousId', json ->> '$.previousId')`

export const makeMessageTable = (database: DatabaseSync): MessageTable => {
  const scan = makeScan(database)
  const triedAt = database.prepare("select tried_at from tried where id = ?")
  const deleteOne = database.prepare("delete from message where id = ?")
  const sumRun = database.prepare(
    "select count(*) as messages, sum(bytes) as bytes from message where id between ? and ?"
  )
  const deleteRun = database.prepare("delete from message where id between ? and ?")
  const unmarkRun = database.prepare("delete from tried where id between ? and ?")
  const deletePerson = database.prepare(`delete from message where ${isOfPerson} returning id, bytes`)
  const kill = database.prepare(`insert into dead
    select message.id, lane, type, message_id, json, bytes, accepted_at, tried_at, ?, ?, ?, ?, ?
    from message left join tried using (id) where message.id = ?`)
  const markOne = database.prepare("insert or ignore into tried select id, ? from message where id = ?")
  const anyTried = database.prepare("select exists (select 1 from tried) as tried")
  const unmark = database.prepare("delete from tried where id = ?")
  const one = database.prepare("select 1 from message where id = ?")
  const idsUpTo = database.prepare("select id from message where id <= ? order by id")
  const countAfter = database.prepare("select count(*) as messages from message where id > ?")
  const first = database.prepare("select accepted_at from message order by id limit 1")
  const types = database.prepare("select type, count(*) as messages from message group by type")

  const forget = (state: State, id: number, bytes: number, isMarked: boolean): void => {
    state.messages--
    state.bytes -= bytes
    if (isMarked) unmark.run(id)
  }

  const hasTried = (): boolean => numberIn(anyTried.get(), "tried") === 1

  const take = (
    state: State,
    messages: ReadonlyArray<KeptMessage>,
    before: (id: number) => void
  ): ReadonlyArray<number> => {
    const isMarked = hasTried()
    const taken: Array<number> = []
    for (const { id, bytes } of messages) {
      before(id)
      if (deleteOne.run(id).changes === 0) continue
      forget(state, id, bytes, isMarked)
      taken.push(id)
    }
    return taken
  }

  return {
    search: (lanes, perLane, now, isGone) => {
      let isMarked: boolean | undefined
      const triedFor = (id: number): number | undefined => {
        // In the transaction of what is found.
        isMarked ??= hasTried()
        const row = isMarked ? triedAt.get(id) : undefined
        return row === undefined ? undefined : Math.max(0, now - numberIn(row, "tried_at"))
      }
      return scan(lanes, perLane, { now, triedFor, isGone })
    },
    removeRun: (state, first, last) => {
      const row = sumRun.get(first, last)
      const messages = numberIn(row, "messages")
      if (messages === 0) return
      state.messages -= messages
      state.bytes -= numberIn(row, "bytes")
      deleteRun.run(first, last)
      if (hasTried()) unmarkRun.run(first, last)
    },
    bury: (state, messages, { attempts, reason, status, tag }, now) =>
      take(state, messages, (id) => kill.run(now, tag, status ?? null, reason, attempts, id)),
    markTried: (messages, now) => {
      for (const { id } of messages) markOne.run(now, id)
    },
    has: (id) => one.get(id) !== undefined,
    hasUpTo: (id, isGone) => {
      for (const row of idsUpTo.iterate(id)) if (!isGone(numberIn(row, "id"))) return true
      return false
    },
    // Most often it is one of the last.
    countUpTo: (state, id) => state.messages - numberIn(countAfter.get(id), "messages"),
    purge: (state, person) => {
      const isMarked = hasTried()
      const rows = deletePerson.all(person)
      for (const row of rows) forget(state, numberIn(row, "id"), numberIn(row, "bytes"), isMarked)
      return rows.length
    },
    oldest: (now) => {
      const row = first.get()
      return row === undefined ? undefined : Math.max(0, now - numberIn(row, "accepted_at"))
    },
    countTypes: () =>
      Object.fromEntries(types.all().map((row) => [memberIn(row, "type", isMessageType), numberIn(row, "messages")]))
  }
}
