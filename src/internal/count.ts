import { type Context, Duration } from "effect"
import type { CallError } from "../AnalyticsError.ts"
import * as AnalyticsMetrics from "../AnalyticsMetrics.ts"
import type { Outcome } from "../Delivery.ts"

/** Updates the metrics of one client, in the registry and with the attributes of the context that it was made in. */
export const makeCount = (context: Context.Context<never>) => ({
  accepted: (): void => AnalyticsMetrics.accepted.updateUnsafe(1, context),

  refused: (reason: CallError["_tag"]): void => AnalyticsMetrics.refused(reason).updateUnsafe(1, context),

  /** What waits changed by this much: by difference, since several clients may count together. */
  waiting: (messages: number, bytes: number): void => {
    AnalyticsMetrics.queueMessages.modifyUnsafe(messages, context)
    AnalyticsMetrics.queueBytes.modifyUnsafe(bytes, context)
  },

  batch: (cause: AnalyticsMetrics.FlushCause, messages: number): void => {
    AnalyticsMetrics.flushes(cause).updateUnsafe(1, context)
    AnalyticsMetrics.batchMessages.updateUnsafe(messages, context)
  },

  /** A request took so many milliseconds. */
  request: (millis: number): void => AnalyticsMetrics.requestDuration.updateUnsafe(Duration.millis(millis), context),

  retry: (): void => AnalyticsMetrics.retries.updateUnsafe(1, context),

  settled: (tag: Outcome["_tag"], messages: number): void => {
    const counter = tag === "Delivered" ? AnalyticsMetrics.delivered : AnalyticsMetrics.failed(tag)
    counter.updateUnsafe(messages, context)
  }
})
