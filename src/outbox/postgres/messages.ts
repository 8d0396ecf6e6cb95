import * as Effect from "effect/Effect"
import type { OutboxError } from "../../pipeline/CallError.ts"
import { lanes } from "../../pipeline/lane.ts"
import type { KeptMessage, Verdict } from "../OutboxStore.ts"
import { type Ask, arrayOf, type Numeric } from "./ask.ts"
import type { Tables } from "./tables.ts"

export interface MessageTable {
  readonly remove: (
    relay: string,
    messages: ReadonlyArray<KeptMessage>
  ) => Effect.Effect<ReadonlyArray<number>, OutboxError>
  readonly bury: (
    relay: string,
    messages: ReadonlyArray<KeptMessage>,
    verdict: Verdict
  ) => Effect.Effect<ReadonlyArray<number>, OutboxError>
  readonly markTried: (messages: ReadonlyArray<KeptMessage>) => Effect.Effect<void, OutboxError>
  readonly countUpTo: (id: number) => Effect.Effect<number, OutboxError>
}

/** All of them: the index begins with the lane. */
export const allLanes = arrayOf(Array(lanes).keys())

export const millisSince = (time: string): string => `(extract(epoch from clock_timestamp() - ${time}) * 1000)::float8`

export const makeMessageTable = ({ message, tried, dead, lease }: Tables, ask: Ask): MessageTable => {
  /** A relay that slept through its lease deletes nothing. */
  const gone = `
held as materialized (
  select lane from ${lease} where relay = $1::text and expires_at > clock_timestamp()
), gone as (
  delete from ${message} as m using unnest($2::smallint[], $3::bigint[]) as k (lane, id) join held on held.lane = k.lane
  where m.lane = k.lane and m.id = k.id
  returning m.*
), untried as (
  delete from ${tried} as t using unnest($2::smallint[], $3::bigint[]) as k (lane, id) join held on held.lane = k.lane
  where t.lane = k.lane and t.id = k.id
  returning t.*
)`

  const keys = (messages: ReadonlyArray<KeptMessage>) => [
    arrayOf(messages.map(({ lane }) => lane)),
    arrayOf(messages.map(({ id }) => id))
  ]
  const ids = Effect.map((rows: ReadonlyArray<{ id: Numeric }>) => rows.map(({ id }) => Number(id)))

  return {
    remove: (relay, messages) => ids(ask(`with ${gone} select id from gone`, [relay, ...keys(messages)])),
    bury: (relay, messages, { tag, status, reason, attempts }) =>
      ids(
        ask(
          `with ${gone}
insert into ${dead} (id, lane, type, message_id, json, bytes, accepted_at, tried_at, tag, status, reason, attempts)
select id, lane, type, message_id, json, bytes, accepted_at, tried_at, $4::text, $5::integer, $6::text, $7::integer
from gone left join untried using (lane, id)
returning id`,
          // Postgres takes no NUL, nor half a character.
          [relay, ...keys(messages), tag, status ?? null, reason.replace(/\0|[\ud800-\udfff]/gu, "\ufffd"), attempts]
        )
      ),
    markTried: (messages) =>
      Effect.asVoid(
        ask(
          `insert into ${tried} (lane, id)
select m.lane, m.id from unnest($1::smallint[], $2::bigint[]) as k (lane, id)
join ${message} as m on m.lane = k.lane and m.id = k.id
on conflict do nothing`,
          keys(messages)
        )
      ),
    countUpTo: (id) =>
      Effect.map(
        ask<{ messages: Numeric }>(`select count(*) as messages from ${message} where id <= $1::bigint`, [String(id)]),
        ([row]) => Number(row?.messages ?? 0)
      )
  }
}
