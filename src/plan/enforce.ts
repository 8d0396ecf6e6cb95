import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Analytics, wayOf } from "../Analytics.ts"
import type { AdditionalProperties, OnViolation } from "./definition.ts"
import { checkForeign } from "./foreign.ts"
import { makeCheck } from "./judge.ts"
import type { Plan } from "./model.ts"
import { type PlanOrService, planOf } from "./planOf.ts"
import { makeReporter } from "./report.ts"

/**
 * How `Plan.enforce` holds calls to a plan.
 *
 * @category models
 * @since 0.1.0
 */
export interface EnforceOptions {
  /**
   * What becomes of events, pages, screens and kinds of calls that the plan does not have: they are sent, or sent and
   * reported, or the call fails. Default: `allow`.
   */
  readonly unplanned?: AdditionalProperties | undefined
  /** What becomes of those that it has and does not allow so. Default: `fail`. */
  readonly onViolation?: OnViolation | undefined
  /** Whether a message that is sent though it is not allowed lists why under `context.violations`. Default: false. */
  readonly annotate?: boolean | undefined
}

/**
 * Holds the calls of `Analytics` to a plan: of code that does not use the plan's own calls yet, of libraries, of files. A call
 * that it does not allow fails with `InvalidMessage`, whose `plan` is the plan's name, or is reported.
 *
 * **Details**
 *
 * What is looked at is the message as JSON will say it, with all that is merged into it: an ISO string where the plan has a
 * `Schema.Date`. Names that the plan does not list are allowed, unless it says otherwise in `additionalProperties`. Of an
 * event with versions, `context.protocols.event_version` names one; without it, it is held to the newest. What the plan's own
 * calls have checked is not checked again. Never checked are `alias`, and the events that Customer.io reads specially.
 *
 * **Example** (Code that is not converted yet)
 *
 * ```ts
 * import { AnalyticsLive } from "cdp-analytics-effect"
 * import { Plan } from "cdp-analytics-effect/plan"
 * import { Layer, Schema } from "effect"
 *
 * const plan = Plan.make({ name: "Shop", track: { "Order Completed": { properties: { total: Schema.Finite } } } })
 *
 * const analytics = Plan.enforce(plan, { unplanned: "report" }).pipe(Layer.provide(AnalyticsLive))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const enforce = (of: PlanOrService, options: EnforceOptions = {}): Layer.Layer<Analytics, never, Analytics> =>
  Layer.effect(
    Analytics,
    Effect.gen(function* () {
      const plan = planOf(of)
      const { unplanned = "allow", onViolation = "fail", annotate = false } = options
      const analytics = yield* Analytics
      const check = makeCheck(plan, { unplanned, onViolation, annotate }, yield* makeReporter)
      const isPreparedBy = (by: object): boolean => isPartOf(plan, by)
      return wayOf(analytics)?.with({ check, isPreparedBy }) ?? checkForeign(analytics, check)
    })
  )

const isPartOf = (plan: Plan, part: object): boolean =>
  plan === part || plan.parts.some((other) => isPartOf(other, part))
