import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hasProperty } from "effect/Predicate"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { sleepUnref } from "../../time/unref.ts"
import type { Ask } from "./ask.ts"
import { channel } from "./commits.ts"

/**
 * Hears what is committed elsewhere, where the client can listen, as the one of `@effect/sql-pg` can. It takes a connection of
 * the pool for as long as it listens. Whoever hears nothing looks once a second, so that nothing depends on it.
 */
export const listen = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  ask: Ask,
  onNotified: (payload: string) => void
): Effect.fn.Return<void> {
  if (!canListen(sql)) return
  const clock = yield* Clock.Clock
  /** Whether to try again when that has ended. */
  const once = Effect.gen(function* () {
    const queue = yield* subscribe(sql)
    // Where that was the only connection, nobody else would have one.
    const isLeft = yield* Effect.timeoutOption(ask("select 1"), "1 second")
    if (Option.isNone(isLeft)) return false
    while (true) {
      const notification = yield* Queue.take(queue)
      if (hasProperty(notification, "payload") && typeof notification.payload === "string") {
        onNotified(notification.payload)
      }
    }
  }).pipe(
    Effect.scoped,
    Effect.catchCause((cause) => Effect.succeed(!Cause.hasDies(cause)))
  )

  while (yield* once) yield* sleepUnref(clock, 10_000)
})

/** A client that can listen, as far as one can see. Where it gives something else than it should, nobody listens. */
interface Listening {
  readonly listen: (channel: string) => unknown
}

const canListen = (sql: object): sql is Listening => hasProperty(sql, "listen") && typeof sql.listen === "function"

const isSubscription = (listening: unknown): listening is Effect.Effect<unknown, SqlError, Scope.Scope> =>
  Effect.isEffect(listening)

const subscribe = Effect.fnUntraced(function* (sql: Listening) {
  const listening = sql.listen(channel)
  if (!isSubscription(listening)) return yield* Effect.die(new Error("listen gives no effect"))
  const queue = yield* listening
  return Queue.isDequeue<unknown, SqlError>(queue) ? queue : yield* Effect.die(new Error("listen gives no queue"))
})
