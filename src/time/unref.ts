// @effect-diagnostics globalTimers:off - a timer of Effect's keeps the process alive
/**
 * Timers and the life of a process. On Node, Bun and Deno a timer that is set keeps it alive, unless it is told not to. Here a
 * process lives as long as something waits for it, and not a timer longer.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The most that a timer takes: 24 days. */
const maxTimerMillis = 2 ** 31 - 1

interface ProcessTimer {
  readonly unref: () => void
}

/** Elsewhere a timer is a number, and keeps nothing alive. */
const isOfProcess = (timer: unknown): timer is ProcessTimer =>
  typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function"

const runtimeClock = Context.get(Context.empty(), Clock.Clock)

/** Sleeps without keeping the process alive, for 24 days at most. A clock of the application's own sleeps in its own way. */
export const sleepUnref = (clock: Clock.Clock, millis: number): Effect.Effect<void> =>
  clock === runtimeClock
    ? Effect.callback((resume) => {
        const timer = setTimeout(() => resume(Effect.void), Math.min(millis, maxTimerMillis))
        if (isOfProcess(timer)) timer.unref()
        return Effect.sync(() => clearTimeout(timer))
      })
    : clock.sleep(Duration.millis(millis))

/** Keeps the process alive while it is held. */
export class KeepAlive {
  readonly #detach: <A>(begin: () => A) => A
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOfProcess = true

  constructor(detach: <A>(begin: () => A) => A) {
    this.#detach = detach
  }

  hold(): void {
    if (this.#timer !== undefined || !this.#isOfProcess) return
    this.#timer = this.#detach(() => setTimeout(() => this.#again(), maxTimerMillis))
    this.#isOfProcess = isOfProcess(this.#timer)
    if (!this.#isOfProcess) this.release()
  }

  release(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #again(): void {
    this.#timer = undefined
    this.hold()
  }
}
