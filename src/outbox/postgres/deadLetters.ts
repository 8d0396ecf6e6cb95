import * as Effect from "effect/Effect"
import type { MessageType } from "../../message/Message.ts"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { DeadLetter, OutboxUsage, Verdict } from "../OutboxStore.ts"
import { type Ask, arrayOf, type Numeric } from "./ask.ts"
import { readId } from "./messageId.ts"
import { allLanes } from "./messages.ts"
import type { Tables } from "./tables.ts"

export interface DeadLetterTable {
  readonly fateOf: (id: number) => Effect.Effect<"waiting" | "gone" | DeadLetter, OutboxError>
  readonly page: (query: {
    readonly ids?: ReadonlyArray<number> | undefined
    readonly after?: number | undefined
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<DeadLetter>, OutboxError>
  /** Returns what waits again. */
  readonly replay: (ids: ReadonlyArray<number> | undefined) => Effect.Effect<OutboxUsage, OutboxError>
  readonly expire: (olderThanMillis: number) => Effect.Effect<void, OutboxError>
}

interface Row {
  readonly id: Numeric
  readonly lane: number
  readonly type: MessageType
  readonly message_id: string
  readonly json: string
  readonly bytes: number
  readonly accepted: number
  readonly died: number
  readonly tag: Verdict["tag"]
  readonly status: number | null
  readonly reason: string
  readonly attempts: number
}

const read = (row: Row): DeadLetter => ({
  id: Number(row.id),
  lane: row.lane,
  type: row.type,
  messageId: readId(row.message_id),
  json: row.json,
  bytes: row.bytes,
  acceptedAt: row.accepted,
  diedAt: row.died,
  tag: row.tag,
  status: row.status ?? undefined,
  reason: row.reason,
  attempts: row.attempts
})

const epochMillis = (time: string): string => `floor(extract(epoch from ${time}) * 1000)::float8`

const columns = `d.id, d.lane, d.type, d.message_id, d.json, d.bytes, ${epochMillis("d.accepted_at")} as accepted,
  ${epochMillis("d.died_at")} as died, d.tag, d.status, d.reason, d.attempts`

export const makeDeadLetterTable = ({ message, messageIds, tried, dead }: Tables, ask: Ask): DeadLetterTable => ({
  fateOf: (id) =>
    Effect.map(
      ask<{ is_waiting: boolean; is_dead: boolean } & Row>(
        `select exists (select from ${message} where lane = any($1::smallint[]) and id = $2::bigint) as is_waiting,
  d.id is not null as is_dead, ${columns}
from (select) as one left join ${dead} as d on d.id = $2::bigint`,
        [allLanes, String(id)]
      ),
      ([row]) => (row?.is_waiting ? "waiting" : row?.is_dead ? read(row) : "gone")
    ),
  page: ({ ids, after = 0, limit }) =>
    Effect.map(
      ask<Row>(
        `select ${columns} from ${dead} as d
where d.id > $1::bigint and ($2::bigint[] is null or d.id = any($2::bigint[])) order by d.id limit $3::bigint`,
        [String(after), ids === undefined ? null : arrayOf(ids), String(limit)]
      ),
      (rows) => rows.map(read)
    ),
  // In the order of their ids, which is the one in which they get their new ones.
  replay: (ids) =>
    Effect.map(
      ask<{ messages: Numeric; bytes: Numeric }>(
        `with back as (
  delete from ${dead} where $1::bigint[] is null or id = any($1::bigint[])
  returning id, lane, type, message_id, json, bytes, tried_at
), ordered as materialized (
  select nextval('${messageIds}') as next, b.* from (select * from back order by id) as b
), again as (
  insert into ${message} (lane, id, type, message_id, json, bytes) overriding system value
  select lane, next, type, message_id, json, bytes from ordered
), tried_before as (
  insert into ${tried} (lane, id, tried_at) select lane, next, tried_at from ordered where tried_at is not null
)
select count(*) as messages, coalesce(sum(bytes), 0) as bytes from ordered`,
        [ids === undefined ? null : arrayOf(ids)],
        Number.POSITIVE_INFINITY
      ),
      ([row]) => ({ messages: Number(row?.messages ?? 0), bytes: Number(row?.bytes ?? 0) })
    ),
  expire: (olderThanMillis) =>
    Effect.asVoid(
      ask(
        `delete from ${dead} where died_at < clock_timestamp() - $1::float8 * interval '1 ms'`,
        [olderThanMillis],
        Number.POSITIVE_INFINITY
      )
    )
})
