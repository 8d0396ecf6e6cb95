import * as Effect from "effect/Effect"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { Lease, Leases } from "../OutboxStore.ts"
import { type Ask, arrayOf, type Numeric } from "./ask.ts"
import { divide, type Lane } from "./share.ts"
import type { Tables } from "./tables.ts"

/** A relay that was not heard of for this long holds nothing: by the database's clock, as all times here. */
export const leaseSeconds = 15

/** What takes longer is tried again, while the lease holds: a client may need five more to give a statement up. */
const renewSeconds = 3

export interface LeaseTable {
  readonly renew: (relay: string, busy: ReadonlyArray<number>) => Effect.Effect<Leases, OutboxError>
  readonly release: (relay: string) => Effect.Effect<void, OutboxError>
}

/**
 * What a relay wants to do it decides by what it has read; where somebody was faster, the term of a lane is another one, and
 * that lane stays as it is until the next time. So nothing is locked while the database waits for a process.
 */
export const makeLeaseTable = ({ lease, relay }: Tables, ask: Ask): LeaseTable => {
  const look = `
with me as (
  insert into ${relay} (relay, heard_at) values ($1::text, clock_timestamp())
  on conflict (relay) do update set heard_at = excluded.heard_at
), gone as (
  delete from ${relay} where relay <> $1::text and heard_at < clock_timestamp() - interval '10 minutes'
), others as (
  select count(*) as relays from ${relay}
  where relay <> $1::text and heard_at > clock_timestamp() - interval '${leaseSeconds} s'
)
select lane, term, others.relays,
  case when relay = $1::text then 'me'
    when expires_at > clock_timestamp() then 'other'
    else 'nobody' end as holder
from ${lease}, others order by lane`

  const change = `
with locked as materialized (
  select lane from ${lease} where lane = any($2::smallint[]) order by lane for update
), changed as (
  update ${lease} as l set
    relay = case when p.is_wanted then $1::text end,
    term = l.term + case when p.is_wanted and l.relay is distinct from $1::text then 1 else 0 end,
    expires_at = case when p.is_wanted then clock_timestamp() + interval '${leaseSeconds} s' end,
    abandoned_at = case
      when not p.is_wanted then null
      when l.relay = $1::text then l.abandoned_at
      else l.expires_at - interval '${leaseSeconds} s' end
  from unnest($2::smallint[], $3::bigint[], $4::boolean[]) as p (lane, term, is_wanted)
    join locked on locked.lane = p.lane
  where l.lane = p.lane and l.term = p.term
    and (l.relay = $1::text or l.expires_at is null or l.expires_at <= clock_timestamp())
  returning l.lane, l.term, l.relay, l.abandoned_at
)
select lane, term, (extract(epoch from clock_timestamp() - abandoned_at) * 1000)::float8 as abandoned_for
from changed where relay is not null`

  const renew = Effect.fnUntraced(function* (name: string, busy: ReadonlyArray<number>) {
    const rows = yield* ask<{ lane: number; term: Numeric; relays: Numeric; holder: Lane["holder"] }>(
      look,
      [name],
      renewSeconds
    )
    const { keep, giveBack, take } = divide(rows, new Set(busy), 1 + Number(rows[0]?.relays ?? 0))
    const terms = new Map(rows.map(({ lane, term }) => [lane, Number(term)]))
    const wanted = [...keep, ...take]
    const changed = [...wanted, ...giveBack]
    const held = yield* ask<{ lane: number; term: Numeric; abandoned_for: number | null }>(
      change,
      [
        name,
        arrayOf(changed),
        arrayOf(changed.map((lane) => terms.get(lane) ?? 0)),
        `{${changed.map((_, index) => index < wanted.length).join()}}`
      ],
      renewSeconds
    )
    return {
      lanes: new Map(
        held.map(({ lane, term, abandoned_for }): [number, Lease] => [
          lane,
          { term: Number(term), abandonedFor: abandoned_for === null ? undefined : Math.max(0, abandoned_for) }
        ])
      ),
      heldFor: leaseSeconds * 1000
    }
  })

  return {
    renew,
    release: (name) =>
      Effect.asVoid(
        ask(
          `with gone as (delete from ${relay} where relay = $1::text)
update ${lease} set relay = null, expires_at = null, abandoned_at = null where relay = $1::text`,
          [name],
          renewSeconds
        )
      )
  }
}
