import { isAboutServer } from "../transport/answers.ts"

/** First attempts, counted as they end. */
interface Tried {
  readonly tried: number
  readonly accepted: number
  readonly failed: number
}

/** How other batches fare, which tells whether a failure is about the batch or about the server. */
export class FirstTries implements Tried {
  tried = 0
  accepted = 0
  failed = 0

  /** Only the first attempt of a batch counts. */
  end(attempts: number, result: "accepted" | "refused" | "failed"): void {
    if (attempts !== 1) return
    this.tried++
    if (result === "accepted") this.accepted++
    if (result === "failed") this.failed++
  }
}

/**
 * What counts against a batch: a failure, when of the other batches that were first tried since its previous attempt began
 * more than half were accepted. It weighs what failed of those, which is how likely it was to fail by chance.
 */
export class Suspicion {
  /** Failures that count. */
  counted = 0
  /** How likely it is that all of them were chance. */
  odds = 1
  /** At its last failure: others were first tried since its previous attempt began. */
  hadOthers = false
  #atPrevious: Tried | undefined = undefined
  #atCurrent: Tried | undefined = undefined

  /** An attempt begins. */
  begin({ tried, accepted, failed }: FirstTries): void {
    this.#atPrevious = this.#atCurrent
    this.#atCurrent = { tried, accepted, failed }
  }

  /** The attempt failed, the `attempts`-th. */
  fail(all: FirstTries, attempts: number, status: number | undefined): void {
    const before = this.#atPrevious
    // Its own first attempt is none of the others'.
    const own = attempts === 2 ? 1 : 0
    const tried = before === undefined ? 0 : all.tried - before.tried - own
    this.hadOthers = tried > 0
    if (before === undefined || (status !== undefined && isAboutServer(status))) return
    const failed = all.failed - before.failed - own
    if ((all.accepted - before.accepted) * 2 <= tried) return
    this.counted++
    this.odds *= Math.max(leastWeight, (failed + 1) / (tried + 1))
  }

  /** A batch of several is to be halved. */
  get isEnough(): boolean {
    return this.counted >= 3
  }

  /** A message alone is at fault. */
  get isCertain(): boolean {
    return this.odds < chance
  }
}

/** However many others were accepted, one failure proves only so much. */
const leastWeight = 1 / 4

/** How seldom a good message may be ended by chance: ten failures where three or more others were tried in between. */
const chance = 1e-6
