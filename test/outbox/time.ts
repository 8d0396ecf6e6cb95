import { Effect } from "effect"
import { TestClock } from "effect/testing"

/** A turn of the event loop: a commit takes some. */
export const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Lets everything run that can, without moving the clock. */
export const settle = Effect.repeat(turn, { times: 7 })

/** Short enough for leases to be renewed between. */
const hopMillis = 500

/** Moves the clock, and lets everything run between. */
export const advance = Effect.fnUntraced(function* (millis: number) {
  for (let left = millis; left > 0; left -= hopMillis) {
    yield* settle
    yield* TestClock.adjust(Math.min(left, hopMillis))
  }
  yield* settle
})

/** Lets time pass until it has ended, but not for ever. */
export const advanceUntil = Effect.fnUntraced(function* (isOver: () => boolean, longestMillis: number) {
  for (let millis = 0; millis < longestMillis && !isOver(); millis += hopMillis) yield* advance(hopMillis)
  return isOver()
})
