import type { Definition } from "./definition.ts"
import type { Plan } from "./model.ts"

/**
 * A plan, or the class of its service.
 *
 * @category models
 * @since 0.1.0
 */
export type PlanOrService<D extends Definition = Definition> = Plan<D> | { readonly plan: Plan<D> }

export const isPlan = <P extends Plan>(of: P | object): of is P => "events" in of

/** The plan itself. */
export const planOf = <D extends Definition>(of: PlanOrService<D>): Plan<D> => (isPlan(of) ? of : of.plan)

/** Of anything: what has the parts of one. */
export const isPlanOrService = (of: unknown): of is PlanOrService => {
  const hasParts = (plan: unknown): boolean =>
    typeof plan === "object" &&
    plan !== null &&
    "events" in plan &&
    Array.isArray(plan.events) &&
    "types" in plan &&
    plan.types instanceof Set
  return hasParts(of) || (typeof of === "function" && "plan" in of && hasParts(of.plan))
}
