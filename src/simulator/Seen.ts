import { makeNewest } from "./Received.ts"
import { keyWeight } from "./weight.ts"

/** A `Set` takes no more than 2²⁴. */
const maxIds = 10_000_000

/** The ids that were seen within the window, or the newest of them. */
export const makeSeen = (windowMillis: number, keepBytes: number) => {
  const seen = new Set<string>()
  const times = makeNewest<{ readonly id: string; readonly at: number }>(
    { items: maxIds, bytes: keepBytes },
    ({ id }) => seen.delete(id)
  )
  return {
    /** From now on it was seen. */
    isRepeat: (id: string | undefined, now: number): boolean => {
      for (let oldest = times.oldest(); oldest && now - oldest.at >= windowMillis; oldest = times.oldest()) times.drop()
      if (id === undefined) return false
      if (seen.has(id)) return true
      seen.add(id)
      times.add({ id, at: now }, keyWeight(id))
      return false
    },
    clear: (): void => {
      seen.clear()
      times.clear()
    }
  }
}
