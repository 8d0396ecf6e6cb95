/**
 * What the calls take: the six messages but for their `type`, and whom they are about.
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/source-events/
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type { EventContextInput } from "./EventContext.ts"
import type { Integrations } from "./Integrations.ts"
import type { PropertiesInput } from "./Properties.ts"
import type { GroupTraitsInput, TraitsInput } from "./Traits.ts"

/** What every message may have. */
export interface CommonInput {
  /**
   * Names the message: the server takes the first with an id and ignores repeats for 12 hours.
   * Default: a UUID v4, made when the call runs.
   */
  readonly messageId?: string | undefined
  /** When it happened. Default: when the call runs. A past time backfills history. */
  readonly timestamp?: Date | DateTime.Utc | undefined
  /** Merged over the layer's default context. */
  readonly context?: EventContextInput | undefined
  /** Merged over the layer's default integrations. */
  readonly integrations?: Integrations | undefined
}

/** Whom a message is about. */
export interface PersonInput {
  /** The person's id in your own database. */
  readonly userId?: string | undefined
  /** An id for someone whose `userId` is not known yet. */
  readonly anonymousId?: string | undefined
}

interface ViewInput extends CommonInput, PersonInput {
  /** The name of the page or the screen. */
  readonly name?: string | undefined
  /** Sent as a field of its own and as `properties.category`, since destinations read either. */
  readonly category?: string | undefined
  /** What is known about it. */
  readonly properties?: PropertiesInput | undefined
}

/**
 * What `Analytics.identify` takes, where it says whom it is about: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface IdentifyInput extends CommonInput, PersonInput {
  /** What is known about the person. */
  readonly traits?: TraitsInput | undefined
}

/**
 * What `Analytics.track` takes, where it says whom it is about: the message but for its `type`.
 *
 * **Example** (Whoever it is about is said later)
 *
 * ```ts
 * import { Analytics, type TrackInput } from "cdp-analytics-effect"
 *
 * const track = (userId: string, input: TrackInput) => Analytics.track({ ...input, userId })
 * // Whether somebody is named is seen when it runs.
 * const enqueue = (input: TrackInput) => Analytics.enqueue({ type: "track", ...input })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface TrackInput extends CommonInput, PersonInput {
  /** The name of what happened, such as `added_to_cart`. */
  readonly event: string
  /** What is known about it. */
  readonly properties?: PropertiesInput | undefined
}

/**
 * What `Analytics.page` takes, where it says whom it is about: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageInput extends ViewInput {}

/**
 * What `Analytics.screen` takes, where it says whom it is about: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScreenInput extends ViewInput {}

/**
 * What `Analytics.group` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupInput extends CommonInput, PersonInput {
  /** The group's id. */
  readonly groupId: string
  /** What is known about the group. */
  readonly traits?: GroupTraitsInput | undefined
}

/**
 * What `Analytics.alias` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface AliasInput extends CommonInput {
  /** The id from now on. */
  readonly userId: string
  /** An id that the person had before signing up. */
  readonly anonymousId?: string | undefined
  /** The id so far. */
  readonly previousId: string
}

/**
 * Says whom a message is about. Nothing has the last member: its one key is what the compiler says of a call that names
 * nobody.
 *
 * **Example** (Ids that may both be missing)
 *
 * ```ts
 * import { Analytics } from "cdp-analytics-effect"
 * import { Effect } from "effect"
 *
 * const track = (userId: string | undefined, anonymousId: string | undefined, event: string) => {
 *   if (userId !== undefined) return Analytics.track({ userId, anonymousId, event })
 *   if (anonymousId !== undefined) return Analytics.track({ anonymousId, event })
 *   return Effect.logDebug("nobody to track")
 * }
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type Identified =
  | { readonly userId: string }
  | { readonly anonymousId: string }
  | { readonly "userId or anonymousId is required": never }

/**
 * Says whom an `identify` is about, which may also be by email.
 *
 * @category models
 * @since 0.1.0
 */
export type IdentifiedOrEmail =
  | { readonly userId: string }
  | { readonly anonymousId: string }
  | { readonly traits: { readonly email: string } }
  | { readonly "userId, anonymousId or traits.email is required": never }
