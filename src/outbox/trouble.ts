import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { OutboxError } from "../pipeline/CallError.ts"
import { quietly } from "../telemetry/log.ts"
import { monotonicMillis } from "../time/monotonic.ts"

/** Tells in the log that the database cannot, and that it can again: no more than a line a minute. */
export interface Trouble {
  readonly tell: (error: OutboxError) => Effect.Effect<void>
  readonly isOver: Effect.Effect<void>
}

const lineMillis = 60_000

export const makeTrouble = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  let nextLine = Number.NEGATIVE_INFINITY
  let isTold = false

  const trouble: Trouble = {
    tell: ({ message, reason }) =>
      Effect.suspend(() => {
        const now = monotonicMillis(clock)
        if (now < nextLine) return Effect.void
        nextLine = now + lineMillis
        isTold = true
        return quietly(Effect.annotateLogs(Effect.logWarning(message), { reason }))
      }),
    isOver: Effect.suspend(() => {
      if (!isTold) return Effect.void
      isTold = false
      return quietly(Effect.logInfo("the outbox can be used again"))
    })
  }
  return trouble
})
