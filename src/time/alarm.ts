import { Effect, Latch } from "effect"

/** Rings when something is due: one fiber and one timer, however many things there are. */
export interface Alarm {
  /** There may be something to wait for. */
  readonly set: () => void
}

/**
 * `dueIn` says in how many milliseconds the next thing is due, or that there is none. It is asked again when that time is
 * over, so nothing may come up meanwhile that is due before. `ring` leaves another thing to be due, or nothing.
 */
export const makeAlarm = Effect.fnUntraced(function* (dueIn: () => number | undefined, ring: () => void) {
  const isSet = Latch.makeUnsafe(false)
  yield* isSet.await.pipe(
    Effect.andThen(
      Effect.suspend(() => {
        const wait = dueIn()
        if (wait === undefined) isSet.closeUnsafe()
        // Timers count whole milliseconds.
        else if (wait >= 0.5) return Effect.sleep(wait)
        else ring()
        return Effect.void
      })
    ),
    Effect.forever,
    Effect.forkScoped
  )
  const alarm: Alarm = { set: () => void isSet.openUnsafe() }
  return alarm
})
