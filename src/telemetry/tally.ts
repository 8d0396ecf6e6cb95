import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { makeAlarm } from "../time/alarm.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { quietly } from "./log.ts"

/** A warning of something that may happen with every message: one line in so long, with how often it happened since. */
export interface Tally {
  readonly add: (count: number) => void
  /** What was not told yet. */
  readonly tell: Effect.Effect<void>
}

export const makeTally = Effect.fnUntraced(function* (line: string, millis: number) {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  let untold = 0
  let nextLine = Number.NEGATIVE_INFINITY

  const tell = Effect.suspend(() => {
    if (untold === 0) return Effect.void
    nextLine = monotonicMillis(clock) + millis
    const count = untold
    untold = 0
    return quietly(Effect.annotateLogs(Effect.logWarning(line), { count }))
  })

  const alarm = yield* makeAlarm(
    () => (untold === 0 ? undefined : nextLine - monotonicMillis(clock)),
    () => run(tell)
  )

  const tally: Tally = {
    add: (count) => {
      untold += count
      if (count > 0) alarm.set()
    },
    tell
  }
  return tally
})
