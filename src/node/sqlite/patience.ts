// @effect-diagnostics globalTimers:off - other processes hold locks by the real time, whatever the clock of a test says
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Fault, isBusy } from "./fault.ts"

/** Longer than the longest transaction of another process. */
const patienceMillis = 5000

/** A transaction takes about a millisecond. All that wait for the same one are not to come at once. */
const pauseMillis = () => 1 + Math.random() * 2

/**
 * Tries until nobody else is writing. SQLite's own way of waiting would stop the event loop, and with it everything of this
 * process. Returns what gives up, and tells nobody.
 */
export const persist = <A>(
  attempt: () => Result.Result<A, Fault>,
  done: (result: Result.Result<A, Fault>) => void
): (() => void) => {
  const until = performance.now() + patienceMillis
  let timer: ReturnType<typeof setTimeout> | undefined
  const again = (): void => {
    const result = attempt()
    if (Result.isSuccess(result) || !isBusy(result.failure)) done(result)
    else if (performance.now() < until) timer = setTimeout(again, pauseMillis())
    else done(Result.fail({ ...result.failure, words: `${result.failure.words} by others for ${patienceMillis} ms` }))
  }
  again()
  return () => clearTimeout(timer)
}

export const patiently = <A>(attempt: () => Result.Result<A, Fault>): Effect.Effect<A, Fault> =>
  Effect.callback((resume) => Effect.sync(persist(attempt, (result) => resume(Effect.fromResult(result)))))
