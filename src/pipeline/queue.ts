import type { Clock } from "effect"
import type { Budget } from "../delivery/budget.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { type Batch, takeFirst } from "./Batch.ts"
import type { Store } from "./Store.ts"

export interface QueueLimits {
  /** Messages that make a batch ready. */
  readonly flushAt: number
  /** Most messages in a batch; more than `flushAt` only where requests are slower than calls. */
  readonly maxBatchSize: number
  /** Most bytes of messages and the commas between them. */
  readonly maxBatchContentBytes: number
}

/** A store in memory: messages in the order they came, divided into batches: all but the last are ready. */
export const makeQueue = (limits: QueueLimits, clock: Clock.Clock, budget: Budget): Store => {
  let first: Batch | undefined
  let last: Batch | undefined

  /** With a comma after each message that it has. */
  const isFull = (batch: Batch, bytes: number): boolean =>
    batch.messages.length >= limits.maxBatchSize ||
    batch.bytes + batch.messages.length + bytes > limits.maxBatchContentBytes

  /** The batch that takes in a message of so many bytes. */
  const batchFor = (bytes: number): Batch => {
    if (last !== undefined && !isFull(last, bytes)) return last
    if (last !== undefined) last.cause ??= "size"
    const batch: Batch = {
      messages: [],
      bytes: 0,
      startedAt: monotonicMillis(clock),
      cause: undefined,
      next: undefined
    }
    if (last === undefined) first = batch
    else last.next = batch
    last = batch
    return batch
  }

  /** Takes out the first batch, or so many of its messages. */
  const take = (batch: Batch, count = batch.messages.length): Batch => {
    const isWhole = count === batch.messages.length
    const taken = isWhole ? batch : takeFirst(batch, count)
    if (isWhole) {
      first = batch.next
      if (first === undefined) last = undefined
      batch.next = undefined
    }
    budget.giveBack(count, taken.bytes)
    return taken
  }

  return {
    offer: (message) => {
      const batch = batchFor(message.bytes)
      batch.messages.push(message)
      batch.bytes += message.bytes
      if (batch.messages.length >= limits.flushAt) batch.cause ??= "size"
    },

    makeReady: (cause) => {
      if (last !== undefined) last.cause ??= cause
    },

    hasReady: () => first?.cause !== undefined,

    next: () => (first?.cause === undefined ? undefined : take(first)),

    gatheringSince: () => (last?.cause === undefined ? last?.startedAt : undefined),

    takeOldest: (isEnough) => {
      const taken: Array<Batch> = []
      while (first !== undefined && !isEnough(0, 0)) {
        let count = 0
        let freed = 0
        for (const message of first.messages) {
          if (isEnough(count, freed)) break
          count++
          freed += message.bytes
        }
        taken.push(take(first, count))
      }
      return taken
    },

    takeAll: () => {
      const taken: Array<Batch> = []
      while (first !== undefined) taken.push(take(first))
      return taken
    }
  }
}
