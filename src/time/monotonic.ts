import type * as Clock from "effect/Clock"

/** Milliseconds since some time or other, to tell how long things take: they go on when the clock is set back. */
export const monotonicMillis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** The same by the wall clock's milliseconds, of which many things happen in one: reading the time costs more than some of them. */
export const makeMonotonicAt = (clock: Clock.Clock): ((wallMillis: number) => number) => {
  let lastWall = Number.NaN
  let last = 0
  return (wallMillis) => {
    if (wallMillis !== lastWall) {
      lastWall = wallMillis
      last = monotonicMillis(clock)
    }
    return last
  }
}
