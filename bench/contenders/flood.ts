import { setImmediate } from "node:timers/promises"
import type { Contender, Observer, TrackedEvent } from "./Contender.ts"

/** A turn of the event loop, as between two requests of a server: without it no client could send while it is called. */
export const letOthersRun = (): Promise<void> => setImmediate()

export const flood = async (
  contender: Contender,
  events: Iterable<TrackedEvent>,
  observer: Observer
): Promise<void> => {
  if (contender.flood !== undefined) return contender.flood(events, observer)
  let calls = 0
  for (const event of events) {
    const start = performance.now()
    contender.track(event)
    const end = performance.now()
    observer.call((end - start) * 1000)
    if (++calls % 100 === 0) {
      await letOthersRun()
      observer.turn((performance.now() - end) * 1000)
    }
  }
}
