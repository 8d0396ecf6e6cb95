import { Cause, Effect, Pull, Sink } from "effect"
import type { Pending } from "./ledger.ts"

/** In the queue: what came before is to be sent without waiting for more. */
export const FlushMark = Symbol("FlushMark")

export type QueueItem = Pending | typeof FlushMark

export interface BatchLimits {
  /** Messages that complete a batch. */
  readonly flushAt: number
  /** Most messages in a batch; more than `flushAt` only where a backlog is there already. */
  readonly maxBatchSize: number
  /** Most bytes of messages and the commas between them. */
  readonly maxBatchContentBytes: number
}

/**
 * Gathers one batch: until it has `flushAt` messages, until the next message would put it over a limit, or until a flush
 * mark. The batch is empty where the mark had nothing before it.
 */
export const batchSink = (limits: BatchLimits): Sink.Sink<ReadonlyArray<Pending>, QueueItem, QueueItem> =>
  Sink.fromTransform((upstream) => {
    const batch: Array<Pending> = []
    let bytes = 0
    let leftover: ReadonlyArray<QueueItem> = []

    /** Whether the batch is complete; what it could not take is in `leftover`. */
    const take = (items: ReadonlyArray<QueueItem>): boolean => {
      for (const [index, item] of items.entries()) {
        if (item === FlushMark) {
          leftover = items.slice(index + 1)
          return true
        }
        // Dropped from a full queue, and reported, meanwhile.
        if (item.place === "settled") continue
        const comma = batch.length === 0 ? 0 : 1
        if (batch.length === limits.maxBatchSize || bytes + comma + item.message.bytes > limits.maxBatchContentBytes) {
          leftover = items.slice(index)
          return true
        }
        batch.push(item)
        bytes += comma + item.message.bytes
      }
      return batch.length >= limits.flushAt || batch.length === limits.maxBatchSize
    }

    return upstream.pipe(
      Effect.flatMap((items) => (take(items) ? Cause.done() : Effect.void)),
      Effect.forever({ disableYield: true }),
      Pull.catchDone(() => {
        const [first, ...rest] = leftover
        return Effect.succeed<Sink.End<ReadonlyArray<Pending>, QueueItem>>(
          first === undefined ? [batch] : [batch, [first, ...rest]]
        )
      })
    )
  })
