import * as Effect from "effect/Effect"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { OutboxUsage } from "../OutboxStore.ts"
import { type Ask, arrayOf, type Numeric } from "./ask.ts"
import type { Tables } from "./tables.ts"

const pageSize = 1000

/**
 * Deletes what a table has of a person. The database only finds the rows in which that id stands as a text: it cannot read
 * every JSON that can be sent, such as one with a NUL in it.
 */
const purgePerson = Effect.fnUntraced(function* (table: string, person: string, ask: Ask) {
  const text = JSON.stringify(person)
  const deleted = { messages: 0, bytes: 0 }
  let after = 0
  while (true) {
    const rows = yield* ask<{ id: Numeric; lane: number; json: string }>(
      `select id, lane, json from ${table} where id > $1::bigint and strpos(json, $2::text) > 0 order by id limit ${pageSize}`,
      [String(after), text],
      Number.POSITIVE_INFINITY
    )
    const theirs = rows.filter(({ json }) => isOf(JSON.parse(json), person))
    const gone = yield* ask<{ bytes: number }>(
      `delete from ${table} as t using unnest($1::smallint[], $2::bigint[]) as k (lane, id)
where t.lane = k.lane and t.id = k.id returning t.bytes`,
      [arrayOf(theirs.map(({ lane }) => lane)), arrayOf(theirs.map(({ id }) => Number(id)))]
    )
    deleted.messages += gone.length
    for (const { bytes } of gone) deleted.bytes += bytes
    const last = rows.at(-1)
    if (last === undefined) return deleted
    after = Number(last.id)
  }
})

const isOf = (message: unknown, person: string): boolean =>
  typeof message === "object" &&
  message !== null &&
  Object.entries(message).some(
    ([name, value]) => (name === "userId" || name === "anonymousId" || name === "previousId") && value === person
  )

/** Returns what waited, and how many dead letters. */
export const makePurge =
  ({ message, dead, tried }: Tables, ask: Ask) =>
  (person: string | undefined): Effect.Effect<{ readonly waiting: OutboxUsage; readonly dead: number }, OutboxError> =>
    Effect.gen(function* () {
      if (person === undefined) {
        const [row] = yield* ask<{ letters: Numeric }>(
          `with gone as (delete from ${dead} returning 1) select count(*) as letters from gone`,
          [],
          Number.POSITIVE_INFINITY
        )
        return { waiting: { messages: 0, bytes: 0 }, dead: Number(row?.letters ?? 0) }
      }
      const waiting = yield* purgePerson(message, person, ask)
      // What died in between.
      const letters = yield* purgePerson(dead, person, ask)
      yield* ask(
        `delete from ${tried} as t where not exists (select from ${message} as m where m.lane = t.lane and m.id = t.id)`,
        [],
        Number.POSITIVE_INFINITY
      )
      return { waiting, dead: letters.messages }
    })
