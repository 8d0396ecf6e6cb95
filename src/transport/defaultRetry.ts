/**
 * When a batch is tried again.
 *
 * @since 0.1.0
 */
import * as Schedule from "effect/Schedule"

/**
 * A schedule for the option `retry`: exponential from 100 ms, doubling, capped at 10 s, jittered by 20 %, 9 retries: the official Go client's backoff, with
 * the jitter that it lacks. It gives up after about half a minute.
 *
 * @deprecated Leave `retry` out: a batch is then tried until it is delivered, through outages of hours.
 * @category presets
 * @since 0.1.0
 */
export const defaultRetry: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("100 millis"),
  Schedule.spaced("10 seconds")
]).pipe(Schedule.jittered, Schedule.upTo({ times: 9 }))
