/**
 * The client for Node.
 *
 * @since 0.1.0
 */
// Of this module alone: the whole package takes a quarter of a second to load.
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { type Config, Layer } from "effect"
import { type Analytics, AnalyticsLive } from "../Analytics.ts"
import type { InvalidOptions } from "../AnalyticsError.ts"

/**
 * `AnalyticsLive` over undici, which keeps connections open: everything a Node program needs.
 *
 * **Example** (A program that sends an event and ends)
 *
 * ```ts
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Analytics } from "cdp-analytics-effect"
 * import { AnalyticsNodeLive } from "cdp-analytics-effect/node"
 * import { Effect } from "effect"
 *
 * Analytics.track({ userId: "019mr8mf4r", event: "started" }).pipe(Effect.provide(AnalyticsNodeLive), NodeRuntime.runMain)
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const AnalyticsNodeLive: Layer.Layer<Analytics, Config.ConfigError | InvalidOptions> = AnalyticsLive.pipe(
  Layer.provide(NodeHttpClient.layerUndici)
)
