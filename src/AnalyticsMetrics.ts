/**
 * What the clients of a program do, as Effect `Metric`s. They are kept in any case; `Otlp`, `PrometheusMetrics` or
 * `Metric.snapshot` show them.
 *
 * **Example** (Alerting when messages are lost)
 *
 * ```ts
 * import { AnalyticsMetrics } from "cdp-analytics-effect"
 * import { Effect, Metric } from "effect"
 *
 * const effect = Effect.gen(function* () {
 *   const { count } = yield* Metric.value(AnalyticsMetrics.failed("RetriesExhausted"))
 *   if (count > 0) yield* Effect.logError("analytics are being lost", count)
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as Metric from "effect/Metric"
import type { CallError } from "./AnalyticsError.ts"
import type { Outcome } from "./delivery/Outcome.ts"
import * as metrics from "./telemetry/metrics.ts"

export {
  accepted,
  attempts,
  away,
  batchMessages,
  capacityBytes,
  capacityMessages,
  delivered,
  type FlushCause,
  flushes,
  oldestAge,
  planViolations,
  queueBytes,
  queueMessages,
  requestDuration,
  resentAfterDedup,
  retries
} from "./telemetry/metrics.ts"

/**
 * Calls that did not accept their message: `cdp_analytics_messages_refused`, by the tag of the failure in `reason`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const refused: (reason: CallError["_tag"]) => Metric.Counter<number> = metrics.refused

/**
 * Accepted messages that were not delivered: `cdp_analytics_messages_failed`, by the tag of the failure in `reason`.
 * `Dropped` counts what a full queue dropped.
 *
 * @category metrics
 * @since 0.1.0
 */
export const failed: (reason: Exclude<Outcome["_tag"], "Delivered">) => Metric.Counter<number> = metrics.failed
