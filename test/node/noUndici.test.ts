import { assert, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsNode, type AnalyticsNodeOptions } from "cdp-analytics-effect/node"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Layer, Redacted } from "effect"
import { vi } from "vitest"
import { collectLogs } from "../support/logs.ts"

// As in a bundle of ES modules, which has no `require`.
vi.mock("@effect/platform-node/Undici", () => {
  throw new Error('Dynamic require of "node:assert" is not supported')
})

const flushed = (options: Partial<AnalyticsNodeOptions>) =>
  Effect.gen(function* () {
    const { url } = yield* Simulator
    return yield* Effect.provide(
      Effect.andThen(Analytics.track({ userId: "u", event: "e" }), Analytics.flush),
      AnalyticsNode.layer({ apiKey: Redacted.make("key"), endpoint: url, ...options })
    )
  })

it.effect("an older Node is told which one is needed", () =>
  Effect.gen(function* () {
    const { versions } = process
    Object.defineProperty(process, "versions", { value: { node: "22.18.0" }, configurable: true })
    const error = yield* Effect.flip(Effect.provide(Effect.void, AnalyticsNode.layer({ apiKey: Redacted.make("key") })))
    Object.defineProperty(process, "versions", { value: versions, configurable: true })
    assert.strictEqual(
      error.message,
      "Invalid options: AnalyticsNode needs Node 22.19 or newer, and this is Node 22.18.0"
    )
  })
)

it.live("without undici the client says so, and sends over fetch", () => {
  const logs = collectLogs()
  return Effect.gen(function* () {
    assert.strictEqual((yield* flushed({})).delivered, 1)
    const warnings = logs.lines.filter(({ level }) => level === "Warn")
    assert.deepStrictEqual(warnings.length, 1)
    assert.include(warnings[0]?.message, "over fetch")
    const error = yield* Effect.flip(flushed({ proxy: "http://localhost:3128" }))
    assert.deepInclude(error, { _tag: "InvalidOptions", option: "proxy" })
  }).pipe(Effect.provide(Layer.merge(Simulator.layerServer({}), logs.layer)))
})
