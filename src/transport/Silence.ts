import type { Place } from "./Attempt.ts"

/** What failed with nothing answered in between. */
export class Silence {
  /** The first of the failures, in monotonic milliseconds. */
  since: number | undefined
  /** What failed, as far as it matters how much that is: no two of them share a message. */
  readonly #pieces: Array<Place> = []
  /** The batches that they are pieces of. */
  readonly #batches: Array<number> = []
  /** Whether every failure was a 500, which may be about what was sent. */
  #isPlain = true

  /** `isTelling`: the failure cannot be about what was sent. */
  fail(now: number, place: Place, isTelling: boolean): void {
    this.since ??= now
    if (isTelling) this.#isPlain = false
    this.#addPiece(place)
    if (this.#batches.length < several && !this.#batches.includes(place.root)) this.#batches.push(place.root)
  }

  /** The server answered. */
  end(): void {
    this.since = undefined
    this.#pieces.length = 0
    this.#batches.length = 0
    this.#isPlain = true
  }

  /** Three failures that share no message: it is hardly about one of those, and nothing is asked as often as before. */
  get isGeneral(): boolean {
    return this.#pieces.length >= several
  }

  /**
   * From when on the server counts as away, if nothing is answered before: 10 seconds after the first failure, where three
   * different batches failed, or more than plain 500s.
   */
  get awayFrom(): number | undefined {
    const isAway = this.#batches.length >= several || !this.#isPlain
    return this.since !== undefined && isAway ? this.since + awayMillis : undefined
  }

  #addPiece(place: Place): void {
    if (this.isGeneral) return
    // What it is a piece of failed because of it.
    const others = this.#pieces.filter(
      ({ root, first, end }) => root !== place.root || end <= place.first || place.end <= first
    )
    this.#pieces.splice(0, this.#pieces.length, ...others, place)
  }
}

const several = 3

const awayMillis = 10_000
