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
import { Context, Schema } from "effect"
import { open, reserved } from "./open.ts"
import { Traits } from "./Traits.ts"

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
export const EventContext = open({
  /** Whether the person is active, as opposed to a message sent on their behalf. */
  active: reserved(Schema.Boolean),
  /** The person's IP address, from which the server derives a location. */
  ip: reserved(Schema.String),
  /** Such as `en-GB`. */
  locale: reserved(Schema.String),
  /** A name of the tz database, such as `Europe/Berlin`. */
  timezone: reserved(Schema.String),
  userAgent: reserved(Schema.String),
  /** `browser`, `mobile`, `server`. */
  channel: reserved(Schema.String),
  direct: reserved(Schema.Boolean),
  groupId: reserved(Schema.String),
  /** Traits of the person, on calls other than `identify`. */
  traits: reserved(Traits),
  app: reserved(
    open({
      name: reserved(Schema.String),
      version: reserved(Schema.String),
      build: reserved(Schema.String),
      namespace: reserved(Schema.String)
    })
  ),
  campaign: reserved(
    open({
      name: reserved(Schema.String),
      source: reserved(Schema.String),
      medium: reserved(Schema.String),
      term: reserved(Schema.String),
      content: reserved(Schema.String)
    })
  ),
  device: reserved(
    open({
      id: reserved(Schema.String),
      /** The push token. `Device Created or Updated` and `Device Deleted` need it. */
      token: reserved(Schema.String),
      /** `ios` or `android`. */
      type: reserved(Schema.String),
      manufacturer: reserved(Schema.String),
      model: reserved(Schema.String),
      name: reserved(Schema.String),
      version: reserved(Schema.String),
      advertisingId: reserved(Schema.String)
    })
  ),
  library: reserved(open({ name: reserved(Schema.String), version: reserved(Schema.String) })),
  location: reserved(
    open({
      city: reserved(Schema.String),
      country: reserved(Schema.String),
      region: reserved(Schema.String),
      latitude: reserved(Schema.Finite),
      longitude: reserved(Schema.Finite),
      speed: reserved(Schema.Finite)
    })
  ),
  network: reserved(
    open({
      bluetooth: reserved(Schema.Boolean),
      cellular: reserved(Schema.Boolean),
      wifi: reserved(Schema.Boolean),
      carrier: reserved(Schema.String)
    })
  ),
  os: reserved(open({ name: reserved(Schema.String), version: reserved(Schema.String) })),
  page: reserved(
    open({
      url: reserved(Schema.String),
      path: reserved(Schema.String),
      search: reserved(Schema.String),
      hash: reserved(Schema.String),
      title: reserved(Schema.String),
      referrer: reserved(Schema.String),
      name: reserved(Schema.String),
      keywords: reserved(Schema.Union([Schema.Array(Schema.String), Schema.String]))
    })
  ),
  referrer: reserved(
    open({
      type: reserved(Schema.String),
      name: reserved(Schema.String),
      url: reserved(Schema.String),
      link: reserved(Schema.String)
    })
  ),
  screen: reserved(
    open({
      density: reserved(Schema.Finite),
      width: reserved(Schema.Finite),
      height: reserved(Schema.Finite)
    })
  )
}).annotate({
  identifier: "EventContext",
  title: "Context",
  description: "Where a message came from: reserved names, typed, and any other key",
  examples: [{ ip: "203.0.113.7", locale: "en-GB", app: { name: "shop", version: "2.1.0" } }]
})

/**
 * @category models
 * @since 0.1.0
 */
export type EventContext = typeof EventContext.Type

/**
 * The contexts of the running effect and everything it calls, outermost first, merged between the layer's default and the call's own.
 * Set it with `Analytics.withContext`; it follows the fiber, so concurrent requests never see each other's.
 *
 * @category references
 * @since 0.1.0
 */
export const AmbientContext = Context.Reference<ReadonlyArray<EventContext>>("cdp-analytics-effect/AmbientContext", {
  defaultValue: () => []
})
