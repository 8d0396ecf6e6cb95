import * as Effect from "effect/Effect"
import type { MessageType } from "../../message/Message.ts"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { OutboxReport } from "../OutboxStore.ts"
import type { Ask, Numeric } from "./ask.ts"
import { allLanes, millisSince } from "./messages.ts"
import type { Tables } from "./tables.ts"

/** Looks at the oldest message of each lane. */
export const makeUnattended = ({ message, lease }: Tables, ask: Ask): Effect.Effect<number | undefined, OutboxError> =>
  Effect.map(
    ask<{ oldest: number | null }>(
      `select ${millisSince("min(m.accepted_at)")} as oldest
from unnest($1::smallint[]) as l (lane)
cross join lateral (select accepted_at from ${message} as m where m.lane = l.lane order by m.id limit 1) as m
where not exists (select from ${lease} where expires_at > clock_timestamp())`,
      [allLanes]
    ),
    ([row]) => row?.oldest ?? undefined
  )

/** Counts, unlike `usage`. */
export const makeReport = (tables: Tables, ask: Ask): Effect.Effect<OutboxReport, OutboxError> => {
  const { message, tried, dead, lease } = tables
  const sizes = [message, tried, dead].map((table) => `pg_total_relation_size('${table}')`).join(" + ")
  return Effect.gen(function* () {
    const types = yield* ask<{ type: MessageType; messages: Numeric; bytes: Numeric; oldest: number }>(
      `select type, count(*) as messages, sum(bytes) as bytes, ${millisSince("min(accepted_at)")} as oldest
from ${message} group by type order by type`,
      [],
      Number.POSITIVE_INFINITY
    )
    const relays = yield* ask<{ relay: string; lanes: Numeric; held_for: number }>(
      `select relay, count(*) as lanes, -${millisSince("min(expires_at)")} as held_for
from ${lease} where expires_at > clock_timestamp() group by relay order by relay`
    )
    const [rest] = yield* ask<{ dead: Numeric; size: Numeric }>(
      `select (select count(*) from ${dead}) as dead, ${sizes} as size`
    )
    return {
      waiting: {
        messages: types.reduce((sum, { messages }) => sum + Number(messages), 0),
        bytes: types.reduce((sum, { bytes }) => sum + Number(bytes), 0)
      },
      oldest: types.length === 0 ? undefined : Math.max(...types.map(({ oldest }) => oldest)),
      types: Object.fromEntries(types.map(({ type, messages }) => [type, Number(messages)])),
      dead: Number(rest?.dead ?? 0),
      relays: relays.map(({ relay, lanes, held_for }) => ({
        relay,
        lanes: Number(lanes),
        heldFor: Math.max(0, held_for)
      })),
      size: Number(rest?.size ?? 0)
    }
  })
}
