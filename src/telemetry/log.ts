import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as LogLevel from "effect/LogLevel"

/** What every log line of the library carries. A logger that throws is not ours, and must not stop delivery. */
export const quietly = (log: Effect.Effect<void>): Effect.Effect<void> =>
  log.pipe(Effect.annotateLogs({ package: "cdp-analytics-effect", module: "Analytics" }), Effect.ignoreCause)

/** Whether anybody sees debug lines: most often nobody does, and then they need not be made. */
export const isDebug = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  !LogLevel.isGreaterThan(fiber.cache.minimumLogLevel, "Debug")
