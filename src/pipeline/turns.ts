import type { Batch } from "./Batch.ts"

/** Whose turn it is. */
export interface Turns {
  /** One batch is under way at a time, in order: nothing overtakes. */
  readonly isLane: boolean
  /** Of those that wait, the one that goes before all others, if there is one. */
  readonly first: (waiting: ReadonlyArray<Batch>) => Batch | undefined
}

export interface Turn {
  /** `undefined` is the first of those that were never tried, and are no piece of one that was. */
  readonly batch: Batch | undefined
  /** It may be at fault, and goes first so that its neighbours need not wait. */
  readonly isPreferred: boolean
}

/**
 * Pieces of a split batch first, but never twice in a row where a batch waits that was never tried: what may be at fault is
 * not to delay the others. Then batches that were never tried, then the one that was tried least recently of those whose
 * wait is over. In a lane it is always the oldest. `waiting` are the batches that were tried and their pieces, oldest first,
 * all older than those that never were.
 */
export const nextTurn = (
  { isLane, first }: Turns,
  waiting: ReadonlyArray<Batch>,
  hasUntried: boolean,
  wasPreferred: boolean,
  now: number
): Turn | undefined => {
  const untried = hasUntried ? { batch: undefined, isPreferred: false } : undefined
  if (waiting.length === 0) return untried
  if (isLane) {
    const batch = oldestOf(waiting, hasUntried)
    if (batch === undefined) return untried
    return batch.notBefore <= now ? { batch, isPreferred: false } : undefined
  }
  if (wasPreferred && untried !== undefined) return untried
  const preferred = first(waiting) ?? waiting.find(({ attempts, notBefore }) => attempts === 0 && notBefore <= now)
  if (preferred !== undefined) return { batch: preferred, isPreferred: true }
  if (untried !== undefined) return untried
  let batch: Batch | undefined
  for (const each of waiting) {
    if (each.notBefore <= now && (batch === undefined || each.triedAt < batch.triedAt)) batch = each
  }
  return batch && { batch, isPreferred: false }
}

/** When it is anybody's turn, in monotonic milliseconds; now, if that is over. */
export const nextTurnAt = (
  { isLane, first }: Turns,
  waiting: ReadonlyArray<Batch>,
  hasUntried: boolean
): number | undefined => {
  const oldest = isLane ? oldestOf(waiting, hasUntried) : waiting[0]
  if (isLane && oldest !== undefined) return oldest.notBefore
  if (hasUntried || first(waiting) !== undefined) return Number.NEGATIVE_INFINITY
  return oldest && waiting.reduce((soonest, { notBefore }) => Math.min(soonest, notBefore), oldest.notBefore)
}

/** In a lane: what lets those behind it pass does so while there are any. */
const oldestOf = (waiting: ReadonlyArray<Batch>, hasUntried: boolean): Batch | undefined =>
  waiting.find(({ isPassed }) => !isPassed) ?? (hasUntried ? undefined : waiting[0])

const firstWait = 100

const longestWait = 30_000

/** A batch's own wait after so many attempts: from 100 ms, doubling, to 30 s, times a random number from a half to one. */
export const ownWait = (attempts: number, random: number): number =>
  Math.ceil(Math.min(longestWait, firstWait * 2 ** (attempts - 1)) * (0.5 + random / 2))
