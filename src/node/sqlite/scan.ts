import type { DatabaseSync } from "node:sqlite"
import { isMessageType } from "../../message/read.ts"
import type { FetchedLane, KeptMessage } from "../../outbox/OutboxStore.ts"
import { lanes } from "../../pipeline/lane.ts"
import { memberIn, numberIn, type Row, textIn } from "./row.ts"

/** Ids that are looked through in one transaction: less than a millisecond's. */
const idsAtOnce = 2000

/** What is known of a lane. */
interface Known {
  /** The greatest id that was fetched. */
  fetched: number
  /** All up to here was fetched: what is committed later has a greater id. */
  seen: number
}

/** The next messages of some lanes, as far as they are found. */
export interface Search {
  readonly messages: Array<KeptMessage>
  /** There are no more, or enough for a while. */
  isOver: boolean
}

/** What a search asks of each message. */
export interface About {
  readonly now: number
  readonly triedFor: (id: number) => number | undefined
  readonly isGone: (id: number) => boolean
}

/**
 * Finds the next messages of lanes in the order of ids, which is that of commits, and of the pages. An index by lane would have
 * a page for each of them written again with every commit. What was seen once is not looked at again, so that the messages of a
 * lane that nobody takes are in nobody's way.
 */
export const makeScan = (database: DatabaseSync) => {
  const firstAfter = database.prepare("select min(id) as id from message where id > ?")
  const last = database.prepare("select max(id) as id from message")
  const next = database.prepare(`select id, lane, accepted_at, type, message_id, json, bytes from message
    where id between ? and ? and (? >> lane) & 1 order by id limit ?`)
  next.setReturnArrays(true)
  const known = Array.from({ length: lanes }, (): Known => ({ fetched: 0, seen: 0 }))

  const idOf = (row: Row): number | undefined => (row?.["id"] === null ? undefined : numberIn(row, "id"))

  /** Where to begin with a lane. What was fetched and is not known to who asks is to be fetched again. */
  const beginOf = ({ lane, after }: FetchedLane): number => {
    const of = known[lane]
    if (of === undefined) return after
    if (after < of.fetched) {
      of.fetched = after
      of.seen = after
    }
    return Math.max(after, of.seen)
  }

  const read = (row: Row, { now, triedFor }: About): KeptMessage => {
    const id = numberIn(row, 0)
    return {
      id,
      lane: numberIn(row, 1),
      age: Math.max(0, now - numberIn(row, 2)),
      triedFor: triedFor(id),
      type: memberIn(row, 3, isMessageType),
      messageId: textIn(row, 4),
      json: textIn(row, 5),
      bytes: numberIn(row, 6)
    }
  }

  /** Returns what is to be done, in transactions of their own, until it is over. */
  return (wanted: ReadonlyArray<FetchedLane>, perLane: number, about: About) => {
    const begins = new Map(wanted.map((lane) => [lane.lane, beginOf(lane)]))
    const counts = new Map<number, number>()
    const search: Search = { messages: [], isOver: wanted.length === 0 }
    const enough = Math.max(perLane, Math.ceil((wanted.length * perLane) / 2))
    let at = Math.min(...begins.values())

    /** Of lanes that have room, and may have more. */
    const maskUpTo = (end: number): bigint => {
      let mask = 0n
      for (const [lane, begin] of begins) {
        if (begin < end && (counts.get(lane) ?? 0) < perLane) mask |= 1n << BigInt(lane)
      }
      return BigInt.asIntN(64, mask)
    }

    const look = (row: Row): void => {
      const id = numberIn(row, 0)
      const lane = numberIn(row, 1)
      const count = counts.get(lane) ?? 0
      const of = known[lane]
      at = id
      if (of === undefined || id <= (begins.get(lane) ?? id) || count >= perLane) return
      of.fetched = Math.max(of.fetched, id)
      of.seen = Math.max(of.seen, id)
      if (about.isGone(id)) return
      search.messages.push(read(row, about))
      counts.set(lane, count + 1)
    }

    const step = (): void => {
      const first = idOf(firstAfter.get(at))
      const end = idOf(last.get())
      const mask = end === undefined ? 0n : maskUpTo(end)
      if (first === undefined || mask === 0n) {
        search.isOver = true
        return
      }
      const upTo = first + idsAtOnce
      const rows = next.all(first, upTo, mask, enough)
      for (const row of rows) look(row)
      if (rows.length < enough) at = upTo
      for (const lane of begins.keys()) {
        const of = known[lane]
        if (of !== undefined && (counts.get(lane) ?? 0) < perLane) of.seen = Math.max(of.seen, Math.min(at, end ?? at))
      }
      search.isOver = search.messages.length >= enough
    }
    return { search, step }
  }
}
