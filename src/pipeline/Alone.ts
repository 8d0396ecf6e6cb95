import type { Batch } from "./Batch.ts"

/**
 * Nobody else there: halving loses nothing and needs no proof. A batch of several is halved at its third failure with 500
 * with nothing accepted in between: one such batch at a time, the one with most of them, until a piece of it was accepted
 * or none of its pieces is of several.
 */
export class Alone {
  /** Batches that were accepted. */
  #accepted = 0
  readonly #failures = new WeakMap<Batch, { count: number; readonly accepted: number }>()
  /** The batch that is being taken apart, by its root. */
  #root: number | undefined

  accept({ root }: Batch): void {
    this.#accepted++
    if (root === this.#root) this.#root = undefined
  }

  /** Failures with 500 since anything was accepted. */
  #failuresOf(batch: Batch): number {
    const failures = this.#failures.get(batch)
    return failures?.accepted === this.#accepted ? failures.count : 0
  }

  /** A batch failed with 500. Says whether it is to be halved; `others` are those without an outcome. */
  fail(batch: Batch, others: Iterable<Batch>): boolean {
    const count = this.#failuresOf(batch) + 1
    this.#failures.set(batch, { count, accepted: this.#accepted })
    if (!batch.isSeveral || count < enough) return false
    if (batch.root !== this.#root && this.#isTakenApart(others)) return false
    this.#root = batch.root
    return true
  }

  #isTakenApart(others: Iterable<Batch>): boolean {
    for (const { root, isSeveral } of others) if (root === this.#root && isSeveral) return true
    return false
  }

  /**
   * Of those that wait, the one that goes before all others while the server is silent: the one that has failed most, until
   * it is halved; its pieces go first once, as all pieces do.
   */
  first(waiting: ReadonlyArray<Batch>): Batch | undefined {
    if (this.#isTakenApart(waiting)) return undefined
    let first: Batch | undefined
    let most = 0
    for (const batch of waiting) {
      const failures = batch.isSeveral ? this.#failuresOf(batch) : 0
      if (failures <= most) continue
      first = batch
      most = failures
    }
    return first
  }
}

const enough = 3
