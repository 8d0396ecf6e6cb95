/**
 * The six messages of the Data Pipelines API as Schemas.
 *
 * Each Schema's `Type` is what you give to a call; its JSON form is what goes over the wire. The calls refuse a top-level
 * key that the API does not know (`onExcessProperty: "error"`), because data under a misspelt key is lost data.
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/source-events/
 * @since 0.1.0
 */
import { Schema } from "effect"
import { EventContext } from "./EventContext.ts"
import { Integrations } from "./Integrations.ts"
import { Properties } from "./Properties.ts"
import { GroupTraits, Traits } from "./Traits.ts"

// The API takes an empty id for a missing one, so an id may be empty where it is optional.
const Id = Schema.optional(Schema.String)

const common = {
  /**
   * Names the message: the server takes the first with an id and ignores repeats for 12 hours.
   * Default: a UUID v4, made when the call runs.
   */
  messageId: Id,
  /** When it happened. Default: when the call runs. A past time backfills history. */
  timestamp: Schema.optional(Schema.Union([Schema.Date, Schema.DateTimeUtc])),
  /** Merged over the layer's default context. */
  context: Schema.optional(EventContext),
  /** Merged over the layer's default integrations. */
  integrations: Schema.optional(Integrations)
}

const person = {
  /** The person's id in your own database. */
  userId: Id,
  /** An id for someone whose `userId` is not known yet. */
  anonymousId: Id
}

// The server counts an empty string as missing.
const isPresent = (value: string | undefined): boolean => value !== undefined && value !== ""

interface PersonIds {
  readonly userId?: string | undefined
  readonly anonymousId?: string | undefined
}

const identifiesPerson = Schema.makeFilter<PersonIds>((message) =>
  isPresent(message.userId) || isPresent(message.anonymousId)
    ? undefined
    : { path: ["userId"], issue: "userId or anonymousId is required" }
)

const required = <Key extends string>(key: Key) =>
  Schema.makeFilter<{ readonly [K in Key]: string }>((message) =>
    isPresent(message[key]) ? undefined : { path: [key], issue: `${key} is required` }
  )

/**
 * Says who a person is. Needs `userId`, `anonymousId` or `traits.email`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Identify = Schema.Struct({
  type: Schema.tag("identify"),
  ...common,
  ...person,
  traits: Schema.optional(Traits)
})
  .check(
    Schema.makeFilter((message) =>
      isPresent(message.userId) || isPresent(message.anonymousId) || isPresent(message.traits?.email ?? undefined)
        ? undefined
        : { path: ["userId"], issue: "userId, anonymousId or traits.email is required" }
    )
  )
  .annotate({ identifier: "Identify", title: "Identify", description: "Says who a person is" })

/**
 * Records what a person did. Needs `event`, and `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Track = Schema.Struct({
  type: Schema.tag("track"),
  ...common,
  ...person,
  /** The name of what happened, such as `added_to_cart`. */
  event: Schema.String,
  properties: Schema.optional(Properties)
})
  .check(required("event"), identifiesPerson)
  .annotate({ identifier: "Track", title: "Track", description: "Records what a person did" })

const view = {
  ...common,
  ...person,
  name: Schema.optional(Schema.String),
  /** Sent as a field of its own and as `properties.category`, since destinations read either. */
  category: Schema.optional(Schema.String),
  properties: Schema.optional(Properties)
}

/**
 * Records that a person viewed a page. Needs `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Page = Schema.Struct({ type: Schema.tag("page"), ...view })
  .check(identifiesPerson)
  .annotate({ identifier: "Page", title: "Page", description: "Records that a person viewed a page" })

/**
 * Records that a person viewed a screen of a mobile app. Needs `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Screen = Schema.Struct({ type: Schema.tag("screen"), ...view })
  .check(identifiesPerson)
  .annotate({ identifier: "Screen", title: "Screen", description: "Records that a person viewed a screen" })

/**
 * Puts a person into a group, or, without a person's id, updates the group's traits. Needs `groupId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Group = Schema.Struct({
  type: Schema.tag("group"),
  ...common,
  ...person,
  groupId: Schema.String,
  traits: Schema.optional(GroupTraits)
})
  .check(required("groupId"))
  .annotate({ identifier: "Group", title: "Group", description: "Puts a person into a group" })

/**
 * Merges two identities of one person. Needs `previousId` and `userId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Alias = Schema.Struct({
  type: Schema.tag("alias"),
  ...common,
  userId: Schema.String,
  anonymousId: Id,
  previousId: Schema.String
})
  .check(required("previousId"), required("userId"))
  .annotate({ identifier: "Alias", title: "Alias", description: "Merges two identities of one person" })

/**
 * Any of the six messages, told apart by `type`.
 *
 * **Example** (Making a message without sending it)
 *
 * ```ts
 * import { Track, type Message } from "cdp-analytics-effect"
 *
 * const message: Message = Track.make({ userId: "019mr8mf4r", event: "added_to_cart" })
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const Message = Schema.Union([Identify, Track, Page, Screen, Group, Alias]).annotate({
  identifier: "Message",
  title: "Message",
  description: "Any of the six messages of the Data Pipelines API"
})

/**
 * @category models
 * @since 0.1.0
 */
export type Identify = typeof Identify.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Track = typeof Track.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Page = typeof Page.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Screen = typeof Screen.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Group = typeof Group.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Alias = typeof Alias.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Message = typeof Message.Type

/**
 * Which of the six a message is.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageType = Message["type"]

/**
 * What `Analytics.identify` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface IdentifyInput extends Omit<Identify, "type"> {}

/**
 * What `Analytics.track` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface TrackInput extends Omit<Track, "type"> {}

/**
 * What `Analytics.page` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageInput extends Omit<Page, "type"> {}

/**
 * What `Analytics.screen` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScreenInput extends Omit<Screen, "type"> {}

/**
 * What `Analytics.group` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupInput extends Omit<Group, "type"> {}

/**
 * What `Analytics.alias` takes: the message but for its `type`.
 *
 * @category models
 * @since 0.1.0
 */
export interface AliasInput extends Omit<Alias, "type"> {}
