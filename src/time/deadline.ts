import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { makeAlarm } from "./alarm.ts"
import { monotonicMillis } from "./monotonic.ts"

/** The end of the time that something may take. */
export class Deadline {
  /** In monotonic milliseconds. */
  readonly time: number
  isPassed = false
  #onPassed: (() => void) | undefined

  constructor(time: number) {
    this.time = time
  }

  /**
   * Calls back when it passes, or now if it has, and nobody else. A function literal that is assigned to a property is made
   * in the old generation of V8's heap, where it keeps what it closes over: therefore a method.
   */
  onPassed(callback: () => void): void {
    if (this.isPassed) callback()
    else this.#onPassed = callback
  }

  pass(): void {
    this.isPassed = true
    this.#onPassed?.()
  }
}

export interface Deadlines {
  readonly start: () => Deadline
  /** It is not waited for any more. */
  readonly callOff: (deadline: Deadline) => void
}

/** Deadlines that are so far away. They share a timer, where `Effect.timeout` forks two fibers for each. */
export const makeDeadlines = Effect.fnUntraced(function* (duration: Duration.Duration) {
  const clock = yield* Clock.Clock
  const millis = Duration.toMillis(duration)
  /** In the order in which they pass. */
  const ahead: Array<Deadline> = []

  const alarm = yield* makeAlarm(
    () => (ahead[0] === undefined ? undefined : ahead[0].time - monotonicMillis(clock)),
    () => ahead.shift()?.pass()
  )

  const deadlines: Deadlines = {
    start: () => {
      const deadline = new Deadline(monotonicMillis(clock) + millis)
      ahead.push(deadline)
      alarm.set()
      return deadline
    },
    callOff: (deadline) => {
      const index = ahead.indexOf(deadline)
      if (index >= 0) ahead.splice(index, 1)
    }
  }
  return deadlines
})
