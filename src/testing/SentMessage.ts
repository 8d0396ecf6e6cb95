/**
 * Messages as the server would have received them.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

const common = {
  messageId: Schema.String,
  /** ISO 8601. */
  timestamp: Schema.String,
  /** As it was merged. */
  context: Schema.JsonObject,
  integrations: Schema.optionalKey(Schema.JsonObject)
}

const person = {
  userId: Schema.optionalKey(Schema.String),
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

const properties = Schema.optionalKey(Schema.JsonObject)

const traits = Schema.optionalKey(Schema.JsonObject)

const view = {
  ...common,
  ...others,
  ...person,
  name: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(Schema.String),
  properties
}

/**
 * @category schemas
 * @since 0.1.0
 */
export const SentIdentify = Schema.Struct({ type: Schema.Literal("identify"), ...common, ...others, ...person, traits })

/**
 * @category models
 * @since 0.1.0
 */
export type SentIdentify = typeof SentIdentify.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const SentTrack = Schema.Struct({
  type: Schema.Literal("track"),
  ...common,
  ...others,
  ...person,
  event: Schema.String,
  properties
})

/**
 * @category models
 * @since 0.1.0
 */
export type SentTrack = typeof SentTrack.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const SentPage = Schema.Struct({ type: Schema.Literal("page"), ...view })

/**
 * @category models
 * @since 0.1.0
 */
export type SentPage = typeof SentPage.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const SentScreen = Schema.Struct({ type: Schema.Literal("screen"), ...view })

/**
 * @category models
 * @since 0.1.0
 */
export type SentScreen = typeof SentScreen.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const SentGroup = Schema.Struct({
  type: Schema.Literal("group"),
  ...common,
  ...others,
  ...person,
  groupId: Schema.String,
  traits
})

/**
 * @category models
 * @since 0.1.0
 */
export type SentGroup = typeof SentGroup.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const SentAlias = Schema.Struct({
  type: Schema.Literal("alias"),
  ...common,
  ...others,
  anonymousId: Schema.optionalKey(Schema.String),
  previousId: Schema.String,
  userId: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type SentAlias = typeof SentAlias.Type

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
 * @category models
 * @since 0.1.0
 */
export type SentMessage = typeof SentMessage.Type
