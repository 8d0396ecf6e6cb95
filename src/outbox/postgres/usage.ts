import * as Effect from "effect/Effect"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { OutboxUsage } from "../OutboxStore.ts"
import type { Ask, Numeric } from "./ask.ts"
import type { Tables } from "./tables.ts"

/**
 * How much waits, without counting it, and without a row that all commits would wait for: each process has a row of its own
 * with what it added less what it took away, and writes it once a second.
 */
export interface Usage {
  /** This process committed so much, or deleted it, where the numbers are negative. */
  readonly add: (messages: number, bytes: number) => void
  /** What waits, by what was heard last of the others. */
  readonly now: () => OutboxUsage
  /** Writes what this process has to say, and hears what the others say. */
  readonly exchange: Effect.Effect<void, OutboxError>
  /** Adds the rows of processes that are gone to one, and mends what those could not say any more when nothing waits. */
  readonly tidy: Effect.Effect<void, OutboxError>
}

/** A process that wrote nothing for a minute is gone, or has nothing to say. */
const goneAfterSeconds = 60
const repeatAfterExchanges = 20

interface Sum {
  readonly messages: Numeric
  readonly bytes: Numeric
}

export const makeUsage = ({ usage, message }: Tables, ask: Ask, process: string): Usage => {
  let own = { messages: 0, bytes: 0 }
  let others = { messages: 0, bytes: 0 }
  /** What stands in the row of this process, where there is one. */
  let written: OutboxUsage | undefined
  let sinceWritten = 0

  const minus = (from: OutboxUsage, what: OutboxUsage): OutboxUsage => ({
    messages: from.messages - what.messages,
    bytes: from.bytes - what.bytes
  })
  const isSame = (one: OutboxUsage, other: OutboxUsage): boolean =>
    one.messages === other.messages && one.bytes === other.bytes
  const read = (sum: Sum | undefined): OutboxUsage => ({
    messages: Number(sum?.messages ?? 0),
    bytes: Number(sum?.bytes ?? 0)
  })

  /** It was away for so long that others took it for gone, and have its numbers. */
  const forgetWritten = (numbers: OutboxUsage): void => {
    own = minus(own, numbers)
    written = undefined
  }

  const write = Effect.gen(function* () {
    if (written !== undefined) {
      const said = own
      const rows = yield* ask(
        `update ${usage} set messages = $2::bigint, bytes = $3::bigint, heard_at = clock_timestamp()
where process = $1::text returning process`,
        [process, String(said.messages), String(said.bytes)]
      )
      if (rows.length > 0) {
        written = said
        return
      }
      forgetWritten(written)
    }
    const said = own
    yield* ask(
      `insert into ${usage} (process, messages, bytes) values ($1::text, $2::bigint, $3::bigint)
on conflict (process) do update set messages = excluded.messages, bytes = excluded.bytes, heard_at = clock_timestamp()`,
      [process, String(said.messages), String(said.bytes)]
    )
    written = said
  })

  const exchange = Effect.gen(function* () {
    sinceWritten++
    const isDue = !isSame(own, written ?? none) || (written !== undefined && sinceWritten >= repeatAfterExchanges)
    if (isDue) {
      yield* write
      sinceWritten = 0
    }
    const [sum] = yield* ask<Sum & { is_written: boolean | null }>(
      `select coalesce(sum(messages) filter (where process <> $1::text), 0) as messages,
  coalesce(sum(bytes) filter (where process <> $1::text), 0) as bytes,
  bool_or(process = $1::text) as is_written
from ${usage}`,
      [process]
    )
    others = read(sum)
    if (written !== undefined && sum?.is_written !== true) forgetWritten(written)
  })

  /** What was too much or too little the last time, when nothing waited. */
  let suspected: OutboxUsage | undefined

  const tidy = Effect.gen(function* () {
    yield* ask(`with gone as (
  delete from ${usage} where process <> '' and heard_at < clock_timestamp() - interval '${goneAfterSeconds} s'
  returning messages, bytes
)
update ${usage} as u set messages = u.messages + g.messages, bytes = u.bytes + g.bytes
from (select sum(messages) as messages, sum(bytes) as bytes from gone having count(*) > 0) as g
where u.process = ''`)

    const waiting = { messages: own.messages + others.messages, bytes: own.bytes + others.bytes }
    if (isSame(waiting, none)) {
      suspected = undefined
      return
    }
    const [look] = yield* ask<Sum & { is_empty: boolean; kept: Numeric; kept_bytes: Numeric }>(
      `select not exists (select from ${message}) as is_empty, sum(messages) as messages, sum(bytes) as bytes,
  sum(messages) filter (where process = '') as kept, sum(bytes) filter (where process = '') as kept_bytes
from ${usage}`
    )
    const sum = read(look)
    const isSuspect = look?.is_empty === true && !isSame(sum, none)
    // Twice the same: what was under way has been said since.
    if (isSuspect && suspected !== undefined && isSame(suspected, sum)) {
      yield* ask(
        `update ${usage} set messages = messages - $1::bigint, bytes = bytes - $2::bigint
where process = '' and messages = $3::bigint and bytes = $4::bigint`,
        [String(sum.messages), String(sum.bytes), String(look?.kept), String(look?.kept_bytes)]
      )
      suspected = undefined
    } else {
      suspected = isSuspect ? sum : undefined
    }
  })

  return {
    add: (messages, bytes) => {
      own = { messages: own.messages + messages, bytes: own.bytes + bytes }
    },
    now: () => ({
      messages: Math.max(0, own.messages + others.messages),
      bytes: Math.max(0, own.bytes + others.bytes)
    }),
    exchange,
    tidy
  }
}

const none: OutboxUsage = { messages: 0, bytes: 0 }
