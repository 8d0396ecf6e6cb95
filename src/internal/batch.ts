import type { FlushCause } from "../AnalyticsMetrics.ts"
import type { Pending } from "./ledger.ts"
import { type InLine, makeLine } from "./line.ts"

/** Messages that are to leave in one request, and why now. */
export interface ReadyBatch {
  readonly messages: ReadonlyArray<Pending>
  readonly cause: FlushCause
}

interface Batch extends InLine<Batch> {
  readonly messages: Array<Pending>
  /** Of the messages and the commas between them. */
  bytes: number
  /** When its first message came, in epoch milliseconds. */
  readonly startedAt: number
  /** What made it ready to leave. Until a request has room for it, it takes in more. */
  cause: FlushCause | undefined
}

export interface BatchLimits {
  /** Messages that make a batch ready. */
  readonly flushAt: number
  /** Most messages in a batch; more than `flushAt` only where requests are slower than calls. */
  readonly maxBatchSize: number
  /** Most bytes of messages and the commas between them. */
  readonly maxBatchContentBytes: number
}

/** Messages in the order they came, divided into batches: all but the last are ready. */
export interface Batches {
  readonly add: (message: Pending, now: number) => void
  /** Makes the last batch ready, if there is one and it is not. */
  readonly makeReady: (cause: FlushCause) => void
  readonly hasReady: () => boolean
  /** Takes the first batch out, if it is ready. */
  readonly takeReady: () => ReadyBatch | undefined
  /** When the batch that is not ready yet was begun, if there is one. */
  readonly gatheringSince: () => number | undefined
  /** Lets go of as many of the first messages. */
  readonly drop: (messages: number) => void
}

export const makeBatches = (limits: BatchLimits): Batches => {
  const line = makeLine<Batch>()

  const hasRoomFor = (batch: Batch, message: Pending): boolean =>
    batch.messages.length < limits.maxBatchSize &&
    batch.bytes + comma + message.message.bytes <= limits.maxBatchContentBytes

  /** The batch that takes the message in. */
  const batchFor = (message: Pending, now: number): Batch => {
    const last = line.last()
    if (last !== undefined && hasRoomFor(last, message)) return last
    if (last !== undefined) last.cause ??= "size"
    const batch = {
      messages: [],
      bytes: -comma,
      startedAt: now,
      cause: undefined,
      previous: undefined,
      next: undefined
    }
    line.add(batch)
    return batch
  }

  const hasReady = (): boolean => line.first()?.cause !== undefined

  return {
    add: (message, now) => {
      const batch = batchFor(message, now)
      batch.messages.push(message)
      batch.bytes += comma + message.message.bytes
      if (batch.messages.length >= limits.flushAt) batch.cause ??= "size"
    },

    makeReady: (cause) => {
      const last = line.last()
      if (last !== undefined) last.cause ??= cause
    },

    hasReady,

    takeReady: () => {
      const first = line.first()
      if (first?.cause === undefined) return undefined
      line.remove(first)
      return { messages: first.messages, cause: first.cause }
    },

    gatheringSince: () => {
      const last = line.last()
      return last?.cause === undefined ? last?.startedAt : undefined
    },

    drop: (messages) => {
      for (let dropped = 0; dropped < messages; dropped++) {
        const first = line.first()
        const message = first?.messages.shift()
        if (first === undefined || message === undefined) return
        first.bytes -= comma + message.message.bytes
        if (first.messages.length === 0) line.remove(first)
      }
    }
  }
}

/** Bytes of the comma between messages. */
const comma = 1
