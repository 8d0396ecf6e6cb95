/**
 * Messages as the server would have received them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const common = {
  /** Given, or made: `00000000-0000-4000-8000-000000000001` and so on, in the order of the calls. */
  messageId: Schema.String,
  /** ISO 8601. */
  timestamp: Schema.String,
  /** As it was merged. */
  context: Schema.JsonObject,
  /** As they were merged. */
  integrations: Schema.optionalKey(Schema.JsonObject)
}

const person = {
  /** The person's id in your own database. */
  userId: Schema.optionalKey(Schema.String),
  /** An id for someone whose `userId` is not known yet. */
  anonymousId: Schema.optionalKey(Schema.String)
}

/** What other types have, to be read without a look at the type first. */
const others = {
  userId: Schema.optionalKey(Schema.Never),
  anonymousId: Schema.optionalKey(Schema.Never),
  previousId: Schema.optionalKey(Schema.Never),
  groupId: Schema.optionalKey(Schema.Never),
  event: Schema.optionalKey(Schema.Never),
  name: Schema.optionalKey(Schema.Never),
  category: Schema.optionalKey(Schema.Never),
  properties: Schema.optionalKey(Schema.Never),
  traits: Schema.optionalKey(Schema.Never)
}

const properties = {
  /** What is known about the event, the page or the screen. */
  properties: Schema.optionalKey(Schema.JsonObject)
}

const traits = {
  /** What is known about the person or the group. */
  traits: Schema.optionalKey(Schema.JsonObject)
}

const view = {
  ...common,
  ...others,
  ...person,
  /** The name of the page or the screen. */
  name: Schema.optionalKey(Schema.String),
  /** Also in `properties`. */
  category: Schema.optionalKey(Schema.String),
  ...properties
}

/**
 * An `identify` as the server would have received it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentIdentify = Schema.Struct({
  type: Schema.Literal("identify"),
  ...common,
  ...others,
  ...person,
  ...traits
}).annotate({ identifier: "SentIdentify" })

/**
 * An `identify` as the server would have received it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SentIdentify extends Schema.Schema.Type<typeof SentIdentify> {}

/**
 * A `track` as the server would have received it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentTrack = Schema.Struct({
  type: Schema.Literal("track"),
  ...common,
  ...others,
  ...person,
  /** The name of what happened. */
  event: Schema.String,
  ...properties
}).annotate({ identifier: "SentTrack" })

/**
 * A `track` as the server would have received it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SentTrack extends Schema.Schema.Type<typeof SentTrack> {}

/**
 * A `page` as the server would have received it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentPage = Schema.Struct({ type: Schema.Literal("page"), ...view }).annotate({ identifier: "SentPage" })

/**
 * A `page` as the server would have received it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SentPage extends Schema.Schema.Type<typeof SentPage> {}

/**
 * A `screen` as the server would have received it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentScreen = Schema.Struct({ type: Schema.Literal("screen"), ...view }).annotate({
  identifier: "SentScreen"
})

/**
 * A `screen` as the server would have received it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SentScreen extends Schema.Schema.Type<typeof SentScreen> {}

/**
 * A `group` as the server would have received it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentGroup = Schema.Struct({
  type: Schema.Literal("group"),
  ...common,
  ...others,
  ...person,
  /** The group's id. */
  groupId: Schema.String,
  ...traits
}).annotate({ identifier: "SentGroup" })

/**
 * A `group` as the server would have received it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SentGroup extends Schema.Schema.Type<typeof SentGroup> {}

/**
 * An `alias` as the server would have received it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentAlias = Schema.Struct({
  type: Schema.Literal("alias"),
  ...common,
  ...others,
  /** An id that the person had before signing up. */
  anonymousId: Schema.optionalKey(Schema.String),
  /** The id so far. */
  previousId: Schema.String,
  /** The id from now on. */
  userId: Schema.String
}).annotate({ identifier: "SentAlias" })

/**
 * An `alias` as the server would have received it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SentAlias extends Schema.Schema.Type<typeof SentAlias> {}

/**
 * A message as the server would have received it: decoded JSON, with dates as ISO 8601 strings, and context and
 * integrations merged. Told apart by `type`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SentMessage = Schema.Union([SentIdentify, SentTrack, SentPage, SentScreen, SentGroup, SentAlias]).annotate(
  {
    identifier: "SentMessage"
  }
)

/**
 * A message as the server would have received it, told apart by `type`.
 *
 * @category models
 * @since 0.1.0
 */
export type SentMessage = SentIdentify | SentTrack | SentPage | SentScreen | SentGroup | SentAlias
