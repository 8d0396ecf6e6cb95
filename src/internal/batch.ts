import { Cause, Effect, Pull, Sink } from "effect"
import type { FlushCause } from "../AnalyticsMetrics.ts"
import type { Pending } from "./ledger.ts"

/** In the queue: what came before is to be sent without waiting for more. */
export interface FlushMark {
  readonly place: "mark"
  readonly cause: FlushCause
}

export type QueueItem = Pending | FlushMark

export interface Gathered {
  readonly batch: ReadonlyArray<Pending>
  /** Undefined where the batch ended because nothing more came: in time, or at all. */
  readonly cause: FlushCause | undefined
}

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
export const batchSink = (limits: BatchLimits): Sink.Sink<Gathered, QueueItem, QueueItem> =>
  Sink.fromTransform((upstream) => {
    const batch: Array<Pending> = []
    let bytes = 0
    let leftover: ReadonlyArray<QueueItem> = []

    /** Why the batch is complete, if it is; what it could not take is in `leftover`. */
    const take = (items: ReadonlyArray<QueueItem>): FlushCause | undefined => {
      for (const [index, item] of items.entries()) {
        if (item.place === "mark") {
          leftover = items.slice(index + 1)
          return item.cause
        }
        // Dropped from a full queue, and reported, meanwhile.
        if (item.place === "settled") continue
        const comma = batch.length === 0 ? 0 : 1
        if (batch.length === limits.maxBatchSize || bytes + comma + item.message.bytes > limits.maxBatchContentBytes) {
          leftover = items.slice(index)
          return "size"
        }
        batch.push(item)
        bytes += comma + item.message.bytes
      }
      return batch.length >= limits.flushAt || batch.length === limits.maxBatchSize ? "size" : undefined
    }

    let cause: FlushCause | undefined

    return upstream.pipe(
      Effect.flatMap((items) => {
        cause = take(items)
        return cause === undefined ? Effect.void : Cause.done()
      }),
      Effect.forever({ disableYield: true }),
      Pull.catchDone(() => {
        const [first, ...rest] = leftover
        const gathered = { batch, cause }
        return Effect.succeed<Sink.End<Gathered, QueueItem>>(
          first === undefined ? [gathered] : [gathered, [first, ...rest]]
        )
      })
    )
  })
