/**
 * Where a message came from: application, device, network, page, campaign.
 *
 * A message's context is the layer's default, then the ambient context of the running effect, then the call's own,
 * merged deeply by this library: the later value wins, arrays are replaced whole, and `false`, `0`, `""` and `null` are
 * values like any other. (The server itself replaces rather than merges.)
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/common-fields/#context
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import { type AnyRecord, type NotData, open, type RecordInput, reserved } from "./open.ts"
import { Traits, type TraitsInput } from "./Traits.ts"

/**
 * `context.app`: the application that the message came from.
 *
 * @category models
 * @since 0.1.0
 */
export interface AppContext {
  /** Such as `shop`. */
  readonly name?: string | null | undefined
  /** Such as `2.1.0`. */
  readonly version?: string | null | undefined
  /** The number of the build. */
  readonly build?: string | null | undefined
  /** The id of the application in its store, such as `com.example.shop`. */
  readonly namespace?: string | null | undefined
}

export const AppContext = open<AppContext & AnyRecord, RecordInput<AppContext>>()({
  name: reserved(Schema.String),
  version: reserved(Schema.String),
  build: reserved(Schema.String),
  namespace: reserved(Schema.String)
})

/**
 * `context.campaign`: the campaign that brought the person.
 *
 * @category models
 * @since 0.1.0
 */
export interface CampaignContext {
  /** `utm_campaign` of the link. */
  readonly name?: string | null | undefined
  /** `utm_source` of the link, such as `newsletter`. */
  readonly source?: string | null | undefined
  /** `utm_medium` of the link, such as `email`. */
  readonly medium?: string | null | undefined
  /** `utm_term` of the link: words that were searched for. */
  readonly term?: string | null | undefined
  /** `utm_content` of the link: which of several it was. */
  readonly content?: string | null | undefined
}

export const CampaignContext = open<CampaignContext & AnyRecord, RecordInput<CampaignContext>>()({
  name: reserved(Schema.String),
  source: reserved(Schema.String),
  medium: reserved(Schema.String),
  term: reserved(Schema.String),
  content: reserved(Schema.String)
})

/**
 * `context.device`: the person's device.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceContext {
  /** An id of the device. */
  readonly id?: string | null | undefined
  /** The push token. `Device Created or Updated` and `Device Deleted` need it. */
  readonly token?: string | null | undefined
  /** `ios` or `android`. */
  readonly type?: string | null | undefined
  /** Such as `Apple`. */
  readonly manufacturer?: string | null | undefined
  /** Such as `iPhone17,1`. */
  readonly model?: string | null | undefined
  /** Such as `iPhone`. */
  readonly name?: string | null | undefined
  /** Version of the device. */
  readonly version?: string | null | undefined
  /** IDFA or Google's advertising id. */
  readonly advertisingId?: string | null | undefined
}

export const DeviceContext = open<DeviceContext & AnyRecord, RecordInput<DeviceContext>>()({
  id: reserved(Schema.String),
  token: reserved(Schema.String),
  type: reserved(Schema.String),
  manufacturer: reserved(Schema.String),
  model: reserved(Schema.String),
  name: reserved(Schema.String),
  version: reserved(Schema.String),
  advertisingId: reserved(Schema.String)
})

/**
 * `context.library`: the library that sent the message: always this one.
 *
 * @category models
 * @since 0.1.0
 */
export interface LibraryContext {
  /** `cdp-analytics-effect`. */
  readonly name?: string | null | undefined
  /** Version of the library. */
  readonly version?: string | null | undefined
}

export const LibraryContext = open<LibraryContext & AnyRecord, RecordInput<LibraryContext>>()({
  name: reserved(Schema.String),
  version: reserved(Schema.String)
})

/**
 * `context.location`: where the person is.
 *
 * @category models
 * @since 0.1.0
 */
export interface LocationContext {
  /** Such as `Berlin`. */
  readonly city?: string | null | undefined
  /** Such as `Germany`. */
  readonly country?: string | null | undefined
  /** Such as `Bavaria`. */
  readonly region?: string | null | undefined
  /** In degrees, south is negative. */
  readonly latitude?: number | null | undefined
  /** In degrees, west is negative. */
  readonly longitude?: number | null | undefined
  /** How fast the device moves, as it tells it. */
  readonly speed?: number | null | undefined
}

export const LocationContext = open<LocationContext & AnyRecord, RecordInput<LocationContext>>()({
  city: reserved(Schema.String),
  country: reserved(Schema.String),
  region: reserved(Schema.String),
  latitude: reserved(Schema.Finite),
  longitude: reserved(Schema.Finite),
  speed: reserved(Schema.Finite)
})

/**
 * `context.network`: how the device is connected.
 *
 * @category models
 * @since 0.1.0
 */
export interface NetworkContext {
  /** Whether Bluetooth is on. */
  readonly bluetooth?: boolean | null | undefined
  /** Whether it is connected by a mobile network. */
  readonly cellular?: boolean | null | undefined
  /** Whether it is connected by Wi-Fi. */
  readonly wifi?: boolean | null | undefined
  /** The name of the mobile network. */
  readonly carrier?: string | null | undefined
}

export const NetworkContext = open<NetworkContext & AnyRecord, RecordInput<NetworkContext>>()({
  bluetooth: reserved(Schema.Boolean),
  cellular: reserved(Schema.Boolean),
  wifi: reserved(Schema.Boolean),
  carrier: reserved(Schema.String)
})

/**
 * `context.os`: the device's operating system.
 *
 * @category models
 * @since 0.1.0
 */
export interface OsContext {
  /** Such as `iOS`. */
  readonly name?: string | null | undefined
  /** Such as `26.1`. */
  readonly version?: string | null | undefined
}

export const OsContext = open<OsContext & AnyRecord, RecordInput<OsContext>>()({
  name: reserved(Schema.String),
  version: reserved(Schema.String)
})

/**
 * `context.page`: the page that the message came from.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageContext {
  /** The page's whole URL. */
  readonly url?: string | null | undefined
  /** The path of that. */
  readonly path?: string | null | undefined
  /** The query of that, with its `?`. */
  readonly search?: string | null | undefined
  /** The fragment of that, with its `#`. */
  readonly hash?: string | null | undefined
  /** The page's title. */
  readonly title?: string | null | undefined
  /** URL of the page before. */
  readonly referrer?: string | null | undefined
  /** The name of the page. */
  readonly name?: string | null | undefined
  /** What the page is about. */
  readonly keywords?: ReadonlyArray<string> | string | null | undefined
}

export const PageContext = open<PageContext & AnyRecord, RecordInput<PageContext>>()({
  url: reserved(Schema.String),
  path: reserved(Schema.String),
  search: reserved(Schema.String),
  hash: reserved(Schema.String),
  title: reserved(Schema.String),
  referrer: reserved(Schema.String),
  name: reserved(Schema.String),
  keywords: reserved(Schema.Union([Schema.Array(Schema.String), Schema.String]))
})

/**
 * `context.referrer`: what brought the person to the page.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReferrerContext {
  /** What kind of thing it is, such as `search`. */
  readonly type?: string | null | undefined
  /** The name of it. */
  readonly name?: string | null | undefined
  /** URL of it. */
  readonly url?: string | null | undefined
  /** The link that was followed. */
  readonly link?: string | null | undefined
}

export const ReferrerContext = open<ReferrerContext & AnyRecord, RecordInput<ReferrerContext>>()({
  type: reserved(Schema.String),
  name: reserved(Schema.String),
  url: reserved(Schema.String),
  link: reserved(Schema.String)
})

/**
 * `context.screen`: the device's screen.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScreenContext {
  /** As the device tells it, such as `3`. */
  readonly density?: number | null | undefined
  /** As the device tells it, such as `390`. */
  readonly width?: number | null | undefined
  /** As the device tells it, such as `844`. */
  readonly height?: number | null | undefined
}

export const ScreenContext = open<ScreenContext & AnyRecord, RecordInput<ScreenContext>>()({
  density: reserved(Schema.Finite),
  width: reserved(Schema.Finite),
  height: reserved(Schema.Finite)
})

/**
 * The names that Customer.io reserves in `EventContext`.
 *
 * @category parts of types
 * @since 0.1.0
 */
export interface ReservedContext {
  /** Whether the person is active, as opposed to a message sent on their behalf. */
  readonly active?: boolean | null | undefined
  /** The person's IP address, from which the server derives a location. */
  readonly ip?: string | null | undefined
  /** Such as `en-GB`. */
  readonly locale?: string | null | undefined
  /** A name of the tz database, such as `Europe/Berlin`. */
  readonly timezone?: string | null | undefined
  /** The `User-Agent` of the person's request. */
  readonly userAgent?: string | null | undefined
  /** `browser`, `mobile`, `server`. */
  readonly channel?: string | null | undefined
  /** Sent as it is: Customer.io's docs have the name, and not what it means. */
  readonly direct?: boolean | null | undefined
  /** The group in whose name the person acts. */
  readonly groupId?: string | null | undefined
  /** Traits of the person, on calls other than `identify`. */
  readonly traits?: TraitsInput | null | undefined
  /** The application that the message came from. */
  readonly app?: RecordInput<AppContext> | null | undefined
  /** The campaign that brought the person. */
  readonly campaign?: RecordInput<CampaignContext> | null | undefined
  /** The person's device. */
  readonly device?: RecordInput<DeviceContext> | null | undefined
  /** Always this library: what is set here is overwritten. */
  readonly library?: RecordInput<LibraryContext> | null | undefined
  /** Where the person is. */
  readonly location?: RecordInput<LocationContext> | null | undefined
  /** How the device is connected. */
  readonly network?: RecordInput<NetworkContext> | null | undefined
  /** The device's operating system. */
  readonly os?: RecordInput<OsContext> | null | undefined
  /** The page that the message came from. */
  readonly page?: RecordInput<PageContext> | null | undefined
  /** What brought the person to the page. */
  readonly referrer?: RecordInput<ReferrerContext> | null | undefined
  /** The device's screen. */
  readonly screen?: RecordInput<ScreenContext> | null | undefined
}

/**
 * Where a message came from: reserved names, typed, and any other key, at any depth.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventContext extends ReservedContext {
  readonly [key: string]: unknown
  readonly traits?: Traits | null | undefined
  readonly app?: (AppContext & AnyRecord) | null | undefined
  readonly campaign?: (CampaignContext & AnyRecord) | null | undefined
  readonly device?: (DeviceContext & AnyRecord) | null | undefined
  readonly library?: (LibraryContext & AnyRecord) | null | undefined
  readonly location?: (LocationContext & AnyRecord) | null | undefined
  readonly network?: (NetworkContext & AnyRecord) | null | undefined
  readonly os?: (OsContext & AnyRecord) | null | undefined
  readonly page?: (PageContext & AnyRecord) | null | undefined
  readonly referrer?: (ReferrerContext & AnyRecord) | null | undefined
  readonly screen?: (ScreenContext & AnyRecord) | null | undefined
}

/**
 * What may be given as `EventContext`.
 *
 * @category models
 * @since 0.1.0
 */
export type EventContextInput = EventContext | (ReservedContext & NotData & object)

/**
 * Reserved names are typed; any other key is allowed, at any depth.
 *
 * **Gotchas**
 *
 * - `ip` drives geolocation. It is never filled in for you: the server's own address is not the person's.
 * - `library` always names this library and its version. What you set there is overwritten.
 *
 * **Example** (Geolocation and a browser's user agent)
 *
 * ```ts
 * import type { EventContext } from "cdp-analytics-effect"
 *
 * const context: EventContext = {
 *   ip: "203.0.113.7",
 *   userAgent: "Mozilla/5.0",
 *   locale: "en-GB",
 *   app: { name: "shop", version: "2.1.0" }
 * }
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const EventContext = open<EventContext, EventContextInput>()({
  active: reserved(Schema.Boolean),
  ip: reserved(Schema.String),
  locale: reserved(Schema.String),
  timezone: reserved(Schema.String),
  userAgent: reserved(Schema.String),
  channel: reserved(Schema.String),
  direct: reserved(Schema.Boolean),
  groupId: reserved(Schema.String),
  traits: reserved(Traits),
  app: reserved(AppContext),
  campaign: reserved(CampaignContext),
  device: reserved(DeviceContext),
  library: reserved(LibraryContext),
  location: reserved(LocationContext),
  network: reserved(NetworkContext),
  os: reserved(OsContext),
  page: reserved(PageContext),
  referrer: reserved(ReferrerContext),
  screen: reserved(ScreenContext)
}).annotate({
  identifier: "EventContext",
  title: "Context",
  description: "Where a message came from: reserved names, typed, and any other key",
  examples: [{ ip: "203.0.113.7", locale: "en-GB", app: { name: "shop", version: "2.1.0" } }]
})

/**
 * The contexts of the running effect and everything it calls, outermost first, merged between the layer's default and the call's own.
 * Set it with `Analytics.withContext`; it follows the fiber, so concurrent requests never see each other's.
 *
 * @category references
 * @since 0.1.0
 */
export const AmbientContext = Context.Reference<ReadonlyArray<EventContextInput>>(
  "cdp-analytics-effect/AmbientContext",
  {
    defaultValue: () => []
  }
)
