import type { Definition } from "./definition.ts"
import type { Plan } from "./model.ts"

/**
 * A plan, or the class of its service.
 *
 * @category models
 * @since 0.1.0
 */
export type PlanOrService<D extends Definition = Definition> = Plan<D> | { readonly plan: Plan<D> }

export const isPlan = <P extends Plan>(of: P | { readonly plan: unknown }): of is P => "events" in of

/** The plan itself. */
export const planOf = <D extends Definition>(of: PlanOrService<D>): Plan<D> => (isPlan(of) ? of : of.plan)
