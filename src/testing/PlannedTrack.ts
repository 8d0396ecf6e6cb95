import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { InvalidMessage } from "../AnalyticsError.ts"
import { nameCall } from "../message/callName.ts"
import type { EventName, TrackInput } from "../plan/calls.ts"
import { contractOf, type Violation } from "../plan/contract.ts"
import { makeJudge } from "../plan/judge.ts"
import type { Plan } from "../plan/model.ts"
import type { SentTrack } from "./SentMessage.ts"

/**
 * A `track` of a plan as the server would have received it, with its properties as the plan's calls take them; where there
 * are none, they are empty.
 *
 * @category models
 * @since 0.1.0
 */
export type PlannedTrack<P, Event extends EventName<P>> = Omit<SentTrack, "event" | "properties"> & {
  /** The name of what happened. */
  readonly event: Event
  /** What is known about it, such as a `Date` where the plan has a `Schema.Date`. */
  readonly properties: PlannedProperties<P, Event>
}

/**
 * The properties of an event of a plan, as its calls take them; of any version.
 *
 * @category models
 * @since 0.1.0
 */
export type PlannedProperties<P, Event extends EventName<P>> =
  TrackInput<P, Event> extends infer Input
    ? Input extends { readonly properties: infer Properties }
      ? Properties
      : Input extends { readonly properties?: infer Properties }
        ? [Exclude<Properties, undefined>] extends [never]
          ? Record<never, never>
          : Exclude<Properties, undefined>
        : never
    : never

/** Reads one of an event of a plan. That it was sent though the plan does not allow it is a defect of the program under test. */
export const makeReadPlanned = (plan: Plan): ((track: SentTrack) => Effect.Effect<object>) => {
  const judge = makeJudge(plan)
  return (track) => {
    const verdict = judge({ type: "track", message: track })
    if (verdict._tag === "Violating" || verdict._tag === "Unplanned") return dieOf(verdict.violation)
    const { properties = {} } = track
    if (verdict.event === undefined) return Effect.succeed({ ...track, properties })
    const decoded = contractOf(verdict.event).decode(properties)
    return Result.isFailure(decoded)
      ? dieOf(decoded.failure)
      : Effect.succeed({ ...track, properties: decoded.success })
  }
}

const dieOf = ({ plan, type, name, path, reason }: Violation): Effect.Effect<never> => {
  const error = new InvalidMessage({ ...nameCall(type, name), path, reason, plan })
  return Effect.die(new Error(`It was sent, and the plan does not allow it: ${error.message}`))
}
