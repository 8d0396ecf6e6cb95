/**
 * What the clients of a program do, as Effect `Metric`s.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Metric from "effect/Metric"

/**
 * Why a batch was sent when it was: it had enough messages or bytes, its interval was over, somebody asked for a flush,
 * the queue was full, or the client closed.
 *
 * @category models
 * @since 0.1.0
 */
export type FlushCause = "size" | "interval" | "flush" | "full" | "close"

/**
 * Messages that calls accepted: `cdp_analytics_messages_accepted`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const accepted: Metric.Counter<number> = Metric.counter("cdp_analytics_messages_accepted", {
  description: "Messages that calls accepted",
  incremental: true
})

/**
 * Calls that did not accept their message: `cdp_analytics_messages_refused`, by the tag of the failure in `reason`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const refused: (reason: string) => Metric.Counter<number> = byAttribute("reason", {
  name: "cdp_analytics_messages_refused",
  description: "Calls that did not accept their message, by reason"
})

/**
 * Messages that the server accepted: `cdp_analytics_messages_delivered`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const delivered: Metric.Counter<number> = Metric.counter("cdp_analytics_messages_delivered", {
  description: "Messages that the server accepted",
  incremental: true
})

/**
 * Accepted messages that were not delivered: `cdp_analytics_messages_failed`, by the tag of the failure in `reason`.
 * `Dropped` counts what a full queue dropped.
 *
 * @category metrics
 * @since 0.1.0
 */
export const failed: (reason: string) => Metric.Counter<number> = byAttribute("reason", {
  name: "cdp_analytics_messages_failed",
  description: "Accepted messages that were not delivered, by reason"
})

/**
 * Accepted messages without an outcome, in a request or not: `cdp_analytics_queue_messages`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const queueMessages: Metric.Gauge<number> = Metric.gauge("cdp_analytics_queue_messages", {
  description: "Accepted messages without an outcome"
})

/**
 * Bytes of JSON of accepted messages without an outcome: `cdp_analytics_queue_bytes`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const queueBytes: Metric.Gauge<number> = Metric.gauge("cdp_analytics_queue_bytes", {
  description: "Bytes of JSON of accepted messages without an outcome",
  attributes: { unit: "bytes" }
})

/**
 * Most messages without an outcome that the clients take, `queueCapacity` of each: `cdp_analytics_queue_capacity_messages`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const capacityMessages: Metric.Gauge<number> = Metric.gauge("cdp_analytics_queue_capacity_messages", {
  description: "Most messages without an outcome that the clients take"
})

/**
 * Most bytes of their JSON, `queueBytes` of each client: `cdp_analytics_queue_capacity_bytes`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const capacityBytes: Metric.Gauge<number> = Metric.gauge("cdp_analytics_queue_capacity_bytes", {
  description: "Most bytes of JSON of messages without an outcome that the clients take",
  attributes: { unit: "bytes" }
})

/**
 * Batches, by what made them leave in `cause`: `cdp_analytics_flushes`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const flushes: (cause: FlushCause) => Metric.Counter<number> = byAttribute("cause", {
  name: "cdp_analytics_flushes",
  description: "Batches, by what made them leave: size, interval, flush, full or close"
})

/**
 * Messages in a batch: `cdp_analytics_batch_messages`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const batchMessages: Metric.Histogram<number> = Metric.histogram("cdp_analytics_batch_messages", {
  description: "Messages in a batch",
  boundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500]
})

/**
 * How long each request took, with its answer or without: `cdp_analytics_request_duration`, in milliseconds.
 *
 * @category metrics
 * @since 0.1.0
 */
export const requestDuration: Metric.Histogram<Duration.Duration> = Metric.timer("cdp_analytics_request_duration", {
  description: "How long each request took, in milliseconds",
  boundaries: [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]
})

/**
 * Requests that were made again: `cdp_analytics_retries`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const retries: Metric.Counter<number> = Metric.counter("cdp_analytics_retries", {
  description: "Requests that were made again",
  incremental: true
})

/**
 * Requests, by what became of them in `result`: `accepted` (2xx), `refused` (the server answered, and does not take what was
 * sent), `failed` (no answer, 408, 429, or a 5xx but 501 and 505): `cdp_analytics_attempts`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const attempts: (result: "accepted" | "refused" | "failed") => Metric.Counter<number> = byAttribute("result", {
  name: "cdp_analytics_attempts",
  description: "Requests, by what became of them: accepted, refused or failed"
})

/**
 * Clients whose server is away, as `Analytics.status` says it: `cdp_analytics_server_away`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const away: Metric.Gauge<number> = Metric.gauge("cdp_analytics_server_away", {
  description: "Clients whose server is away"
})

/**
 * How long the oldest message that is in no request has waited, in milliseconds, when a request last ended, to a second; of
 * several clients, of the one whose request that was: `cdp_analytics_oldest_message_age`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const oldestAge: Metric.Gauge<number> = Metric.gauge("cdp_analytics_oldest_message_age", {
  description: "How long the oldest waiting message has waited, in milliseconds",
  attributes: { unit: "milliseconds" }
})

/**
 * Messages of an outbox that had been tried, and were sent again more than 12 hours later: for that long the server knows ids,
 * so that it may have such a message twice: `cdp_analytics_resent_after_dedup`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const resentAfterDedup: Metric.Counter<number> = Metric.counter("cdp_analytics_resent_after_dedup", {
  description: "Messages of an outbox that were sent again more than 12 hours after they were first tried",
  incremental: true
})

/**
 * Messages that a plan does not allow, sent or refused, by `plan`, `type`, `event` (the name of the event, the page or the
 * screen, empty of traits) and `path`, such as `properties.total`, with `[]` for any place in an array:
 * `cdp_analytics_plan_violations`.
 *
 * @category metrics
 * @since 0.1.0
 */
export const planViolations = (place: {
  readonly plan: string
  readonly type: string
  readonly event: string
  readonly path: string
}): Metric.Counter<number> =>
  Metric.counter("cdp_analytics_plan_violations", {
    description: "Messages that a plan does not allow, by event and path",
    incremental: true,
    attributes: place
  })

/** One counter for each value of an attribute, made once. */
function byAttribute<Value extends string>(
  attribute: string,
  { name, description }: { readonly name: string; readonly description: string }
) {
  const counters = new Map<Value, Metric.Counter<number>>()
  return (value: Value): Metric.Counter<number> => {
    const known = counters.get(value)
    if (known !== undefined) return known
    const counter = Metric.counter(name, { description, incremental: true, attributes: { [attribute]: value } })
    counters.set(value, counter)
    return counter
  }
}
