/**
 * What a plan is, once it is made.
 *
 * @since 0.1.0
 */
import type { Planned } from "./calls.ts"
import type { AdditionalProperties, Definition, Fields, OnViolation } from "./definition.ts"

/**
 * The kinds of calls that a plan may be about.
 *
 * @category models
 * @since 0.1.0
 */
export type PlannedType = "track" | "identify" | "group" | "page" | "screen"

/**
 * One thing that a plan has: a version of an event, a page or a screen, or the traits of people or of groups.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlannedEvent {
  /** The name of the plan that it was written in. */
  readonly plan: string
  /** The kind of call. */
  readonly type: PlannedType
  /** Of the event, the page or the screen; `undefined` of traits. */
  readonly name: string | undefined
  /** `undefined` where there is one alone that says nothing of it. */
  readonly version: string | undefined
  /** Whether several versions of it may live beside each other. */
  readonly isVersioned: boolean
  /** Whether it is meant where no version is named. */
  readonly isLatest: boolean
  /** When it happens. */
  readonly description: string | undefined
  /** Who answers questions about it. */
  readonly owner: string | undefined
  /** Words to find it by. */
  readonly tags: ReadonlyArray<string>
  /** Why it is no longer to be used. */
  readonly deprecated: string | undefined
  /** The Schemas of its properties or traits. */
  readonly fields: Fields
  /** What the plan says of names that it does not list, if it says anything. */
  readonly additionalProperties: AdditionalProperties | undefined
  /** Whether reserved names need not be listed. */
  readonly allowsReserved: boolean
}

/**
 * A plan: a value, which names the events of an app and has the Schemas of what is told with each.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plan<out D extends Definition = Definition> extends Planned<D> {
  /** Names it in errors, metrics and the formats of others. */
  readonly name: string
  /** What it is about. */
  readonly description: string | undefined
  /** The kinds of calls that it is about. */
  readonly types: ReadonlySet<PlannedType>
  /** All that it has, each version of an event by itself. */
  readonly events: ReadonlyArray<PlannedEvent>
  /** What becomes of a typed call that it does not allow. */
  readonly onViolation: OnViolation
  /** Whether a message that is sent though it is not allowed says so under `context.violations`. */
  readonly annotate: boolean
  /** The plans that it was merged of. */
  readonly parts: ReadonlyArray<Plan>
}

/**
 * What a merged plan has.
 *
 * @category models
 * @since 0.1.0
 */
export type Merged<A extends Definition, B extends Definition> = { readonly name: string } & MergedKind<A, B, "track"> &
  MergedKind<A, B, "page"> &
  MergedKind<A, B, "screen"> &
  MergedKind<A, B, "identify"> &
  MergedKind<A, B, "group">

type MergedKind<A extends Definition, B extends Definition, K extends PlannedType> = K extends keyof A
  ? K extends keyof B
    ? { readonly [Kind in K]: Of<A, K> & Of<B, K> }
    : { readonly [Kind in K]: Of<A, K> }
  : K extends keyof B
    ? { readonly [Kind in K]: Of<B, K> }
    : unknown

/** What a plan has of a kind, with what it says of all that it has. */
type Of<D extends Definition, K extends PlannedType & keyof D> = [Strictly & keyof D] extends [never]
  ? D[K]
  : K extends "identify" | "group"
    ? Over<D, D[K]>
    : { readonly [Name in keyof D[K]]: Over<D, D[K][Name]> }

type Strictly = "additionalProperties" | "reserved"

type Over<D extends Definition, Said> = Said & Pick<D, Exclude<Strictly & keyof D, keyof Said>>
