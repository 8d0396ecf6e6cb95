import type { EncodedMessage } from "../message/encode.ts"
import type { Batch } from "./Batch.ts"
import type { Store } from "./Store.ts"

/**
 * The judge in a lane, where no other batch is tried meanwhile: the message that was accepted last, sent again as it was. The
 * server knows its id and ignores it. If it is accepted each time that a message fails, the message is at fault.
 */
export class Witness {
  #message: EncodedMessage | undefined
  #acceptedAt = 0

  remember(message: EncodedMessage | undefined, now: number): void {
    this.#message = message
    this.#acceptedAt = now
  }

  at(now: number): EncodedMessage | undefined {
    return now - this.#acceptedAt <= maxAge ? this.#message : undefined
  }
}

/** An hour less than the server remembers ids: that is 12 hours (docs, Deduplication). */
const maxAge = 11 * 3_600_000

/** At random, so that of two servers that take turns both are asked. */
export const howManyWitnesses = (random: number): number => 1 + Math.floor(random * 3)

/** The longest own wait of a message while its witnesses are accepted, in milliseconds. Closing leaves no time for ten such. */
export const witnessedWait = (isClosing: boolean): number => (isClosing ? 100 : 1000)

/** That of no batch. */
export const witnessPlace = { root: 0, first: 0, end: 1 }

/** So many messages behind are tried in place of the first. */
const mostBehind = 3

/**
 * While closing without a witness, a message that failed three times lets the one behind it pass, at once, and that the next
 * one, at most three: when one of them is accepted, what it passed is at fault. When none is, all begin again from the first,
 * so that nothing is ended that was not tried a moment before.
 */
export const letPass = (batch: Batch, { waiting, hasUntried }: Pick<Store, "waiting" | "hasUntried">): void => {
  const passed = waiting.filter(({ isPassed }) => isPassed).length
  const next = waiting.find(({ isPassed }) => !isPassed)
  if (passed >= mostBehind || (next === undefined && !hasUntried())) {
    beginAgain(waiting)
    return
  }
  batch.isPassed = true
  if (next !== undefined) next.notBefore = 0
}

export const beginAgain = (waiting: ReadonlyArray<Batch>): void => {
  for (const batch of waiting) batch.isPassed = false
}
