import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as metrics from "./metrics.ts"

/** What one client counts. */
export type Count = ReturnType<typeof makeCount>

const refusals = [
  "InvalidMessage",
  "MessageTooLarge",
  "UnserializableMessage",
  "QueueFull",
  "AnalyticsClosed",
  "OutboxError"
]

const failures = ["Rejected", "Unauthorized", "RetriesExhausted", "ShutdownTimeout", "Dropped"]

/**
 * Each that is not there yet is there, and 0: to whoever looks, the first failure is a rise then, and not a number that came
 * from nowhere. Histograms alone begin with their first value, since one without has no least and no greatest.
 */
export const showAll = (context: Context.Context<never>): void => {
  const { accepted, delivered, retries, queueMessages, queueBytes, away, oldestAge } = metrics
  const counters = [
    ...[accepted, delivered, retries],
    ...refusals.map(metrics.refused),
    ...failures.map(metrics.failed),
    ...(["size", "interval", "flush", "full", "close"] as const).map(metrics.flushes),
    ...(["accepted", "refused", "failed"] as const).map(metrics.attempts)
  ]
  for (const metric of [...counters, queueMessages, queueBytes, away, oldestAge]) metric.valueUnsafe(context)
}

/** Updates the metrics of one client, in the registry and with the attributes of the context that it was made in. */
export const makeCount = (context: Context.Context<never>) => ({
  accepted: (): void => metrics.accepted.updateUnsafe(1, context),

  refused: (reason: string): void => metrics.refused(reason).updateUnsafe(1, context),

  /** What waits changed by this much: by difference, since several clients may count together. */
  waiting: (messages: number, bytes: number): void => {
    metrics.queueMessages.modifyUnsafe(messages, context)
    metrics.queueBytes.modifyUnsafe(bytes, context)
  },

  /** The clients take this much more, or less. */
  capacity: (messages: number, bytes: number): void => {
    metrics.capacityMessages.modifyUnsafe(messages, context)
    metrics.capacityBytes.modifyUnsafe(bytes, context)
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

  /** Messages of an outbox that the server may not know any more. */
  resentAfterDedup: (messages: number): void => metrics.resentAfterDedup.updateUnsafe(messages, context),

  retry: (): void => metrics.retries.updateUnsafe(1, context),

  settled: (tag: string, messages: number): void => {
    const counter = tag === "Delivered" ? metrics.delivered : metrics.failed(tag)
    counter.updateUnsafe(messages, context)
  }
})
