/**
 * What is known about a person (`identify`) or a group (`group`).
 *
 * Reserved names are typed; any other key is allowed. Dates anywhere inside become ISO 8601 strings.
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/identify-spec/
 * @since 0.1.0
 */
import { Schema } from "effect"
import { DateLike, open, reserved } from "./open.ts"

/**
 * A postal address, in `Traits` and `GroupTraits`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Address = open({
  city: reserved(Schema.String),
  country: reserved(Schema.String),
  postalCode: reserved(Schema.String),
  state: reserved(Schema.String),
  street: reserved(Schema.String)
}).annotate({ identifier: "Address", title: "Address", description: "A postal address" })

/**
 * Which topics and channels a person agreed to: `topics.topic_<id>` and `channels.<name>` to `true` or `false`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SubscriptionPreferences = open({
  /** `topic_<id>` to whether the person wants messages on that topic. */
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
export const Traits = open({
  email: reserved(Schema.String),
  /** When the person's account was made. */
  createdAt: reserved(DateLike),
  firstName: reserved(Schema.String),
  lastName: reserved(Schema.String),
  /** The full name; destinations join `firstName` and `lastName` when it is absent. */
  name: reserved(Schema.String),
  phone: reserved(Schema.String),
  title: reserved(Schema.String),
  username: reserved(Schema.String),
  website: reserved(Schema.String),
  /** URL of a picture. */
  avatar: reserved(Schema.String),
  birthday: reserved(DateLike),
  age: reserved(Schema.Finite),
  gender: reserved(Schema.String),
  description: reserved(Schema.String),
  address: reserved(Schema.Union([Address, Schema.String])),
  company: reserved(Schema.Union([Schema.Record(Schema.String, Schema.Unknown), Schema.String])),
  plan: reserved(Schema.String),
  /** `true` stops all messages to the person. */
  unsubscribed: reserved(Schema.Boolean),
  cio_subscription_preferences: reserved(SubscriptionPreferences)
}).annotate({
  identifier: "Traits",
  title: "Traits",
  description: "What is known about a person: reserved names, typed, and any other key",
  examples: [{ email: "cool.person@example.com", plan: "Enterprise" }]
})

/**
 * @category models
 * @since 0.1.0
 */
export type Traits = typeof Traits.Type

/**
 * Traits of a group (a Customer.io object).
 *
 * @category schemas
 * @since 0.1.0
 */
export const GroupTraits = open({
  name: reserved(Schema.String),
  industry: reserved(Schema.String),
  employees: reserved(Schema.Union([Schema.Finite, Schema.String])),
  plan: reserved(Schema.String),
  website: reserved(Schema.String),
  email: reserved(Schema.String),
  phone: reserved(Schema.String),
  address: reserved(Schema.Union([Address, Schema.String])),
  /** URL of a picture. */
  avatar: reserved(Schema.String),
  description: reserved(Schema.String),
  createdAt: reserved(DateLike),
  /** The object type the group belongs to: an integer as text; the server takes `"1"` when it is absent. */
  objectTypeId: reserved(
    Schema.String.check(Schema.isPattern(/^\d+$/, { expected: 'an integer as text, such as "1"' }))
  ),
  /** Attributes of the relationship between the person and the group. */
  relationshipAttributes: reserved(Schema.Record(Schema.String, Schema.Unknown))
}).annotate({
  identifier: "GroupTraits",
  title: "Group traits",
  description: "What is known about a group: reserved names, typed, and any other key",
  examples: [{ name: "Acme", objectTypeId: "1" }]
})

/**
 * @category models
 * @since 0.1.0
 */
export type GroupTraits = typeof GroupTraits.Type
