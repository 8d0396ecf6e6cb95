import type { Batch } from "./Batch.ts"

/** Whose turn it is. */
export interface Turns {
  /** One batch is under way at a time, in order: nothing overtakes. */
  readonly isLane: boolean
  /** Of those that wait, the one that goes before all others, if there is one. */
  readonly first: (waiting: ReadonlyArray<Batch>) => Batch | undefined
}

/** Said of a batch that was never tried, and is no piece of one that was. */
export const untried = "untried"

/**
 * Pieces of a split batch first, then batches that were never tried, then the one that was tried least recently of those
 * whose wait is over. In a lane it is always the oldest. `waiting` are the batches that were tried and their pieces, oldest
 * first, all older than those that never were.
 */
export const nextTurn = (
  { isLane, first }: Turns,
  waiting: ReadonlyArray<Batch>,
  hasUntried: boolean,
  now: number
): Batch | typeof untried | undefined => {
  const oldest = isLane ? waiting.find(({ isPassed }) => !isPassed) : waiting[0]
  if (oldest === undefined) return hasUntried ? untried : undefined
  if (isLane) return oldest.notBefore <= now ? oldest : undefined
  const favourite = first(waiting)
  if (favourite !== undefined) return favourite
  let next: Batch | undefined
  for (const batch of waiting) {
    if (batch.notBefore > now) continue
    if (batch.attempts === 0) return batch
    if (next === undefined || batch.triedAt < next.triedAt) next = batch
  }
  return hasUntried ? untried : next
}

/** When it is anybody's turn, in monotonic milliseconds; now, if that is over. */
export const nextTurnAt = (
  { isLane, first }: Turns,
  waiting: ReadonlyArray<Batch>,
  hasUntried: boolean
): number | undefined => {
  const oldest = isLane ? waiting.find(({ isPassed }) => !isPassed) : waiting[0]
  if (isLane && oldest !== undefined) return oldest.notBefore
  if (hasUntried || first(waiting) !== undefined) return Number.NEGATIVE_INFINITY
  return oldest && waiting.reduce((soonest, { notBefore }) => Math.min(soonest, notBefore), oldest.notBefore)
}

const firstWait = 100

const longestWait = 30_000

/** A batch's own wait after so many attempts: from 100 ms, doubling, to 30 s, times a random number from a half to one. */
export const ownWait = (attempts: number, random: number): number =>
  Math.ceil(Math.min(longestWait, firstWait * 2 ** (attempts - 1)) * (0.5 + random / 2))
