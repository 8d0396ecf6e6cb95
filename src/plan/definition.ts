/**
 * What a plan is written as.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"

/**
 * The Schemas of an event's properties, or of traits, by name. Their `Type` is what a call takes; JSON has what they encode to.
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = { readonly [name: string]: Schema.ConstraintCodec<unknown, unknown> }

/**
 * What becomes of properties that the plan does not list: they are taken, or taken and reported, or the call fails.
 *
 * @category models
 * @since 0.1.0
 */
export type AdditionalProperties = "allow" | "report" | "fail"

/**
 * What becomes of a message that the plan does not allow: the call fails with `InvalidMessage`, or the message is sent as it
 * is, counted in `AnalyticsMetrics.planViolations`, and told in the log, once for each event and path.
 *
 * @category models
 * @since 0.1.0
 */
export type OnViolation = "fail" | "report"

/** How strict a plan, or an event of it, is about what it does not list. */
interface Strictness {
  /**
   * What becomes of properties that are not listed. Default: `fail` in typed calls, `allow` in `Plan.enforce`. In an object
   * within a property, typed calls take what its own Schema lists: one with more is a `Schema.StructWithRest`.
   */
  readonly additionalProperties?: AdditionalProperties
  /** With `allow`, names that Customer.io reserves need not be listed, and have the types that they have without a plan. */
  readonly reserved?: "allow"
}

/** What is told of an event, whatever it has. */
interface Documented {
  /** When it happens, in a sentence or two. */
  readonly description?: string
  /** Who answers questions about it, such as a team. */
  readonly owner?: string
  /** Words to find it by. */
  readonly tags?: ReadonlyArray<string>
  /** Why it is no longer to be used, and what is instead: told in the log when it is, once in a process. */
  readonly deprecated?: string
}

/**
 * One version of an event: what it says about itself, and the Schemas of its properties.
 *
 * @category models
 * @since 0.1.0
 */
export interface VersionDefinition extends Documented, Strictness {
  /** Without any, none may be given. */
  readonly properties?: Fields
}

/**
 * An event, a page or a screen of which there is one version.
 *
 * @category models
 * @since 0.1.0
 */
export interface SingleDefinition extends VersionDefinition {
  /** For people and for the formats of others. */
  readonly version?: number | string
  /** One version only. */
  readonly versions?: never
  /** There is no other. */
  readonly latest?: never
}

/**
 * An event, a page or a screen of which several versions live beside each other. A call names one in `version`, or is of the
 * newest: that of the largest number, or the one that `latest` names. Names that are no integers from 1 to 99 need `latest`.
 *
 * @category models
 * @since 0.1.0
 */
export interface VersionedDefinition extends Documented, Strictness {
  /** What is said of each, by its name. */
  readonly versions: { readonly [version: string]: VersionDefinition }
  /** Which of them is the newest. Default: the largest number. */
  readonly latest?: number | string
  /** Each has its name in `versions`. */
  readonly version?: never
  /** Each version has its own. */
  readonly properties?: never
}

/**
 * An event, a page or a screen.
 *
 * @category models
 * @since 0.1.0
 */
export type EventDefinition = SingleDefinition | VersionedDefinition

/**
 * What is known about people, or about groups.
 *
 * @category models
 * @since 0.1.0
 */
export interface TraitsDefinition extends Documented, Strictness {
  /** Their Schemas, by name. */
  readonly traits: Fields
}

/**
 * A plan as it is written. A kind of call that is left out is not planned.
 *
 * @category models
 * @since 0.1.0
 */
export interface Definition extends Strictness {
  /** Names it in errors, metrics and the formats of others. */
  readonly name: string
  /** What it is about, in a sentence or two. */
  readonly description?: string
  /** The events, by their names. */
  readonly track?: { readonly [event: string]: EventDefinition }
  /** What is known about people. */
  readonly identify?: TraitsDefinition
  /** What is known about groups. */
  readonly group?: TraitsDefinition
  /** The pages, by their names. */
  readonly page?: { readonly [name: string]: EventDefinition }
  /** The screens, by their names. */
  readonly screen?: { readonly [name: string]: EventDefinition }
  /** What becomes of a typed call that the plan does not allow. Default: `fail`. */
  readonly onViolation?: OnViolation
  /** Whether a message that is sent though the plan does not allow it lists why under `context.violations`. Default: false. */
  readonly annotate?: boolean
}
