import type { Clock } from "effect"

/** Milliseconds since some time or other, to tell how long things take: they go on when the clock is set back. */
export const monotonicMillis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
