/**
 * The client for Node.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import type * as Layer from "effect/Layer"
import type { Analytics } from "../Analytics.ts"
import type { InvalidOptions } from "../AnalyticsError.ts"
import { layerConfig } from "./AnalyticsNode.ts"
import { analyticsNodeConfig } from "./AnalyticsNodeOptions.ts"

export * as AnalyticsNode from "./AnalyticsNode.ts"
export { type AnalyticsNodeConfig, type AnalyticsNodeOptions, analyticsNodeConfig } from "./AnalyticsNodeOptions.ts"
export * as AnalyticsOutboxNode from "./AnalyticsOutboxNode.ts"
export * as OutboxSqlite from "./OutboxSqlite.ts"

/**
 * `AnalyticsLive` over undici, which keeps connections open: everything a Node program needs. With options of your own,
 * it is `AnalyticsNode.layer`.
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
export const AnalyticsNodeLive: Layer.Layer<Analytics, Config.ConfigError | InvalidOptions> =
  layerConfig(analyticsNodeConfig)
