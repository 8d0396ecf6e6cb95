import { type Clock, Latch } from "effect"
import type { Pending } from "../delivery/ledger.ts"
import type { FlushCause } from "../telemetry/metrics.ts"
import { monotonicMillis } from "../time/monotonic.ts"

/** Messages that leave in one request. */
export interface Batch {
  readonly messages: Array<Pending>
  /** Of the messages, without the commas between them. */
  bytes: number
  /** When its first message came, in monotonic milliseconds. */
  readonly startedAt: number
  /** What made it ready to leave. Until a request has room for it, it takes in more. */
  cause: FlushCause | undefined
  /** The batch behind it. */
  next: Batch | undefined
}

/** Takes out the first messages of a batch, as a batch of their own. */
export const takeFirst = (batch: Batch, count: number): Batch => {
  const messages = batch.messages.splice(0, count)
  const bytes = messages.reduce((total, message) => total + message.bytes, 0)
  batch.bytes -= bytes
  return { ...batch, messages, bytes, next: undefined }
}

export interface QueueLimits {
  /** Most messages that wait, and most bytes of them. */
  readonly queueCapacity: number
  readonly queueBytes: number
  /** Messages that make a batch ready. */
  readonly flushAt: number
  /** Most messages in a batch; more than `flushAt` only where requests are slower than calls. */
  readonly maxBatchSize: number
  /** Most bytes of messages and the commas between them. */
  readonly maxBatchContentBytes: number
}

/** Messages that wait to be sent, in the order they came, divided into batches: all but the last are ready. */
export interface Queue {
  readonly hasRoom: (bytes: number) => boolean
  /**
   * A latch that opens when a message leaves from now on: to be asked for in the same step as `hasRoom`. Look again then,
   * another caller may have been faster.
   */
  readonly nextRoom: () => Latch.Latch
  /** Opens it for everyone. */
  readonly releaseWaiters: () => void
  /** Messages and bytes that wait. */
  readonly waiting: () => { readonly messages: number; readonly bytes: number }
  readonly add: (message: Pending) => void
  /** Makes the last batch ready, if there is one and it is not. */
  readonly makeReady: (cause: FlushCause) => void
  readonly hasReady: () => boolean
  /** Takes the first batch out, if it is ready, and says what made it so. */
  readonly takeReady: () => readonly [Batch, FlushCause] | undefined
  /** When the batch that is not ready yet was begun, if there is one. */
  readonly gatheringSince: () => number | undefined
  /** Takes out those that have waited longest: as many as have to go to make room. */
  readonly takeOldestFor: (bytes: number) => ReadonlyArray<Batch>
  /** Takes out everything. */
  readonly takeAll: () => ReadonlyArray<Batch>
}

export const makeQueue = (
  limits: QueueLimits,
  clock: Clock.Clock,
  onWaitingChange: (messages: number, bytes: number) => void
): Queue => {
  let first: Batch | undefined
  let last: Batch | undefined
  let waitingMessages = 0
  let waitingBytes = 0
  const room = Latch.makeUnsafe(true)

  const changeWaiting = (messages: number, bytes: number): void => {
    waitingMessages += messages
    waitingBytes += bytes
    onWaitingChange(messages, bytes)
    if (messages < 0) room.openUnsafe()
  }

  const isInBounds = (messages: number, bytes: number): boolean =>
    messages <= limits.queueCapacity && bytes <= limits.queueBytes

  const hasRoom = (bytes: number): boolean => isInBounds(waitingMessages + 1, waitingBytes + bytes)

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
    changeWaiting(-count, -taken.bytes)
    return taken
  }

  return {
    hasRoom,

    nextRoom: () => {
      room.closeUnsafe()
      return room
    },

    releaseWaiters: () => {
      room.openUnsafe()
    },

    waiting: () => ({ messages: waitingMessages, bytes: waitingBytes }),

    add: (message) => {
      const batch = batchFor(message.bytes)
      batch.messages.push(message)
      batch.bytes += message.bytes
      if (batch.messages.length >= limits.flushAt) batch.cause ??= "size"
      changeWaiting(1, message.bytes)
    },

    makeReady: (cause) => {
      if (last !== undefined) last.cause ??= cause
    },

    hasReady: () => first?.cause !== undefined,

    takeReady: () => {
      const cause = first?.cause
      return first === undefined || cause === undefined ? undefined : [take(first), cause]
    },

    gatheringSince: () => (last?.cause === undefined ? last?.startedAt : undefined),

    takeOldestFor: (bytes) => {
      const taken: Array<Batch> = []
      while (first !== undefined && !hasRoom(bytes)) {
        let count = 0
        let freed = 0
        for (const message of first.messages) {
          if (isInBounds(waitingMessages - count + 1, waitingBytes - freed + bytes)) break
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
