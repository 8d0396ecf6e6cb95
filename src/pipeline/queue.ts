import type { Pending } from "../delivery/ledger.ts"
import { Batch } from "./Batch.ts"
import type { Store } from "./Store.ts"
import { nextTurn, nextTurnAt, type Turns } from "./turns.ts"
import { hasten, putInOrder, remove } from "./waiting.ts"

export interface QueueLimits {
  /** Messages that make a batch ready. */
  readonly flushAt: number
  /** Most messages in a batch; more than `flushAt` only where requests are slower than calls. */
  readonly maxBatchSize: number
  /** Most bytes of messages and the commas between them. */
  readonly maxBatchContentBytes: number
}

/**
 * A store in memory: messages in the order they came, divided into batches. Of those that were never tried all but the last
 * are ready; the others wait for their next attempt.
 */
export const makeQueue = (limits: QueueLimits, turns: Turns): Store => {
  let first: Batch | undefined
  let last: Batch | undefined
  let batches = 0
  let wasPreferred = false
  const waiting: Array<Batch> = []

  /** With a comma after each message that it has. */
  const isFull = (batch: Batch, bytes: number): boolean =>
    batch.messages.length >= limits.maxBatchSize ||
    batch.bytes + batch.messages.length + bytes > limits.maxBatchContentBytes

  const begin = ({ acceptedAt }: Pending): Batch => {
    const batch = new Batch(++batches, acceptedAt)
    if (last === undefined) first = batch
    else last.next = batch
    last = batch
    return batch
  }

  const hasUntried = (): boolean => first?.cause !== undefined

  const takeFirst = (): Batch | undefined => {
    const batch = first
    if (batch === undefined) return undefined
    first = batch.next
    if (first === undefined) last = undefined
    batch.next = undefined
    return batch
  }

  /** Takes out messages from the oldest on, of each batch as many as `count` says, until that is not all of them. */
  const takeWhile = (count: (batch: Batch) => number): ReadonlyArray<Batch> => {
    const taken: Array<Batch> = []
    for (let oldest = waiting[0] ?? first; oldest !== undefined; oldest = waiting[0] ?? first) {
      const messages = count(oldest)
      if (messages < oldest.messages.length) {
        if (messages > 0) taken.push(oldest.takeFirst(messages))
        break
      }
      taken.push(oldest)
      if (oldest === first) takeFirst()
      else waiting.shift()
    }
    return taken
  }

  return {
    waiting,

    hasUntried,

    offer: (message) => {
      const isNew = last === undefined || isFull(last, message.bytes)
      const isLastReady = isNew && last !== undefined
      if (last !== undefined && isNew) last.cause ??= "size"
      const batch = last === undefined || isNew ? begin(message) : last
      batch.add(message)
      if (batch.messages.length >= limits.flushAt) batch.cause ??= "size"
      return batch.cause !== undefined || isLastReady ? "ready" : isNew ? "began" : undefined
    },

    makeReady: (cause) => {
      if (last !== undefined) last.cause ??= cause
    },

    nextAt: () => nextTurnAt(turns, waiting, hasUntried()),

    next: (now) => {
      const turn = nextTurn(turns, waiting, hasUntried(), wasPreferred, now)
      if (turn === undefined) return undefined
      wasPreferred = turn.isPreferred
      return turn.batch === undefined ? takeFirst() : remove(waiting, turn.batch)
    },

    back: (batches) => {
      for (const batch of batches) putInOrder(waiting, batch)
    },

    end: () => {},

    hasten: (notBefore, sinceTried) => hasten(waiting, notBefore, sinceTried),

    gatheringSince: () => (last?.cause === undefined ? last?.startedAt : undefined),

    oldest: () => (waiting[0] ?? first)?.messages[0]?.acceptedAt,

    takeOldest: (isEnough) => {
      let count = 0
      let freed = 0
      return takeWhile(({ messages }) => {
        const from = count
        for (const { bytes } of messages) {
          if (isEnough(count, freed)) break
          count++
          freed += bytes
        }
        return count - from
      })
    },

    takeAcceptedBy: (time) => takeWhile((batch) => batch.countAcceptedBy(time)),

    takeThose: (isTaken) => {
      const taken: Array<Pending> = []
      const rest: Array<Batch> = []
      for (let batch = first; batch !== undefined; batch = batch.next) {
        taken.push(...batch.takeThose(isTaken))
        if (batch.messages.length > 0) rest.push(batch)
      }
      first = rest[0]
      last = rest.at(-1)
      rest.forEach((batch, index) => {
        batch.next = rest[index + 1]
      })
      for (const batch of [...waiting]) {
        taken.push(...batch.takeThose(isTaken))
        if (batch.messages.length === 0) remove(waiting, batch)
      }
      return taken
    },

    takeAll: () => takeWhile(({ messages }) => messages.length)
  }
}
