import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"

/** In which transaction the calling fiber is: this one of the outbox's own client, one of another's, or none. */
export type Standing = object | "foreign" | "none"

/**
 * Effect finds the connection of a transaction in the fiber, by the client's identity. Which transaction is the innermost
 * stands under this key, which Effect has for its own use: where it is not, a transaction of another client is not seen.
 */
const CurrentTransaction = Context.Reference<Context.Key<never, object> | undefined>(
  "effect/sql/CurrentTransactionService",
  { defaultValue: () => undefined }
)

export const standingOf = (sql: SqlClient.SqlClient, context: Context.Context<never>): Standing => {
  const own = Context.getOrUndefined(context, sql.transactionService)
  if (own !== undefined) return own
  const current = Context.get(context, CurrentTransaction)
  // What runs after a commit has no transaction, but still the key of the one that it had.
  return current === undefined || Context.getOrUndefined(context, current) === undefined ? "none" : "foreign"
}

/** Whatever transaction the calling fiber is in. */
export const withoutTransaction = <A, E>(sql: SqlClient.SqlClient, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.updateContext(
    effect,
    (context: Context.Context<never>): Context.Context<never> => Context.omit(sql.transactionService)(context)
  )

/**
 * Has `onCommit` called when the caller's transaction is committed: never before this has returned. Nobody will where that
 * transaction is over, or unknown: not begun by `withTransaction`.
 */
export const registerCommit = (
  sql: SqlClient.SqlClient,
  onCommit: () => void
): Effect.Effect<"registered" | "over" | "unknown"> =>
  Effect.suspend(() => {
    let isRegistered = false
    let wasCalled = false
    return sql
      .afterCommit(
        Effect.sync(() => {
          if (isRegistered) onCommit()
          else wasCalled = true
        })
      )
      .pipe(
        Effect.map(() => {
          isRegistered = !wasCalled
          return isRegistered ? ("registered" as const) : ("unknown" as const)
        }),
        Effect.catchDefect(() => Effect.succeed("over" as const))
      )
  })

/** Whether the innermost transaction of the calling fiber is still under way. */
export const isUnderWay = (sql: SqlClient.SqlClient): Effect.Effect<boolean> =>
  sql.afterCommit(Effect.void).pipe(
    Effect.as(true),
    Effect.catchDefect(() => Effect.succeed(false))
  )
