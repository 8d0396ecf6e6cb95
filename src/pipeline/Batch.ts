import type { Pending } from "../delivery/ledger.ts"
import type { FlushCause } from "../telemetry/metrics.ts"

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

export const messagesOf = (batches: ReadonlyArray<Batch>): ReadonlyArray<Pending> =>
  batches.flatMap(({ messages }) => messages)
