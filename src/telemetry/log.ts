import { Effect, type Fiber, LogLevel } from "effect"

/** What every log line of the library carries. A logger that throws is not ours, and must not stop delivery. */
export const quietly = (log: Effect.Effect<void>): Effect.Effect<void> =>
  log.pipe(Effect.annotateLogs({ package: "cdp-analytics-effect", module: "Analytics" }), Effect.ignoreCause)

/** Whether anybody sees debug lines: most often nobody does, and then they need not be made. */
export const isDebug = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  !LogLevel.isGreaterThan(fiber.cache.minimumLogLevel, "Debug")
