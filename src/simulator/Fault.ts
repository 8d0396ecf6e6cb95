/**
 * What can go wrong between a client and the server, for the simulator to act out.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { InvalidOptions } from "../AnalyticsError.ts"
import { makeResolve } from "../AnalyticsOptions.ts"
import { ownProperties } from "../message/own.ts"

const times = {
  /** How many requests meet the fault; without it, every one until the plan changes. */
  times: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })))
}

/** Longer than a client waits for anything, and short enough for a timer and a date. */
const dayMillis = 86_400_000
const yearSeconds = 31_536_000

/** Of `Retry-After`. */
export const RetryAfterSeconds = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: yearSeconds }))

const DelayMillis = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: dayMillis }))

const maxBodyLength = 1_000_000

const maxLocationLength = 2000

/** What a header can carry, and a client reads as an address: what is relative is so to where the client sent its request. */
const Location = Schema.String.check(
  Schema.makeFilter((location) => {
    if (location.length > maxLocationLength) return `Expected at most ${maxLocationLength} characters`
    if (!/^[!-~]+$/.test(location)) return "Expected a URL or a path of ASCII characters without spaces"
    return URL.canParse(location, "https://cdp.customer.io") || "Expected a URL or a path"
  })
)

/**
 * One fault.
 *
 * - `status`: answers so, and stores nothing. `retryAfter` is in seconds, at most a year, sent as such or, with
 *   `asDate`, as an HTTP date; `body` has at most 1,000,000 characters.
 * - `delay`: waits before the request is handled, at most a day.
 * - `stall`: never answers, and stores nothing.
 * - `resetBefore`, `resetAfter`: breaks the connection before or after the messages are stored.
 * - `truncate`: stores the messages, announces a longer answer than it sends, and breaks off.
 * - `garbage`: stores the messages and answers 200 with a body that is no JSON.
 * - `redirect`: answers so, and stores nothing. `location` is a URL or a path.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Fault = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("status"),
    /** Of the answer. */
    status: Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 })),
    /** Seconds of its `Retry-After`. Default: it has none. */
    retryAfter: Schema.optional(RetryAfterSeconds),
    /** Sends that as an HTTP date. Default: false. */
    asDate: Schema.optional(Schema.Boolean),
    /** Of the answer. Default: the API's JSON of an error. */
    body: Schema.optional(Schema.String.check(Schema.isMaxLength(maxBodyLength))),
    ...times
  }),
  Schema.Struct({
    kind: Schema.Literal("delay"),
    /** Milliseconds before the request is handled. */
    millis: DelayMillis,
    ...times
  }),
  Schema.Struct({
    kind: Schema.Literal("redirect"),
    /** Of the answer. */
    status: Schema.Literals([301, 302, 303, 307, 308]),
    /** A URL or a path. */
    location: Location,
    ...times
  }),
  // The last, since what is wrong with a fault is said in the words of the first that it might be.
  Schema.Struct({ kind: Schema.Literals(["stall", "resetBefore", "resetAfter", "truncate", "garbage"]), ...times })
]).annotate({ identifier: "Fault" })

/**
 * One fault, told apart by `kind`.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault = typeof Fault.Type

/** A plan of faults, if it can be acted out. */
export const validateFaults = (faults: unknown): Effect.Effect<ReadonlyArray<Fault>, InvalidOptions> =>
  resolvePlan({ faults })

const resolvePlan = makeResolve(Schema.Struct({ faults: Schema.Array(Fault) }), ({ faults }) =>
  Result.succeed(faults.map(ownProperties))
)

/** Deals out a plan of faults, one request after the other. */
export const makeFaultPlan = (initial: ReadonlyArray<Fault>) => {
  let plan = initial.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }))
  return {
    set: (faults: ReadonlyArray<Fault>): void => {
      plan = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }))
    },
    /** What is left of the plan. */
    remaining: (): ReadonlyArray<Fault> =>
      plan.map(({ fault, left }) => (Number.isFinite(left) ? { ...fault, times: left } : fault)),
    next: (): Fault | undefined => {
      const [first, ...rest] = plan
      if (first === undefined) return undefined
      plan = first.left > 1 ? [{ ...first, left: first.left - 1 }, ...rest] : rest
      return first.fault
    }
  }
}
