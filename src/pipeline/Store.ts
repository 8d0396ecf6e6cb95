import type { Pending } from "../delivery/ledger.ts"
import type { FlushCause } from "../telemetry/metrics.ts"
import type { Batch } from "./Batch.ts"

/**
 * What is accepted, has no outcome and is in no request: admission puts messages in, the flusher takes batches out, the
 * courier puts back what is to be tried again. Times are monotonic milliseconds.
 */
export interface Store {
  /** Says what that made of the last batch: it began, or it is ready. */
  readonly offer: (message: Pending) => "began" | "ready" | undefined
  /** Makes what is there ready to leave. */
  readonly makeReady: (cause: FlushCause) => void
  /** When it is some batch's turn, if there is one; now, if that is over. */
  readonly nextAt: () => number | undefined
  /** Takes the batch out whose turn it is, if there is one. */
  readonly next: (now: number) => Batch | undefined
  /** Takes in what was taken out, to be tried again at its `notBefore`. */
  readonly back: (batches: ReadonlyArray<Batch>) => void
  /** What `next` took out has its outcome, or a part of it has. */
  readonly end: (batch: Batch) => void
  /** No batch waits beyond this time, or so long after it was last tried, if that is later. */
  readonly hasten: (notBefore: number, sinceTried: number) => void
  /** When the batch that is not ready yet was begun, if there is one. */
  readonly gatheringSince: () => number | undefined
  /** When the oldest message was accepted. */
  readonly oldest: () => number | undefined
  /** Takes the oldest messages out, until what is taken out is enough. */
  readonly takeOldest: (isEnough: (messages: number, bytes: number) => boolean) => ReadonlyArray<Batch>
  /** Takes out what was accepted no later than this. */
  readonly takeAcceptedBy: (time: number) => ReadonlyArray<Batch>
  /** Takes these out, wherever they are. */
  readonly takeThose: (isTaken: (message: Pending) => boolean) => ReadonlyArray<Pending>
  /** Takes out everything. */
  readonly takeAll: () => ReadonlyArray<Batch>
  /** Batches that wait for their next attempt, oldest first. */
  readonly waiting: ReadonlyArray<Batch>
  /** Whether a batch is ready that was never tried. */
  readonly hasUntried: () => boolean
}
