import { Analytics } from "cdp-analytics-effect"
import { Effect } from "effect"
import type { TrackedEvent } from "../contenders/Contender.ts"
import { letOthersRun } from "../contenders/flood.ts"

/**
 * Tracks every event, so many at once: each caller makes its next call when the one before has returned. Gives what each
 * call took, in microseconds. After 100 calls the event loop has a turn, as between the requests of a service: without it
 * no client could send whose calls wait for nothing.
 */
export const makeCalls = Effect.fnUntraced(function* (events: Iterable<TrackedEvent>, callers: number) {
  const micros: Array<number> = []
  const rest = events[Symbol.iterator]()
  const caller = Effect.gen(function* () {
    for (;;) {
      const next = rest.next()
      if (next.done === true) return
      const start = performance.now()
      yield* Analytics.track(next.value)
      micros.push((performance.now() - start) * 1000)
      if (micros.length % 100 === 0) yield* Effect.promise(letOthersRun)
    }
  })
  yield* Effect.all(
    Array.from({ length: callers }, () => caller),
    { concurrency: "unbounded", discard: true }
  )
  return micros
})
