import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Count } from "../telemetry/count.ts"
import { runWhileOpen } from "../time/detached.ts"
import { sleepUnref } from "../time/unref.ts"
import type { OutboxDatabase } from "./OutboxStore.ts"

const everyMillis = 1000

/** Shows what waits in an outbox, and for how much there is room, as long as the scope is open. */
export const makeGauges = Effect.fnUntraced(function* (database: OutboxDatabase, count: Count) {
  const clock = yield* Clock.Clock
  const { maxMessages, maxBytes } = database
  let shown = { messages: 0, bytes: 0 }

  const show = (usage: typeof shown): void => {
    count.waiting(usage.messages - shown.messages, usage.bytes - shown.bytes)
    shown = usage
  }

  const watch = Effect.andThen(
    Effect.sync(() => show(database.usage())),
    sleepUnref(clock, everyMillis)
  ).pipe(Effect.forever)

  yield* Effect.acquireRelease(
    Effect.sync(() => count.capacity(maxMessages, maxBytes)),
    () =>
      Effect.sync(() => {
        show({ messages: 0, bytes: 0 })
        count.capacity(-maxMessages, -maxBytes)
      })
  )
  yield* runWhileOpen(watch)
})
