/**
 * What is known about a person (`identify`) or a group (`group`).
 *
 * Reserved names are typed; any other key is allowed. Dates and other data of Effect anywhere inside have a form in JSON:
 * `toWire` has the table.
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/identify-spec/
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { type DateLike, PointInTime } from "./DateLike.ts"
import { Any, type AnyRecord, type NotData, open, reserved } from "./open.ts"

/**
 * The names that Customer.io reserves in an `Address`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ReservedAddress {
  /** Such as `Berlin`. */
  readonly city?: string | null | undefined
  /** Such as `Germany`. */
  readonly country?: string | null | undefined
  /** Such as `10115`. */
  readonly postalCode?: string | null | undefined
  /** A state, a province or a region. */
  readonly state?: string | null | undefined
  /** With the number of the house. */
  readonly street?: string | null | undefined
}

/**
 * A postal address: reserved names, typed, and any other key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Address extends ReservedAddress {
  readonly [key: string]: unknown
}

/**
 * What may be given as an `Address`.
 *
 * @category models
 * @since 0.1.0
 */
export type AddressInput = Address | (ReservedAddress & NotData & object)

/**
 * A postal address, in `Traits` and `GroupTraits`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Address = open<Address, AddressInput>()({
  city: reserved(Schema.String),
  country: reserved(Schema.String),
  postalCode: reserved(Schema.String),
  state: reserved(Schema.String),
  street: reserved(Schema.String)
}).annotate({ identifier: "Address", title: "Address", description: "A postal address" })

/**
 * The channels of `SubscriptionPreferences`, each with whether the person wants messages on it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SubscriptionChannels {
  /** Emails. */
  readonly email?: boolean | null | undefined
  /** Text messages to a phone. */
  readonly sms?: boolean | null | undefined
  /** Notifications on a device. */
  readonly push?: boolean | null | undefined
  /** Messages within your app. */
  readonly in_app?: boolean | null | undefined
  /** Messages on WhatsApp. */
  readonly whatsapp?: boolean | null | undefined
  /** Messages on Slack. */
  readonly slack?: boolean | null | undefined
  /** Messages on LINE. */
  readonly line?: boolean | null | undefined
  /** Messages in the inbox of your app. */
  readonly inbox?: boolean | null | undefined
}

/**
 * The names that Customer.io reserves in `SubscriptionPreferences`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ReservedSubscriptionPreferences {
  /** `topic_<id>` to whether the person wants messages on that topic. */
  readonly topics?: { readonly [topic: string]: boolean } | null | undefined
  /** A channel to whether the person wants messages on it. */
  readonly channels?: SubscriptionChannels | null | undefined
}

/**
 * Which topics and channels a person agreed to: reserved names, typed, and any other key.
 *
 * @category models
 * @since 0.1.0
 */
export interface SubscriptionPreferences extends ReservedSubscriptionPreferences {
  readonly [key: string]: unknown
}

/**
 * What may be given as `SubscriptionPreferences`.
 *
 * @category models
 * @since 0.1.0
 */
export type SubscriptionPreferencesInput =
  | SubscriptionPreferences
  | (ReservedSubscriptionPreferences & NotData & object)

/**
 * Which topics and channels a person agreed to: `topics.topic_<id>` and `channels.<name>` to `true` or `false`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SubscriptionPreferences = open<SubscriptionPreferences, SubscriptionPreferencesInput>()({
  topics: reserved(Schema.Record(Schema.String, Schema.Boolean)),
  channels: reserved(
    Schema.Struct({
      email: reserved(Schema.Boolean),
      sms: reserved(Schema.Boolean),
      push: reserved(Schema.Boolean),
      in_app: reserved(Schema.Boolean),
      whatsapp: reserved(Schema.Boolean),
      slack: reserved(Schema.Boolean),
      line: reserved(Schema.Boolean),
      inbox: reserved(Schema.Boolean)
    })
  )
}).annotate({
  identifier: "SubscriptionPreferences",
  title: "Subscription preferences",
  description: "Topics and channels a person agreed to",
  examples: [{ topics: { topic_1: true }, channels: { email: true, sms: false } }]
})

/**
 * The names that Customer.io reserves in `Traits`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ReservedTraits {
  /** An email address. In an `identify` without ids it says who the person is. */
  readonly email?: string | null | undefined
  /** When the person's account was made. */
  readonly createdAt?: DateLike | null | undefined
  /** Such as `Ada`. */
  readonly firstName?: string | null | undefined
  /** Such as `Lovelace`. */
  readonly lastName?: string | null | undefined
  /** The full name; destinations join `firstName` and `lastName` when it is absent. */
  readonly name?: string | null | undefined
  /** A telephone number, such as `+4930123456`. */
  readonly phone?: string | null | undefined
  /** What the person does in a company, such as `VP of Engineering`. */
  readonly title?: string | null | undefined
  /** The name that the person signs in with. */
  readonly username?: string | null | undefined
  /** URL of a website of the person's. */
  readonly website?: string | null | undefined
  /** URL of a picture. */
  readonly avatar?: string | null | undefined
  /** When the person was born. */
  readonly birthday?: DateLike | null | undefined
  /** In years. */
  readonly age?: number | null | undefined
  /** As the person gives it. */
  readonly gender?: string | null | undefined
  /** A text about the person. */
  readonly description?: string | null | undefined
  /** A postal address, or a text of it. */
  readonly address?: AddressInput | string | null | undefined
  /** The person's company, or its name. */
  readonly company?: AnyRecord | (NotData & object) | string | null | undefined
  /** The plan that the person pays for, such as `Enterprise`. */
  readonly plan?: string | null | undefined
  /** `true` stops all messages to the person. */
  readonly unsubscribed?: boolean | null | undefined
  /** Which topics and channels the person agreed to. */
  readonly cio_subscription_preferences?: SubscriptionPreferencesInput | null | undefined
}

/**
 * Traits of a person: reserved names, typed, and any other key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Traits extends ReservedTraits {
  readonly [key: string]: unknown
  readonly address?: Address | string | null | undefined
  readonly company?: AnyRecord | string | null | undefined
  readonly cio_subscription_preferences?: SubscriptionPreferences | null | undefined
}

/**
 * What may be given as `Traits`.
 *
 * @category models
 * @since 0.1.0
 */
export type TraitsInput = Traits | (ReservedTraits & NotData & object)

/**
 * Traits of a person.
 *
 * **Example** (Reserved and custom traits)
 *
 * ```ts
 * import type { Traits } from "cdp-analytics-effect"
 *
 * const traits: Traits = {
 *   email: "cool.person@example.com",
 *   createdAt: new Date("2026-01-01T00:00:00Z"),
 *   plan: "Enterprise",
 *   favouriteColour: "green"
 * }
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const Traits = open<Traits, TraitsInput>()({
  email: reserved(Schema.String),
  createdAt: reserved(PointInTime),
  firstName: reserved(Schema.String),
  lastName: reserved(Schema.String),
  name: reserved(Schema.String),
  phone: reserved(Schema.String),
  title: reserved(Schema.String),
  username: reserved(Schema.String),
  website: reserved(Schema.String),
  avatar: reserved(Schema.String),
  birthday: reserved(PointInTime),
  age: reserved(Schema.Finite),
  gender: reserved(Schema.String),
  description: reserved(Schema.String),
  address: reserved(Schema.Union([Address, Schema.String])),
  company: reserved(Schema.Union([Any, Schema.String])),
  plan: reserved(Schema.String),
  unsubscribed: reserved(Schema.Boolean),
  cio_subscription_preferences: reserved(SubscriptionPreferences)
}).annotate({
  identifier: "Traits",
  title: "Traits",
  description: "What is known about a person: reserved names, typed, and any other key",
  examples: [{ email: "cool.person@example.com", plan: "Enterprise" }]
})

/**
 * The names that Customer.io reserves in `GroupTraits`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ReservedGroupTraits {
  /** Such as `Acme`. */
  readonly name?: string | null | undefined
  /** What the group does, such as `Technology`. */
  readonly industry?: string | null | undefined
  /** How many people work there. */
  readonly employees?: number | string | null | undefined
  /** The plan that the group pays for, such as `Enterprise`. */
  readonly plan?: string | null | undefined
  /** URL of the group's website. */
  readonly website?: string | null | undefined
  /** An email address of the group. */
  readonly email?: string | null | undefined
  /** A telephone number of the group. */
  readonly phone?: string | null | undefined
  /** A postal address, or a text of it. */
  readonly address?: AddressInput | string | null | undefined
  /** URL of a picture. */
  readonly avatar?: string | null | undefined
  /** A text about the group. */
  readonly description?: string | null | undefined
  /** When the group's account was made. */
  readonly createdAt?: DateLike | null | undefined
  /** The object type the group belongs to: an integer as text; the server takes `"1"` when it is absent. */
  readonly objectTypeId?: string | null | undefined
  /** Attributes of the relationship between the person and the group. */
  readonly relationshipAttributes?: AnyRecord | (NotData & object) | null | undefined
}

/**
 * Traits of a group (a Customer.io object): reserved names, typed, and any other key.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupTraits extends ReservedGroupTraits {
  readonly [key: string]: unknown
  readonly address?: Address | string | null | undefined
  readonly relationshipAttributes?: AnyRecord | null | undefined
}

/**
 * What may be given as `GroupTraits`.
 *
 * @category models
 * @since 0.1.0
 */
export type GroupTraitsInput = GroupTraits | (ReservedGroupTraits & NotData & object)

/**
 * Traits of a group (a Customer.io object).
 *
 * @category schemas
 * @since 0.1.0
 */
export const GroupTraits = open<GroupTraits, GroupTraitsInput>()({
  name: reserved(Schema.String),
  industry: reserved(Schema.String),
  employees: reserved(Schema.Union([Schema.Finite, Schema.String])),
  plan: reserved(Schema.String),
  website: reserved(Schema.String),
  email: reserved(Schema.String),
  phone: reserved(Schema.String),
  address: reserved(Schema.Union([Address, Schema.String])),
  avatar: reserved(Schema.String),
  description: reserved(Schema.String),
  createdAt: reserved(PointInTime),
  objectTypeId: reserved(
    Schema.String.check(Schema.isPattern(/^\d+$/, { expected: 'an integer as text, such as "1"' }))
  ),
  relationshipAttributes: reserved(Any)
}).annotate({
  identifier: "GroupTraits",
  title: "Group traits",
  description: "What is known about a group: reserved names, typed, and any other key",
  examples: [{ name: "Acme", objectTypeId: "1" }]
})
