/**
 * What can go wrong between a client and the server, for the simulator to act out.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

const times = {
  /** How many requests meet the fault; without it, every one until the plan changes. */
  times: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))
}

const Millis = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/**
 * One fault.
 *
 * - `status`: answers so, and stores nothing. `retryAfter` is in seconds, sent as such or, with `asDate`, as an HTTP date.
 * - `delay`: waits before the request is handled.
 * - `stall`: never answers, and stores nothing.
 * - `resetBefore`, `resetAfter`: breaks the connection before or after the messages are stored.
 * - `truncate`: stores the messages, announces a longer answer than it sends, and breaks off.
 * - `garbage`: stores the messages and answers 200 with a body that is no JSON.
 * - `redirect`: answers so, and stores nothing.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Fault = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("status"),
    status: Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 })),
    retryAfter: Schema.optional(Millis),
    asDate: Schema.optional(Schema.Boolean),
    body: Schema.optional(Schema.String),
    ...times
  }),
  Schema.Struct({ kind: Schema.Literal("delay"), millis: Millis, ...times }),
  Schema.Struct({ kind: Schema.Literals(["stall", "resetBefore", "resetAfter", "truncate", "garbage"]), ...times }),
  Schema.Struct({
    kind: Schema.Literal("redirect"),
    status: Schema.Literals([301, 302, 303, 307, 308]),
    location: Schema.String,
    ...times
  })
]).annotate({ identifier: "Fault" })

/**
 * @category models
 * @since 0.1.0
 */
export type Fault = typeof Fault.Type

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
