import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { OutboxError } from "../../pipeline/CallError.ts"
import { type Fail, isContended } from "./failure.ts"
import { withoutTransaction } from "./transaction.ts"

export type Value = string | number | null | ReadonlyArray<string>

/** A column as some driver or other gives it: a `bigint` of Postgres's is a string, a number or a `bigint`. */
export type Numeric = string | number | bigint

/** Has the database do one statement, in the transaction of the calling fiber if it is in one. */
export type Statement = <Row extends object>(
  text: string,
  values: ReadonlyArray<Value>
) => Effect.Effect<ReadonlyArray<Row>, SqlError>

/**
 * The same, but never in a transaction of the caller's, and for no longer than some seconds: a connection whose other end is gone
 * without a word would not be noticed for a quarter of an hour.
 */
export type Ask = <Row extends object>(
  text: string,
  values?: ReadonlyArray<Value>,
  seconds?: number
) => Effect.Effect<ReadonlyArray<Row>, OutboxError>

/** Names are as they stand here, whatever the application's client makes of its own. */
export const makeStatement = (sql: SqlClient.SqlClient): Statement => {
  const client = sql.withoutTransforms()
  return <Row extends object>(text: string, values: ReadonlyArray<Value>) => client.unsafe<Row>(text, values)
}

export const makeAsk =
  (sql: SqlClient.SqlClient, statement: Statement, fail: Fail): Ask =>
  <Row extends object>(text: string, values: ReadonlyArray<Value> = [], seconds = 30) =>
    withoutTransaction(sql, statement<Row>(text, values)).pipe(
      // Most of it happens by itself, every second.
      Effect.withTracerEnabled(false),
      Effect.retry({ while: isContended, times: 3 }),
      Effect.mapError(fail.of),
      withinSeconds(seconds, fail)
    )

export const withinSeconds =
  (seconds: number, fail: Fail) =>
  <A>(effect: Effect.Effect<A, OutboxError>): Effect.Effect<A, OutboxError> =>
    Number.isFinite(seconds)
      ? Effect.timeoutOrElse(effect, {
          duration: Duration.seconds(seconds),
          orElse: () => Effect.fail(fail.unavailable(`there was no answer within ${seconds} seconds`))
        })
      : effect

/** Of numbers, as every driver takes it. */
export const arrayOf = (numbers: Iterable<number>): string => `{${Array.from(numbers).join()}}`
