import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { quietly } from "../telemetry/log.ts"
import { runWhileOpen } from "../time/detached.ts"
import { sleepUnref } from "../time/unref.ts"
import type { OutboxDatabase } from "./OutboxStore.ts"

const lookMillis = 60_000

const longMillis = 5 * 60_000

/** Warns, once, where messages have waited for more than 5 minutes and no relay is there. */
export const watchUnattended = Effect.fnUntraced(function* (database: OutboxDatabase) {
  const clock = yield* Clock.Clock

  const watch: Effect.Effect<void> = Effect.andThen(
    sleepUnref(clock, lookMillis),
    // A call that needs the database says that it cannot.
    Effect.catch(database.unattended, () => Effect.undefined)
  ).pipe(
    Effect.flatMap((age) => {
      if (age === undefined || age <= longMillis) return watch
      const line = Effect.logWarning("messages wait in the outbox, and no relay delivers them")
      return quietly(Effect.annotateLogs(line, { oldest: Duration.format(Duration.millis(age)) }))
    })
  )

  yield* runWhileOpen(watch)
})
