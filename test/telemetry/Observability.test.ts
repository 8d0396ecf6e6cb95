import { assert, describe, it } from "@effect/vitest"
import { Analytics, AnalyticsMetrics, type CallError, type Outcome } from "cdp-analytics-effect"
import { Effect, Layer, Metric, Schedule, Tracer } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { silent } from "../support/logs.ts"
import { layerMocked, Server, settle, trackMany, trackOne } from "../support/Server.ts"

/** Metrics of their own for each test. */
const freshMetrics = Layer.sync(Metric.MetricRegistry, () => new Map())

/** Every span, when it has begun. */
const recordSpans = () => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, layer: Layer.succeed(Tracer.Tracer, tracer) }
}

describe("metrics", () => {
  it.effect("count what happened", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => Effect.succeed({ status: [503, 200, 404][index] ?? 200 }))
      yield* trackMany(1, 3)
      yield* Effect.flip(Analytics.track({ userId: "", event: "nobody" }))
      yield* Analytics.flush
      yield* trackOne(4)
      yield* TestClock.adjust("5 seconds")
      yield* settle
      yield* trackMany(5, 14)
      yield* settle
      const value = <State>(metric: Metric.Metric<never, State>) => Metric.value(metric)
      assert.strictEqual((yield* value(AnalyticsMetrics.accepted)).count, 14)
      assert.strictEqual((yield* value(AnalyticsMetrics.refused("InvalidMessage"))).count, 1)
      assert.strictEqual((yield* value(AnalyticsMetrics.delivered)).count, 13)
      assert.strictEqual((yield* value(AnalyticsMetrics.failed("Rejected"))).count, 1)
      assert.strictEqual((yield* value(AnalyticsMetrics.retries)).count, 1)
      assert.strictEqual((yield* value(AnalyticsMetrics.flushes("flush"))).count, 1)
      assert.strictEqual((yield* value(AnalyticsMetrics.flushes("interval"))).count, 1)
      assert.strictEqual((yield* value(AnalyticsMetrics.flushes("size"))).count, 1)
      assert.strictEqual((yield* value(AnalyticsMetrics.batchMessages)).sum, 14)
      assert.strictEqual((yield* value(AnalyticsMetrics.requestDuration)).count, 4)
      assert.strictEqual((yield* value(AnalyticsMetrics.queueMessages)).value, 0)
      assert.strictEqual((yield* value(AnalyticsMetrics.queueBytes)).value, 0)
    }).pipe(
      Effect.provide(
        layerMocked({ flushAt: 10, retry: Schedule.recurs(1) }).pipe(
          Layer.provideMerge(silent),
          Layer.provideMerge(freshMetrics)
        )
      )
    )
  )

  it.effect("show how much waits, and what was dropped", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.never)
      yield* trackMany(1, 5)
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.queueMessages)).value, 3)
      assert.isAbove((yield* Metric.value(AnalyticsMetrics.queueBytes)).value, 300)
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.failed("Dropped"))).count, 2)
    }).pipe(
      Effect.provide(
        layerMocked({ flushAt: 10, queueCapacity: 3, whenFull: "dropOldest", shutdownTimeout: 0 }).pipe(
          Layer.provideMerge(silent),
          Layer.provideMerge(freshMetrics)
        )
      )
    )
  )
})

describe("metrics of a client that did nothing yet", () => {
  const refusals = {
    InvalidMessage: 0,
    MessageTooLarge: 0,
    UnserializableMessage: 0,
    QueueFull: 0,
    AnalyticsClosed: 0,
    OutboxError: 0
  } satisfies Record<CallError["_tag"], number>

  const failures = {
    Rejected: 0,
    Unauthorized: 0,
    RetriesExhausted: 0,
    ShutdownTimeout: 0,
    Dropped: 0
  } satisfies Record<Exclude<Outcome["_tag"], "Delivered">, number>

  const causes = { size: 0, interval: 0, flush: 0, full: 0, close: 0 } satisfies Record<
    AnalyticsMetrics.FlushCause,
    number
  >

  /** The lines of the exporter without their comments. */
  const scrape = Effect.map(PrometheusMetrics.format(), (text) =>
    Object.fromEntries(
      text.split("\n").flatMap((line) => {
        const [, name = "", value] = /^(cdp_analytics_\S+) (\S+)$/.exec(line) ?? []
        return value === undefined ? [] : [[name, Number(value)]]
      })
    )
  )

  const named = (name: string, label: string, values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`${name}{${label}="${key}"}`, value]))

  it.effect("are all there, and 0", () =>
    Effect.gen(function* () {
      yield* Effect.provide(
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* scrape, {
            cdp_analytics_messages_accepted: 0,
            ...named("cdp_analytics_messages_refused", "reason", refusals),
            cdp_analytics_messages_delivered: 0,
            ...named("cdp_analytics_messages_failed", "reason", failures),
            cdp_analytics_queue_messages: 0,
            cdp_analytics_queue_bytes: 0,
            cdp_analytics_queue_capacity_messages: 30,
            cdp_analytics_queue_capacity_bytes: 40_000,
            ...named("cdp_analytics_flushes", "cause", causes),
            cdp_analytics_retries: 0,
            ...named("cdp_analytics_attempts", "result", { accepted: 0, refused: 0, failed: 0 }),
            cdp_analytics_server_away: 0,
            cdp_analytics_oldest_message_age: 0
          })
        }),
        [layerMocked({ queueCapacity: 10, queueBytes: 30_000 }), layerMocked({ queueCapacity: 20, queueBytes: 10_000 })]
      )
      const { cdp_analytics_queue_capacity_messages, cdp_analytics_queue_capacity_bytes } = yield* scrape
      assert.deepStrictEqual([cdp_analytics_queue_capacity_messages, cdp_analytics_queue_capacity_bytes], [0, 0])
    }).pipe(Effect.provide(freshMetrics))
  )
})

describe("spans", () => {
  it.effect("one for each batch, linked to each caller's once, and none for requests", () => {
    const { spans, layer } = recordSpans()
    return Effect.gen(function* () {
      yield* Effect.withSpan(trackMany(1, 3), "checkout")
      yield* Effect.withSpan(trackOne(4), "signup")
      yield* trackOne(5)
      yield* Analytics.flush
      const delivers = spans.filter(({ name }) => name === "Analytics.deliver")
      assert.deepStrictEqual(spans.map(({ name }) => name).toSorted(), ["Analytics.deliver", "checkout", "signup"])
      assert.deepStrictEqual(
        delivers[0]?.links.map(({ span }) => span.spanId),
        spans.filter(({ name }) => name !== "Analytics.deliver").map(({ spanId }) => spanId)
      )
      assert.isTrue(delivers.every(({ parent }) => parent._tag === "None"))
      assert.strictEqual(delivers[0]?.attributes.get("messaging.batch.message_count"), 5)
      const [received] = yield* Server.received
      assert.isUndefined(received?.headers["traceparent"])
      assert.isUndefined(received?.headers["b3"])
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked(), layer)))
  })

  it.effect("a tracer that throws loses no message without a word", () => {
    const tracer = Tracer.make({
      span: () => {
        throw new Error("a tracer")
      }
    })
    return Effect.gen(function* () {
      yield* trackMany(1, 2)
      const { delivered, failed } = yield* Analytics.flush
      assert.strictEqual(
        Object.values(failed).reduce((total, count) => total + count, delivered),
        2
      )
    }).pipe(
      Effect.provide(Layer.provideMerge(layerMocked(), Layer.merge(silent, Layer.succeed(Tracer.Tracer, tracer))))
    )
  })
})
