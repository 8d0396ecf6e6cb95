import type { Pending } from "../delivery/ledger.ts"
import type { FlushCause } from "../telemetry/metrics.ts"
import type { Batch } from "./Batch.ts"

/** What is accepted and has not left yet: admission puts messages in, the flusher takes batches out. */
export interface Store {
  readonly offer: (message: Pending) => void
  /** Makes what is there ready to leave. */
  readonly makeReady: (cause: FlushCause) => void
  readonly hasReady: () => boolean
  /** Takes the next batch out, if one is ready. */
  readonly next: () => Batch | undefined
  /** When the batch that is not ready yet was begun, if there is one, in monotonic milliseconds. */
  readonly gatheringSince: () => number | undefined
  /** Takes out those that have waited longest, until what is taken out is enough. */
  readonly takeOldest: (isEnough: (messages: number, bytes: number) => boolean) => ReadonlyArray<Batch>
  /** Takes out everything. */
  readonly takeAll: () => ReadonlyArray<Batch>
}
