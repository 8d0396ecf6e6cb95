/** What failed with nothing answered in between. A failure that says that the server is away is *transient*. */
export class Silence {
  /** The first of the failures, in monotonic milliseconds. */
  since: number | undefined
  /** Different batches, as far as it matters how many they are. */
  readonly #batches: Array<number> = []
  /** Whether every failure was a 500, which may be about what was sent. */
  #isPlain = true

  /** `batch` is the same for the pieces of one. `isTelling`: the failure cannot be about what was sent. */
  fail(now: number, batch: number, isTelling: boolean): void {
    this.since ??= now
    if (this.#batches.length < several && !this.#batches.includes(batch)) this.#batches.push(batch)
    if (isTelling) this.#isPlain = false
  }

  /** The server answered. */
  end(): void {
    this.since = undefined
    this.#batches.length = 0
    this.#isPlain = true
  }

  /** Three different batches failed: it is hardly about one of them. */
  get isGeneral(): boolean {
    return this.#batches.length >= several
  }

  /** From when on the server counts as away, if nothing is answered before: 10 seconds after the first failure. */
  get awayFrom(): number | undefined {
    return this.since !== undefined && (this.isGeneral || !this.#isPlain) ? this.since + awayMillis : undefined
  }
}

const several = 3

const awayMillis = 10_000
