import { type Context, Duration } from "effect"
import * as metrics from "./metrics.ts"

/** What one client counts. */
export type Count = ReturnType<typeof makeCount>

/** Updates the metrics of one client, in the registry and with the attributes of the context that it was made in. */
export const makeCount = (context: Context.Context<never>) => ({
  accepted: (): void => metrics.accepted.updateUnsafe(1, context),

  refused: (reason: string): void => metrics.refused(reason).updateUnsafe(1, context),

  /** What waits changed by this much: by difference, since several clients may count together. */
  waiting: (messages: number, bytes: number): void => {
    metrics.queueMessages.modifyUnsafe(messages, context)
    metrics.queueBytes.modifyUnsafe(bytes, context)
  },

  batch: (cause: metrics.FlushCause, messages: number): void => {
    metrics.flushes(cause).updateUnsafe(1, context)
    metrics.batchMessages.updateUnsafe(messages, context)
  },

  /** A request took so many milliseconds. */
  request: (millis: number): void => metrics.requestDuration.updateUnsafe(Duration.millis(millis), context),

  /** An attempt was accepted, refused, or failed. */
  attempt: (result: "accepted" | "refused" | "failed"): void => metrics.attempts(result).updateUnsafe(1, context),

  /** One client more or less whose server is away. */
  away: (change: 1 | -1): void => metrics.away.modifyUnsafe(change, context),

  /** The oldest message that waits has waited so many milliseconds. */
  oldest: (millis: number): void => metrics.oldestAge.updateUnsafe(millis, context),

  retry: (): void => metrics.retries.updateUnsafe(1, context),

  settled: (tag: string, messages: number): void => {
    const counter = tag === "Delivered" ? metrics.delivered : metrics.failed(tag)
    counter.updateUnsafe(messages, context)
  }
})
