/**
 * The six messages of the Data Pipelines API as Schemas.
 *
 * `Track` and its like, the types, are what the Schemas decode: `properties`, `traits` and `context` have an index signature
 * there. `Track.make` and `Analytics.enqueue` take more, as the calls do. The calls refuse a top-level key that the API does
 * not know (`onExcessProperty: "error"`), because data under a misspelt key is lost data.
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/source-events/
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Timestamp } from "./DateLike.ts"
import { EventContext } from "./EventContext.ts"
import { Integrations } from "./Integrations.ts"
import type { AliasInput, GroupInput, IdentifyInput, PageInput, ScreenInput, TrackInput } from "./MessageInput.ts"
import { own } from "./own.ts"
import { Properties } from "./Properties.ts"
import { GroupTraits, Traits } from "./Traits.ts"
import { isWhole, wholeReason } from "./whole.ts"

/**
 * The Schema of a message: `Type` is what it decodes, `Input` what it is made of, but for its `type`, which may be left out.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface MessageSchema<
  Type extends Schema.Struct.Type<Fields>,
  Input extends Schema.Struct.MakeIn<Fields>,
  Fields extends Schema.Struct.Fields
> extends Schema.Struct<Fields> {
  /** What it decodes. */
  readonly Type: Type
  /** What `annotate` and `check` give. */
  readonly Rebuild: MessageSchema<Type, Input, Fields>
  /** What `make` takes. */
  readonly "~type.make.in": Type extends { readonly type: infer T } ? { readonly type?: T } & Input : Input
  /** What `make` takes. */
  readonly "~type.make": Type extends { readonly type: infer T } ? { readonly type?: T } & Input : Input
}

export const named = <
  Type extends Schema.Struct.Type<Fields>,
  Input extends Schema.Struct.MakeIn<Fields>,
  Fields extends Schema.Struct.Fields
>(
  fields: Fields
): MessageSchema<Type, Input, Fields> => {
  const { ast, mapFields } = Schema.Struct(fields)
  return Schema.make<MessageSchema<Type, Input, Fields>>(ast, { fields, mapFields })
}

/** An id or a name: what it is after the way must be what it was before. */
export const Name = Schema.String.check(Schema.makeFilter((text) => (isWhole(text) ? undefined : wholeReason)))

// The API takes an empty id for a missing one, so an id may be empty where it is optional.
const Id = Schema.optional(Name)

export const common = {
  messageId: Id,
  timestamp: Schema.optional(Timestamp),
  context: Schema.optional(EventContext),
  integrations: Schema.optional(Integrations)
}

export const person = { userId: Id, anonymousId: Id }

const view = {
  ...common,
  ...person,
  name: Schema.optional(Name),
  category: Schema.optional(Name),
  properties: Schema.optional(Properties)
}

const identify = { type: Schema.tag("identify"), ...common, ...person, traits: Schema.optional(Traits) }
const track = {
  type: Schema.tag("track"),
  ...common,
  ...person,
  event: Name,
  properties: Schema.optional(Properties)
}
const page = { type: Schema.tag("page"), ...view }
const screen = { type: Schema.tag("screen"), ...view }
const group = {
  type: Schema.tag("group"),
  ...common,
  ...person,
  groupId: Name,
  traits: Schema.optional(GroupTraits)
}
const alias = {
  type: Schema.tag("alias"),
  ...common,
  userId: Name,
  anonymousId: Id,
  previousId: Name
}

// The server counts an empty string as missing.
export const isPresent = (value: string | undefined): boolean => value !== undefined && value !== ""

const hasOwnText = (message: object, key: string, value: string | undefined): boolean =>
  isPresent(value) && Object.hasOwn(message, key)

interface PersonIds {
  readonly userId?: string | undefined
  readonly anonymousId?: string | undefined
}

export const namesNobody = "userId or anonymousId is required"

export const identifiesPerson = Schema.makeFilter<PersonIds>((message) =>
  hasOwnText(message, "userId", message.userId) || hasOwnText(message, "anonymousId", message.anonymousId)
    ? undefined
    : { path: ["userId"], issue: namesNobody }
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
export const Identify = named<Identify, IdentifyInput, typeof identify>(identify)
  .check(
    Schema.makeFilter((message) => {
      if (hasOwnText(message, "userId", message.userId)) return undefined
      if (hasOwnText(message, "anonymousId", message.anonymousId)) return undefined
      const email = own(own(message, "traits") ?? {}, "email") ?? ""
      if (email === "") return { path: ["userId"], issue: "userId, anonymousId or traits.email is required" }
      // It is the id then.
      return isWhole(email) ? undefined : { path: ["traits", "email"], issue: wholeReason }
    })
  )
  .annotate({ identifier: "Identify", title: "Identify", description: "Says who a person is" })

/**
 * Records what a person did. Needs `event`, and `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Track = named<Track, TrackInput, typeof track>(track)
  .check(required("event"), identifiesPerson)
  .annotate({ identifier: "Track", title: "Track", description: "Records what a person did" })

/**
 * Records that a person viewed a page. Needs `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Page = named<Page, PageInput, typeof page>(page)
  .check(identifiesPerson)
  .annotate({ identifier: "Page", title: "Page", description: "Records that a person viewed a page" })

/**
 * Records that a person viewed a screen of a mobile app. Needs `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Screen = named<Screen, ScreenInput, typeof screen>(screen)
  .check(identifiesPerson)
  .annotate({ identifier: "Screen", title: "Screen", description: "Records that a person viewed a screen" })

/**
 * Puts a person into a group, or, without a person's id, updates the group's traits. Needs `groupId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Group = named<Group, GroupInput, typeof group>(group)
  .check(required("groupId"))
  .annotate({ identifier: "Group", title: "Group", description: "Puts a person into a group" })

/**
 * Merges two identities of one person. Needs `previousId` and `userId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Alias = named<Alias, AliasInput, typeof alias>(alias)
  .check(required("previousId"), required("userId"))
  .annotate({ identifier: "Alias", title: "Alias", description: "Merges two identities of one person" })

/**
 * Any of the six messages, told apart by `type`. `typeof Message.Type` is what it decodes.
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
 * An `identify` as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Identify extends IdentifyInput {
  readonly type: "identify"
  readonly context?: EventContext | undefined
  readonly traits?: Traits | undefined
}

/**
 * A `track` as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Track extends TrackInput {
  readonly type: "track"
  readonly context?: EventContext | undefined
  readonly properties?: Properties | undefined
}

/**
 * A `page` as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page extends PageInput {
  readonly type: "page"
  readonly context?: EventContext | undefined
  readonly properties?: Properties | undefined
}

/**
 * A `screen` as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Screen extends ScreenInput {
  readonly type: "screen"
  readonly context?: EventContext | undefined
  readonly properties?: Properties | undefined
}

/**
 * A `group` as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Group extends GroupInput {
  readonly type: "group"
  readonly context?: EventContext | undefined
  readonly traits?: GroupTraits | undefined
}

/**
 * An `alias` as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Alias extends AliasInput {
  readonly type: "alias"
  readonly context?: EventContext | undefined
}

/**
 * What `Analytics.enqueue` takes: any of the six inputs with its `type`, and so whatever the Schema decodes.
 *
 * @category models
 * @since 0.1.0
 */
export type Message =
  | ({ readonly type: "identify" } & IdentifyInput)
  | ({ readonly type: "track" } & TrackInput)
  | ({ readonly type: "page" } & PageInput)
  | ({ readonly type: "screen" } & ScreenInput)
  | ({ readonly type: "group" } & GroupInput)
  | ({ readonly type: "alias" } & AliasInput)

/**
 * Which of the six a message is.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageType = Message["type"]
