import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { Appended, NewMessage } from "../OutboxStore.ts"
import { makeAppendAlone } from "./appendAlone.ts"
import { makeAppendWithin } from "./appendWithin.ts"
import type { Ask, Statement } from "./ask.ts"
import type { Fail } from "./failure.ts"
import { makeInsert } from "./insert.ts"
import type { Tables } from "./tables.ts"
import { standingOf, withoutTransaction } from "./transaction.ts"

interface Appending {
  readonly sql: SqlClient.SqlClient
  readonly statement: Statement
  readonly ask: Ask
  readonly fail: Fail
  readonly tables: Tables
  /** A message was committed. */
  readonly onCommitted: (message: NewMessage) => void
}

/** Appends in the caller's transaction, if there is one that it can be part of. */
export const makeAppend = Effect.fnUntraced(function* ({ sql, statement, ask, fail, tables, onCommitted }: Appending) {
  const insert = makeInsert(tables, statement)
  const alone = yield* makeAppendAlone(
    // Of many calls at once: it belongs to no trace of one.
    (messages) => withoutTransaction(sql, Effect.withTracerEnabled(insert(messages), false)),
    fail,
    onCommitted
  )
  const within = makeAppendWithin(sql, insert, ask, fail, onCommitted)

  return (message: NewMessage, onCommit: () => void): Effect.Effect<Appended, OutboxError> =>
    Effect.withFiber((fiber) => {
      const standing = standingOf(sql, fiber.context)
      if (standing === "none") return alone(message, onCommit)
      return standing === "foreign" ? Effect.fail(fail.incompatible(isForeign)) : within(standing, message, onCommit)
    })
})

const isForeign =
  "the call stands in a transaction of another SqlClient than the outbox's, and the message would be committed without it: give both the same SqlClient, or call outside of the transaction"
