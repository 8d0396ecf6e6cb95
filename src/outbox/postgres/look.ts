import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { MessageType } from "../../message/Message.ts"
import type { OutboxError } from "../../pipeline/CallError.ts"
import { lanes } from "../../pipeline/lane.ts"
import { monotonicMillis } from "../../time/monotonic.ts"
import type { FetchedLane, KeptMessage } from "../OutboxStore.ts"
import { type Ask, arrayOf, type Numeric } from "./ask.ts"
import { makeFloors } from "./floors.ts"
import { wholeXid } from "./insert.ts"
import { readId } from "./messageId.ts"
import { millisSince } from "./messages.ts"
import type { Tables } from "./tables.ts"

/** Looks through lanes. */
export interface Look {
  readonly fetch: (
    lanes: ReadonlyArray<FetchedLane>,
    perLane: number
  ) => Effect.Effect<ReadonlyArray<KeptMessage>, OutboxError>
  readonly hasUpTo: (id: number) => Effect.Effect<boolean, OutboxError>
}

/** How often it is asked which transactions have not ended. */
const surveyMillis = 1000

interface Row {
  readonly ended: string
  readonly lane: number
  readonly id: Numeric | null
  readonly type: MessageType
  readonly message_id: string
  readonly json: string
  readonly bytes: number
  readonly age: number
  readonly tried_for: number | null
}

export const makeLook = ({ message, messageIds, tried }: Tables, ask: Ask, clock: Clock.Clock): Look => {
  const floors = makeFloors()
  const oneAtATime = Semaphore.makeUnsafe(1).withPermit
  let surveyedAt = Number.NEGATIVE_INFINITY

  // Who inserts has the table locked so before it gets an id, and until what it did is seen by others.
  const survey = `
with locks as materialized (
  select virtualtransaction, locktype, mode, transactionid, relation
  from pg_locks
  where locktype = 'transactionid'
    or (locktype = 'relation' and database = (select oid from pg_database where datname = current_database()))
), writers as (
  -- The oldest of its numbers: the others are of its savepoints.
  select w.virtualtransaction, (array_agg(x.transactionid::text order by age(x.transactionid) desc))[1] as xid
  from locks as w
  left join locks as x
    on x.virtualtransaction = w.virtualtransaction and x.locktype = 'transactionid' and x.mode = 'ExclusiveLock'
  where w.relation = '${message}'::regclass and w.mode = 'RowExclusiveLock'
  group by w.virtualtransaction
)
select case when is_called then last_value else 0 end as last_id,
  pg_snapshot_xmax(pg_current_snapshot())::text as near,
  (select string_agg(coalesce(xid, ''), ',') from writers) as writers
from ${messageIds}`

  const readWriters = (writers: string | null, near: string): ReadonlySet<bigint> | undefined => {
    const xids = writers === null ? [] : writers.split(",")
    return xids.includes("") ? undefined : new Set(xids.map((xid) => wholeXid(xid, BigInt(near))))
  }

  // Who may not see who writes looks from the beginning.
  const surveyed = Effect.suspend(() => {
    const now = monotonicMillis(clock)
    if (now < surveyedAt + surveyMillis) return Effect.void
    surveyedAt = now
    return ask<{ last_id: Numeric; near: string; writers: string | null }>(survey).pipe(
      Effect.tap(([row]) =>
        Effect.sync(() => {
          if (row !== undefined) floors.surveyed(Number(row.last_id), readWriters(row.writers, row.near))
        })
      ),
      Effect.ignore
    )
  })

  const from = `
from (
  select coalesce(array_agg(x) filter (where pg_visible_in_snapshot(x, pg_current_snapshot())), '{}') as ended
  from unnest($1::text::xid8[]) as x
) as s
cross join unnest($2::smallint[], $3::bigint[], $4::bigint[]) as l (lane, low, high)`
  const isBehind = "m.lane = l.lane and m.id > case when s.ended = '{}' then l.high else l.low end"

  const floorsOf = (lanes: ReadonlyArray<number>) => [
    `{${Array.from(floors.pending()).join()}}`,
    arrayOf(lanes),
    arrayOf(lanes.map((lane) => floors.of(lane).low)),
    arrayOf(lanes.map((lane) => floors.of(lane).high))
  ]

  const select = `
select array_to_string(s.ended, ',') as ended, m.lane, m.id, m.type, m.message_id, m.json, m.bytes,
  ${millisSince("m.accepted_at")} as age, ${millisSince("t.tried_at")} as tried_for
${from}
left join lateral (select * from ${message} as m where ${isBehind} order by m.id limit $5::integer) as m on true
left join ${tried} as t on t.lane = m.lane and t.id = m.id
order by m.id`

  const fetch = Effect.fnUntraced(function* (wanted: ReadonlyArray<FetchedLane>, perLane: number) {
    if (wanted.length === 0) return []
    yield* surveyed
    const lanes = wanted.map(({ lane }) => lane)
    const rows = yield* ask<Row>(select, [...floorsOf(lanes), perLane])
    const messages = rows.flatMap(({ ended, id, message_id, tried_for, ...row }): ReadonlyArray<KeptMessage> => {
      if (id === null) return []
      const { lane, type, json, bytes, age } = row
      return [
        {
          id: Number(id),
          lane,
          type,
          messageId: readId(message_id),
          json,
          bytes,
          // By the clock of another server, perhaps, since the one before is gone.
          age: Math.max(0, age),
          triedFor: tried_for === null ? undefined : Math.max(0, tried_for)
        }
      ]
    })
    const firsts = new Map<number, number>()
    for (const { lane, id } of messages) if (!firsts.has(lane)) firsts.set(lane, id)
    floors.looked(
      lanes,
      firsts,
      (rows[0]?.ended ?? "").split(",").flatMap((xid) => (xid === "" ? [] : [BigInt(xid)]))
    )
    return messages
  })

  const all = Array.from({ length: lanes }, (_, lane) => lane)

  return {
    fetch: (wanted, perLane) =>
      // After a connection was lost the server may be another one, which does not know the last of what this one knew.
      oneAtATime(Effect.tapError(fetch(wanted, perLane), () => Effect.sync(floors.forget))),
    hasUpTo: (id) =>
      Effect.suspend(() =>
        ask<{ is_there: boolean }>(
          `select exists (
  select ${from} cross join lateral (select from ${message} as m where ${isBehind} and m.id <= $5::bigint limit 1) as m
) as is_there`,
          [...floorsOf(all), String(id)]
        )
      ).pipe(Effect.map(([row]) => row?.is_there === true))
  }
}
