import { assert, describe, it } from "@effect/vitest"
import { Analytics, AnalyticsMetrics, type CallError } from "cdp-analytics-effect"
import { Effect, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { collectLogs } from "../support/logs.ts"
import { layerMocked, Server } from "../support/Server.ts"

/** Of warnings: what was logged, and for how many calls. */
const warned = ({ lines }: ReturnType<typeof collectLogs>) =>
  lines
    .filter(({ level, annotations }) => level === "Warn" && "tag" in annotations)
    .map(({ annotations: { tag, event, type, count } }) => [tag, event ?? type, count])

describe("Analytics.quietly", () => {
  it.effect("has what the call has, and undefined where it fails", () =>
    Effect.gen(function* () {
      const receipt = yield* Analytics.track({ userId: "u", event: "e", messageId: "m" }).pipe(Analytics.quietly)
      assert.strictEqual(receipt?.messageId, "m")
      assert.isUndefined(yield* Analytics.track({ userId: "", event: "e" }).pipe(Analytics.quietly))
      const failing: Effect.Effect<undefined> = Effect.as(Analytics.quietly(Effect.fail({} as CallError)), undefined)
      assert.isUndefined(yield* Effect.ignoreCause(failing))
    }).pipe(Effect.provide(Layer.merge(layerMocked(), collectLogs().layer)))
  )

  it.effect("says each kind of failure once in ten seconds, with how often it happened", () => {
    const logs = collectLogs()
    return Effect.gen(function* () {
      yield* Server.answer(() => Effect.never)
      const track = (event: string) => Analytics.quietly(Analytics.track({ userId: "u", event }))
      for (let call = 0; call < 12_000; call++) yield* track("viewed")
      for (let call = 0; call < 5; call++) yield* track("paid")
      yield* Analytics.quietly(Analytics.identify({ userId: "" }))
      assert.deepStrictEqual(warned(logs), [
        ["QueueFull", "viewed", 1],
        ["QueueFull", "paid", 1],
        ["InvalidMessage", "identify", 1]
      ])
      assert.include(logs.lines.find(({ level }) => level === "Warn")?.message, "whenFull")
      logs.lines.length = 0
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(warned(logs), [
        ["QueueFull", "viewed", 11_899],
        ["QueueFull", "paid", 4]
      ])
      logs.lines.length = 0
      yield* track("viewed")
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(warned(logs), [["QueueFull", "viewed", 1]])
      yield* track("viewed")
      assert.strictEqual(warned(logs).length, 2)
      assert.strictEqual((yield* Metric.value(AnalyticsMetrics.refused("QueueFull"))).count, 11_907)
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          layerMocked({ queueCapacity: 100, shutdownTimeout: 0 }),
          Layer.merge(
            logs.layer,
            Layer.sync(Metric.MetricRegistry, () => new Map())
          )
        )
      )
    )
  })

  it.effect("is bounded where names are made up without end", () => {
    const logs = collectLogs()
    return Effect.gen(function* () {
      for (let call = 0; call < 5000; call++) {
        yield* Analytics.quietly(Analytics.track({ userId: "", event: `event ${call}` }))
      }
      assert.isAtMost(warned(logs).length, 1001)
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked(), logs.layer)))
  })
})
