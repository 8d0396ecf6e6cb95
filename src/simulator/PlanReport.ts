/**
 * What the simulator says of events by a plan.
 *
 * @since 0.1.0
 */
import type { PlannedType } from "../plan/model.ts"

/**
 * What the plan says of an event: whether it has it, and whether it allows it so; if not, where in the message, and why not.
 *
 * @category models
 * @since 0.1.0
 */
export type PlanVerdict =
  | {
      /** The plan has it, and allows it so. */
      readonly verdict: "planned"
    }
  | {
      /** The plan has it, and does not allow it so; or does not have it. */
      readonly verdict: "violating" | "unplanned"
      /** Such as `properties.total`; empty where it is the message as a whole. */
      readonly path: string
      /** What was expected there, in at most 1,000 characters. */
      readonly reason: string
    }

/**
 * What was sent by a plan, and what of it never was. Messages count once, however often they arrive, and also where the
 * server refuses them.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlanReport {
  /** The plan's. */
  readonly name: string
  /** What the plan says of itself. */
  readonly description?: string
  /** All that the plan has, in its order, each version of an event by itself. */
  readonly events: ReadonlyArray<PlannedReport>
  /** The newest 200 things that it does not have, newest first. */
  readonly unplanned: ReadonlyArray<UnplannedReport>
  /** How many of those made room for newer ones. */
  readonly unplannedDropped: number
}

/** How often, and when last. */
interface Sent {
  /** How many messages, each counted once. */
  readonly sent: number
  /** Epoch milliseconds; absent where it never was. */
  readonly lastSentAt?: number
}

/**
 * One thing that a plan has, and how often it was sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlannedReport extends Sent {
  /** The kind of call. */
  readonly type: PlannedType
  /** Of the event, the page or the screen. */
  readonly name?: string
  /** Which version of it, where it says so. */
  readonly version?: string
  /** When it happens. */
  readonly description?: string
  /** Who answers questions about it. */
  readonly owner?: string
  /** Why it is no longer to be used. */
  readonly deprecated?: string
  /** How often it was sent in a way that the plan does not allow. */
  readonly violations: number
  /** The newest five of the places where that was, newest first. */
  readonly places: ReadonlyArray<PlaceReport>
}

/**
 * Where events of one name were not as planned, and how often.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlaceReport {
  /** Such as `properties.items[].price`: of any item. */
  readonly path: string
  /** Of the newest one. */
  readonly reason: string
  /** How many messages. */
  readonly count: number
}

/**
 * What was sent and a plan does not have.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnplannedReport extends Sent {
  /** The kind of call. */
  readonly type: PlannedType
  /** Of the event, the page or the screen, cut to 100 characters. */
  readonly name?: string
  /** What of it the plan does not have. */
  readonly reason: string
}
