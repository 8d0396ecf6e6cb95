/**
 * Presets for the option `retry` where an outage is not to be outlasted: in tests with a mocked `HttpClient`, in commands.
 * Without the option, a batch is tried for `deliveryTimeout`, with waits between: a test under `TestClock` that flushes waits
 * for ever, unless it adjusts the clock.
 *
 * @since 0.1.0
 */
import * as Schedule from "effect/Schedule"

/**
 * One attempt, and no more.
 *
 * **Example** (A command that is not to wait for a server)
 *
 * ```ts
 * import { Analytics, analyticsConfig, Retry } from "cdp-analytics-effect"
 *
 * const layer = Analytics.layerConfig(analyticsConfig, { retry: Retry.none })
 * ```
 *
 * @category presets
 * @since 0.1.0
 */
export const none: Schedule.Schedule<unknown> = Schedule.recurs(0)

/**
 * So many more attempts, without a wait between them.
 *
 * **Example** (A test of what happens when the server fails once)
 *
 * ```ts
 * import { Analytics, Retry } from "cdp-analytics-effect"
 * import { Redacted } from "effect"
 *
 * const layer = Analytics.layer({ apiKey: Redacted.make("key"), retry: Retry.immediately(3) })
 * ```
 *
 * @category presets
 * @since 0.1.0
 */
export const immediately = (times: number): Schedule.Schedule<unknown> => Schedule.recurs(times)
