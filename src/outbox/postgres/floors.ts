import { lanes } from "../../pipeline/lane.ts"

/**
 * Behind which ids a lane has to be looked through. From the beginning would always be right, and slow where another transaction
 * has been open for long: what was deleted since is still there then, and every look goes over it. The greatest id that was
 * seen would be wrong: a smaller one can be committed later. So it is asked who has written and not ended yet.
 *
 * Of every id up to a mark it is known that it is visible to each statement that follows, or never will be, unless it is of
 * one of the transactions that were pending when the mark was made. `low` is behind what no transaction can bring any more;
 * `high` is behind what only the pending ones can, and holds as long as the statement that looks sees none of them ended.
 */
export interface Floors {
  readonly of: (lane: number) => { readonly low: number; readonly high: number }
  readonly pending: () => Iterable<bigint>
  /**
   * So many lanes were looked through by a statement which saw that these pending ones have ended: from their `low` if there
   * are any, else from their `high`. `firsts` are the smallest ids that it found.
   */
  readonly looked: (looked: Iterable<number>, firsts: ReadonlyMap<number, number>, ended: Iterable<bigint>) => void
  /**
   * The greatest id that was given, and after that the transactions which may have got one and have not ended: `undefined` where
   * one of them had no number yet.
   */
  readonly surveyed: (lastId: number, writers: ReadonlySet<bigint> | undefined) => void
  /** The database may be another one. */
  readonly forget: () => void
}

export const makeFloors = (): Floors => {
  let low: Array<number> = []
  let high: Array<number> = []
  let mark = 0
  let pending = new Set<bigint>()
  /** Given before the next survey sees who has not ended. */
  let given: number | undefined

  const forget = (): void => {
    low = Array<number>(lanes).fill(0)
    high = Array<number>(lanes).fill(0)
    mark = 0
    pending = new Set()
    given = undefined
  }
  forget()

  return {
    of: (lane) => ({ low: low[lane] ?? 0, high: high[lane] ?? 0 }),
    pending: () => pending,
    looked: (looked, firsts, ended) => {
      let hasEnded = false
      for (const transaction of ended) hasEnded = pending.delete(transaction) || hasEnded
      // What those have brought into the other lanes was not looked for.
      high = hasEnded ? [...low] : [...high]
      for (const lane of looked) high[lane] = Math.min(mark, (firsts.get(lane) ?? Number.POSITIVE_INFINITY) - 1)
      if (pending.size === 0) low = [...high]
    },
    surveyed: (lastId, writers) => {
      if (given !== undefined && lastId < given) return forget()
      if (given !== undefined && writers !== undefined) {
        // Ended since the last look: what it brought is behind `high`.
        if (Array.from(pending).some((transaction) => !writers.has(transaction))) high = [...low]
        mark = Math.max(mark, given)
        pending = new Set(writers)
      }
      given = lastId
    },
    forget
  }
}
