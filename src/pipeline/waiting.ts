import type { Batch } from "./Batch.ts"

/** Puts a batch among those that wait for their next attempt, oldest first. */
export const putInOrder = (waiting: Array<Batch>, batch: Batch): void => {
  const behind = waiting.findIndex(({ order }) => order > batch.order)
  waiting.splice(behind < 0 ? waiting.length : behind, 0, batch)
}

export const remove = (waiting: Array<Batch>, batch: Batch): Batch => {
  waiting.splice(waiting.indexOf(batch), 1)
  return batch
}

/** None of them waits beyond this time, or so long after it was last tried, if that is later. */
export const hasten = (waiting: ReadonlyArray<Batch>, notBefore: number, sinceTried: number): void => {
  for (const batch of waiting) {
    batch.notBefore = Math.min(batch.notBefore, Math.max(notBefore, batch.triedAt + sinceTried))
  }
}
