import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { NewMessage } from "../OutboxStore.ts"
import { arrayOf, type Numeric, type Statement } from "./ask.ts"
import { writeId } from "./messageId.ts"
import type { Tables } from "./tables.ts"

export interface Inserted {
  /** In the order of the messages. */
  readonly ids: ReadonlyArray<number>
  /** The transaction that they are in: that of a savepoint, where there is one. */
  readonly transaction: bigint
}

/** Inserts messages by one statement, in the transaction of the calling fiber if it is in one. */
export type Insert = (messages: ReadonlyArray<NewMessage>) => Effect.Effect<Inserted, SqlError>

export const makeInsert = ({ message }: Tables, statement: Statement): Insert => {
  const into = `insert into ${message} (lane, type, message_id, json, bytes)`
  const returning = "returning id, xmin::text as own, pg_current_xact_id()::text as top"
  const one = `${into} values ($1::smallint, $2::text, $3::text, $4::text, $5::integer) ${returning}`
  const many = `${into} select lane, type, message_id, json, bytes
from unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::integer[])
  with ordinality as m (lane, type, message_id, json, bytes, place)
order by place ${returning}`

  return (messages) => {
    const [first, ...rest] = messages
    const rows =
      first !== undefined && rest.length === 0
        ? statement<Row>(one, [first.lane, first.type, writeId(first.messageId), first.json, first.bytes])
        : statement<Row>(many, [
            arrayOf(messages.map(({ lane }) => lane)),
            messages.map(({ type }) => type),
            messages.map(({ messageId }) => writeId(messageId)),
            messages.map(({ json }) => json),
            arrayOf(messages.map(({ bytes }) => bytes))
          ])
    return Effect.map(rows, (rows) => ({
      ids: rows.map(({ id }) => Number(id)),
      transaction: rows[0] === undefined ? 0n : wholeXid(rows[0].own, BigInt(rows[0].top))
    }))
  }
}

interface Row {
  readonly id: Numeric
  readonly own: string
  readonly top: string
}

/** The number of a transaction of which the low half is known, and another one that was begun about then. */
export const wholeXid = (low: string, near: bigint): bigint => near + BigInt.asIntN(32, BigInt(low) - near)
