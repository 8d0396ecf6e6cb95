import { assert, it } from "@effect/vitest"
import { Analytics, AnalyticsMetrics } from "cdp-analytics-effect"
import { Plan } from "cdp-analytics-effect/plan"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Effect, Layer, Metric } from "effect"
import { silent } from "../support/logs.ts"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  additionalProperties: "report",
  track: { "Cart Emptied": {} }
}) {}

it.effect("reports what is told of an event that has no properties, and sends it", () =>
  Effect.gen(function* () {
    yield* Analytics.track({ userId: "1", event: "Cart Emptied", properties: { why: "bored" } })
    const [sent] = yield* AnalyticsTest.tracked("Cart Emptied")
    assert.deepStrictEqual(sent?.properties, { why: "bored" })
    assert.deepStrictEqual(sent?.context["violations"], [
      { path: "properties.why", reason: "Expected no excess property" }
    ])
  }).pipe(
    Effect.provide(
      Plan.enforce(Shop.plan, { annotate: true }).pipe(Layer.provideMerge(AnalyticsTest.layer), Layer.provide(silent))
    )
  )
)

it.effect("counts a typed call that names nothing of the plan with those that are refused", () =>
  Effect.gen(function* () {
    // @ts-expect-error
    const error = yield* Effect.flip(Shop.track("Cart Emtied", { userId: "1" }))
    assert.deepInclude(error, { _tag: "InvalidMessage", plan: "Shop", event: "Cart Emtied", path: "event" })
    const { count } = yield* Metric.value(AnalyticsMetrics.refused("InvalidMessage"))
    assert.strictEqual(count, 1)
  }).pipe(
    Effect.provide(Shop.layer.pipe(Layer.provide(AnalyticsTest.layer))),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )
)
