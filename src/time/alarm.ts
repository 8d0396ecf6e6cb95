import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { makeRunDetached } from "./detached.ts"
import { monotonicMillis } from "./monotonic.ts"
import { sleepUnref } from "./unref.ts"

/** Rings when something is due: one timer, however many things there are. It does not keep a process alive. */
export interface Alarm {
  /** Something may be due before what was due so far. */
  readonly set: () => void
}

/**
 * `dueIn` says in how many milliseconds the next thing is due, or that there is none. It is asked again when that time is
 * over: a thing may be put off without a word. `ring` leaves another thing to be due, or nothing.
 */
export const makeAlarm = Effect.fnUntraced(function* (dueIn: () => number | undefined, ring: () => void) {
  const clock = yield* Clock.Clock
  const run = yield* makeRunDetached
  let timer: { readonly at: number; fiber: Fiber.Fiber<void> | undefined } | undefined

  /** A timer that nobody ends would keep what it rings for. */
  let isOver = false

  const set = (): void => {
    const wait = isOver ? undefined : dueIn()
    if (wait === undefined) return
    const at = monotonicMillis(clock) + wait
    if (timer !== undefined) {
      if (timer.at <= at) return
      timer.fiber?.interruptUnsafe()
    }
    // First: what is due now rings at once.
    const next = { at, fiber: undefined as Fiber.Fiber<void> | undefined }
    timer = next
    // Timers count whole milliseconds: less would be over too early, again and again.
    next.fiber = run(Effect.andThen(sleepUnref(clock, Math.ceil(Math.max(0, wait))), look))
  }

  const look = Effect.sync(() => {
    timer = undefined
    const wait = dueIn()
    if (wait !== undefined && wait <= 0) ring()
    set()
  })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isOver = true
      timer?.fiber?.interruptUnsafe()
    })
  )
  const alarm: Alarm = { set }
  return alarm
})
