import { describe, expectTypeOf, it } from "@effect/vitest"
import {
  type Address,
  type AddressInput,
  type Alias,
  type AliasInput,
  Analytics,
  type AnalyticsClosed,
  AnalyticsLive,
  type AnalyticsOptions,
  type AnyRecord,
  analyticsConfig,
  type CallError,
  type EnqueueOptions,
  type EventContext,
  type EventContextInput,
  type Group,
  type GroupInput,
  type GroupTraits,
  type GroupTraitsInput,
  type Identified,
  type IdentifiedOrEmail,
  type Identify,
  type IdentifyInput,
  type Integrations,
  type InvalidMessage,
  type InvalidOptions,
  type Message,
  type MessageTooLarge,
  type MessageType,
  type OutboxError,
  type Page,
  type PageInput,
  type Product,
  type ProductInput,
  type Properties,
  type PropertiesInput,
  type QueueFull,
  type Receipt,
  type RecordInput,
  type ReservedAddress,
  type ReservedContext,
  type ReservedGroupTraits,
  type ReservedProduct,
  type ReservedProperties,
  type ReservedSubscriptionPreferences,
  type ReservedTraits,
  type Screen,
  type ScreenInput,
  type SubscriptionPreferences,
  type SubscriptionPreferencesInput,
  Track,
  type TrackInput,
  type Traits,
  type TraitsInput,
  type Undelivered,
  type UnserializableMessage
} from "cdp-analytics-effect"
import { AnalyticsNode, AnalyticsNodeLive, analyticsNodeConfig } from "cdp-analytics-effect/node"
import { Chunk, type Config, DateTime, Effect, type Layer, Option, Redacted, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type * as Contexts from "../src/message/EventContext.ts"

/** As interfaces are that stand in other people's programs. */
interface Shoe {
  readonly name: string
  readonly price: number
}
declare const shoe: Shoe
declare const maybe: string | undefined
declare const flag: boolean
declare const trackInput: TrackInput
declare const pageInput: PageInput
declare const identifyInput: IdentifyInput
declare const anyObject: object
declare const anyRecord: Record<string, unknown>

class Order extends Schema.Class<Order>("Order")({ order_id: Schema.String, total: Schema.Finite }) {
  get isLarge() {
    return this.total > 100
  }
}
class Home extends Schema.Class<Home>("Home")({ city: Schema.String }) {}
class Cart {
  readonly items: ReadonlyArray<string> = []
  readonly #secret = 1
  clear() {
    return this.#secret
  }
}
class Numbered {
  readonly city = 1
}
class Totals {
  total() {
    return 1
  }
}

// What the compiler must take, and what it must refuse; none of it runs.
const calls = () => [
  Analytics.track({
    userId: "u",
    event: "e",
    properties: { product: shoe, price: 1, whatever: DateTime.makeUnsafe(0) }
  }),
  Analytics.identify({ userId: "u", traits: { email: null, plan: undefined, custom: [shoe] } }),
  Analytics.page({ anonymousId: "a" }),
  Analytics.group({ groupId: "g" }),
  Analytics.alias({ userId: "u", previousId: "p" }),
  Analytics.identify({ traits: { email: "e@example.com", custom: 1 } }),
  Analytics.track(flag ? { userId: "u", event: "e" } : { anonymousId: "a", event: "e" }),
  Analytics.track({ userId: maybe, anonymousId: "a", event: "e" }),
  Analytics.track({ userId: "", event: "e" }),
  Analytics.track({ ...trackInput, userId: "u" }),
  ((input: TrackInput & Identified) => Analytics.track(input))({ userId: "u", event: "e" }),
  Analytics.enqueue({ type: "track", ...trackInput }),
  Analytics.enqueue({ type: "page", ...pageInput }),
  Analytics.enqueue({ type: "identify", ...identifyInput }),
  Analytics.enqueue({ type: "track", event: "e", properties: shoe }),
  Analytics.enqueue(Track.make({ userId: "u", event: "e", properties: shoe })),
  // @ts-expect-error nobody
  Analytics.track({ event: "e" }),
  // @ts-expect-error perhaps nobody
  Analytics.track({ userId: maybe, anonymousId: maybe, event: "e" }),
  // @ts-expect-error perhaps nobody
  Analytics.track(trackInput),
  // @ts-expect-error nobody
  Analytics.page({ name: "n" }),
  // @ts-expect-error perhaps nobody
  Analytics.screen({ userId: maybe }),
  // @ts-expect-error nobody
  Analytics.identify({ traits: { name: "n" } }),
  // @ts-expect-error perhaps nobody
  Analytics.identify({ traits: { email: maybe } }),
  // @ts-expect-error an email that is none
  Analytics.identify({ traits: { email: null } }),
  // @ts-expect-error what only enqueue may be given
  Analytics.track({ type: "track", userId: "u", event: "e" }),
  // @ts-expect-error the fields of another message
  Analytics.enqueue({ type: "alias", ...trackInput }),
  // @ts-expect-error a misspelt key
  Analytics.track({ userId: "u", event: "e", propertis: {} }),
  // @ts-expect-error no event
  Analytics.track({ userId: "u" }),
  // @ts-expect-error a reserved property of another type
  Analytics.track({ userId: "u", event: "e", properties: { price: "1" } }),
  // @ts-expect-error a reserved trait of another type
  Analytics.identify({ userId: "u", traits: { email: 1 } }),
  // @ts-expect-error a reserved context field of another type
  Analytics.page({ userId: "u", context: { device: { token: 1 } } }),
  // @ts-expect-error an id that is no text
  Analytics.page({ userId: 1 }),
  // @ts-expect-error a timestamp as text
  Analytics.page({ userId: "u", timestamp: "2024-01-01" }),
  // @ts-expect-error no previousId
  Analytics.alias({ userId: "u" }),
  // @ts-expect-error a key that is not redacted
  Analytics.layer({ apiKey: "key" }),
  // @ts-expect-error a region that does not exist
  Analytics.layer({ apiKey: Redacted.make("key"), region: "asia" })
]

/** Interfaces and instances of classes are records, like literals. */
const records = (): ReadonlyArray<PropertiesInput> => [
  shoe,
  new Order({ order_id: "o", total: 1 }),
  new Cart(),
  anyObject,
  anyRecord,
  { ...shoe, custom: 1 },
  flag ? {} : shoe,
  { products: [shoe, new Order({ order_id: "o", total: 1 }), { sku: "s", custom: 1 }] },
  { custom: 1, products: [shoe] },
  // @ts-expect-error text
  "text",
  // @ts-expect-error an array
  [],
  // @ts-expect-error an array of a record
  [shoe],
  // @ts-expect-error a Map
  new Map([["price", 1]]),
  // @ts-expect-error a Set
  new Set([1]),
  // @ts-expect-error Effect's own data
  Option.some({ price: 1 }),
  // @ts-expect-error Effect's own data
  Chunk.make(1),
  // @ts-expect-error a function
  () => shoe,
  // @ts-expect-error a class
  Order,
  // @ts-expect-error a method of a reserved name
  new Totals(),
  // @ts-expect-error a reserved name of another type
  { price: "1" },
  // @ts-expect-error a reserved name of another type, beside one that is not reserved
  { price: "1", custom: 1 },
  // @ts-expect-error a reserved name of another type, deeper
  { products: [{ price: "1" }] },
  // @ts-expect-error no record, deeper
  { products: [[]] }
]

const otherRecords = (): {
  readonly traits: ReadonlyArray<TraitsInput>
  readonly groups: ReadonlyArray<GroupTraitsInput>
  readonly contexts: ReadonlyArray<EventContextInput>
} => ({
  traits: [
    shoe,
    { address: new Home({ city: "Rome" }), company: shoe, custom: 1 },
    // @ts-expect-error a reserved name of another type, in a class
    { address: new Numbered() },
    // @ts-expect-error no record
    { company: [] },
    // @ts-expect-error no channel
    { cio_subscription_preferences: { channels: { fax: true } } }
  ],
  groups: [
    new Home({ city: "Rome" }),
    { relationshipAttributes: shoe },
    // @ts-expect-error no record
    { relationshipAttributes: new Map() }
  ],
  contexts: [
    new Home({ city: "Rome" }),
    { device: shoe, traits: shoe, app: { custom: 1 } },
    // @ts-expect-error a reserved name of another type
    { device: { token: 1 } },
    // @ts-expect-error no record
    { device: [] }
  ]
})

/** Without what stands for any other key. */
type Known<T> = { [Key in keyof T as string extends Key ? never : Key]: T[Key] }

interface RecordSchema {
  readonly Type: unknown
  readonly "~type.make.in": unknown
  readonly schema: { readonly Type: unknown; readonly "~type.make.in": unknown }
}
/** What a record reads and takes, and which names it reads and takes, by its Schema. */
type ByRecord<S extends RecordSchema> = [
  S["Type"],
  S["~type.make.in"],
  S["schema"]["Type"],
  S["schema"]["~type.make.in"]
]
/** The same by the interfaces. */
type ByInterfaces<Type, Input, Reserved> = [Type, Input, Known<Type>, Known<Reserved>]

interface MessageSchema {
  readonly Type: object
  readonly "~type.make.in": object
  readonly fields: Schema.Struct.Fields
}
type ByMessage<S extends MessageSchema> = [
  S["Type"],
  Known<S["~type.make.in"]>,
  Schema.Struct.Type<S["fields"]>,
  Schema.Struct.MakeIn<S["fields"]>
]
type ByMessageInterfaces<Type extends { readonly type: string }, Input> = [
  Type,
  Known<{ readonly type?: Type["type"] } & Input>,
  Known<Type>,
  Known<{ readonly type?: Type["type"] } & Input>
]

describe("types", () => {
  it("of the calls", () => {
    expectTypeOf(calls).toBeFunction()
    expectTypeOf(Analytics.identify).parameters.toEqualTypeOf<[input: IdentifyInput & IdentifiedOrEmail]>()
    expectTypeOf(Analytics.track).parameters.toEqualTypeOf<[input: TrackInput & Identified]>()
    expectTypeOf(Analytics.page).parameters.toEqualTypeOf<[input: PageInput & Identified]>()
    expectTypeOf(Analytics.screen).parameters.toEqualTypeOf<[input: ScreenInput & Identified]>()
    expectTypeOf(Analytics.group).parameters.toEqualTypeOf<[input: GroupInput]>()
    expectTypeOf(Analytics.alias).parameters.toEqualTypeOf<[input: AliasInput]>()
    expectTypeOf(Analytics.enqueue).parameters.toEqualTypeOf<[message: Message, options?: EnqueueOptions | undefined]>()
    type Calls = MessageType | "enqueue"
    expectTypeOf<{ [Call in Calls]: Parameters<Analytics["Service"][Call]> }>().toEqualTypeOf<{
      [Call in Calls]: Parameters<(typeof Analytics)[Call]>
    }>()
    expectTypeOf(Analytics.track).returns.toEqualTypeOf<Effect.Effect<Receipt, CallError, Analytics>>()
    expectTypeOf<CallError>().toEqualTypeOf<
      InvalidMessage | MessageTooLarge | UnserializableMessage | QueueFull | AnalyticsClosed | OutboxError
    >()
    expectTypeOf<TrackInput["event"]>().toEqualTypeOf<string>()
    expectTypeOf<Traits["email"]>().toEqualTypeOf<string | null | undefined>()
    expectTypeOf<Properties["price"]>().toEqualTypeOf<number | null | undefined>()
    expectTypeOf<Properties["anything"]>().toEqualTypeOf<unknown>()
  })

  it("of records: an interface or a class is one, and nothing that is no record", () => {
    expectTypeOf(records).toBeFunction()
    expectTypeOf(otherRecords).toBeFunction()
  })

  it("of records are those of their Schemas", () => {
    expectTypeOf<ByRecord<typeof Product>>().toEqualTypeOf<ByInterfaces<Product, ProductInput, ReservedProduct>>()
    expectTypeOf<ByRecord<typeof Properties>>().toEqualTypeOf<
      ByInterfaces<Properties, PropertiesInput, ReservedProperties>
    >()
    expectTypeOf<ByRecord<typeof Address>>().toEqualTypeOf<ByInterfaces<Address, AddressInput, ReservedAddress>>()
    expectTypeOf<ByRecord<typeof SubscriptionPreferences>>().toEqualTypeOf<
      ByInterfaces<SubscriptionPreferences, SubscriptionPreferencesInput, ReservedSubscriptionPreferences>
    >()
    expectTypeOf<ByRecord<typeof Traits>>().toEqualTypeOf<ByInterfaces<Traits, TraitsInput, ReservedTraits>>()
    expectTypeOf<ByRecord<typeof GroupTraits>>().toEqualTypeOf<
      ByInterfaces<GroupTraits, GroupTraitsInput, ReservedGroupTraits>
    >()
    expectTypeOf<ByRecord<typeof EventContext>>().toEqualTypeOf<
      ByInterfaces<EventContext, EventContextInput, ReservedContext>
    >()
    type ByContext<Reserved> = [Reserved & AnyRecord, RecordInput<Reserved>, Known<Reserved>, Known<Reserved>]
    expectTypeOf<ByRecord<typeof Contexts.AppContext>>().toEqualTypeOf<ByContext<Contexts.AppContext>>()
    expectTypeOf<ByRecord<typeof Contexts.CampaignContext>>().toEqualTypeOf<ByContext<Contexts.CampaignContext>>()
    expectTypeOf<ByRecord<typeof Contexts.DeviceContext>>().toEqualTypeOf<ByContext<Contexts.DeviceContext>>()
    expectTypeOf<ByRecord<typeof Contexts.LibraryContext>>().toEqualTypeOf<ByContext<Contexts.LibraryContext>>()
    expectTypeOf<ByRecord<typeof Contexts.LocationContext>>().toEqualTypeOf<ByContext<Contexts.LocationContext>>()
    expectTypeOf<ByRecord<typeof Contexts.NetworkContext>>().toEqualTypeOf<ByContext<Contexts.NetworkContext>>()
    expectTypeOf<ByRecord<typeof Contexts.OsContext>>().toEqualTypeOf<ByContext<Contexts.OsContext>>()
    expectTypeOf<ByRecord<typeof Contexts.PageContext>>().toEqualTypeOf<ByContext<Contexts.PageContext>>()
    expectTypeOf<ByRecord<typeof Contexts.ReferrerContext>>().toEqualTypeOf<ByContext<Contexts.ReferrerContext>>()
    expectTypeOf<ByRecord<typeof Contexts.ScreenContext>>().toEqualTypeOf<ByContext<Contexts.ScreenContext>>()
    expectTypeOf<Integrations>().toEqualTypeOf<(typeof Integrations)["Type"]>()
  })

  it("of messages are those of their Schemas", () => {
    expectTypeOf<ByMessage<typeof Identify>>().toEqualTypeOf<ByMessageInterfaces<Identify, IdentifyInput>>()
    expectTypeOf<ByMessage<typeof Track>>().toEqualTypeOf<ByMessageInterfaces<Track, TrackInput>>()
    expectTypeOf<ByMessage<typeof Page>>().toEqualTypeOf<ByMessageInterfaces<Page, PageInput>>()
    expectTypeOf<ByMessage<typeof Screen>>().toEqualTypeOf<ByMessageInterfaces<Screen, ScreenInput>>()
    expectTypeOf<ByMessage<typeof Group>>().toEqualTypeOf<ByMessageInterfaces<Group, GroupInput>>()
    expectTypeOf<ByMessage<typeof Alias>>().toEqualTypeOf<ByMessageInterfaces<Alias, AliasInput>>()
    expectTypeOf<(typeof Message)["Type"]>().toEqualTypeOf<Identify | Track | Page | Screen | Group | Alias>()
    expectTypeOf<(typeof Message)["Type"]>().toExtend<Message>()
  })

  it("of what is handed out have an index signature", () => {
    type Handed = Extract<Undelivered["messages"][number], { readonly type: "track" }>
    expectTypeOf<Handed>().toEqualTypeOf<Track>()
    expectTypeOf<NonNullable<Handed["properties"]>["anything"]>().toEqualTypeOf<unknown>()
    expectTypeOf<NonNullable<Handed["context"]>["anything"]>().toEqualTypeOf<unknown>()
  })

  it("of the layers: only HttpClient is required", () => {
    expectTypeOf(AnalyticsLive).toEqualTypeOf<
      Layer.Layer<Analytics, Config.ConfigError | InvalidOptions, HttpClient.HttpClient>
    >()
    expectTypeOf(Analytics.layer).returns.toEqualTypeOf<Layer.Layer<Analytics, InvalidOptions, HttpClient.HttpClient>>()
    expectTypeOf(AnalyticsNodeLive).toEqualTypeOf<Layer.Layer<Analytics, Config.ConfigError | InvalidOptions>>()
    expectTypeOf(AnalyticsNode.layer).returns.toEqualTypeOf<Layer.Layer<Analytics, InvalidOptions>>()
    expectTypeOf<Omit<Parameters<typeof AnalyticsNode.layer>[0], "proxy">>().toEqualTypeOf<AnalyticsOptions>()
    expectTypeOf(analyticsNodeConfig).toEqualTypeOf(AnalyticsNode.config)
    expectTypeOf(AnalyticsNode.layerConfig).toBeCallableWith(analyticsConfig, { proxy: "http://localhost:3128" })
  })

  it("of failures: catchTag narrows", () => {
    const recovered = Analytics.track({ userId: "u", event: "e" }).pipe(
      Effect.catchTag("MessageTooLarge", (error) => Effect.succeed(error.bytes))
    )
    expectTypeOf(recovered).toEqualTypeOf<
      Effect.Effect<Receipt | number, Exclude<CallError, MessageTooLarge>, Analytics>
    >()
  })
})
