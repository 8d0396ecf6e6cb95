/**
 * `AnalyticsOutbox` over undici, which keeps connections open: what delivers from an outbox, and needs no `HttpClient`. What
 * accepts only is `AnalyticsOutbox.layerWriter`, here as everywhere.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Analytics } from "../Analytics.ts"
import type { InvalidOptions, OutboxError } from "../AnalyticsError.ts"
import type { OptionsConfig } from "../AnalyticsOptions.ts"
import { makeBoth, makeOutboxRelay, noOtherKey, type ReadKey, readAgain, readRelayAgain } from "../outbox/make.ts"
import { OutboxRelay } from "../outbox/OutboxRelay.ts"
import type { OutboxStore } from "../outbox/OutboxStore.ts"
import type { OutboxRelayOptions } from "../outbox/options.ts"
import type { AnalyticsNodeOptions } from "./AnalyticsNodeOptions.ts"
import { layerDetach } from "./detach.ts"
import { readNodeOptions } from "./readNodeOptions.ts"

/**
 * Options of `AnalyticsOutboxNode.layerRelay`: those of `AnalyticsOutbox.layerRelay`, and a proxy. Only `apiKey` is required.
 *
 * @category options
 * @since 0.1.0
 */
export interface OutboxRelayNodeOptions extends OutboxRelayOptions, Pick<AnalyticsNodeOptions, "proxy"> {}

const both = (options: unknown, readKey: ReadKey) =>
  Effect.flatMap(readNodeOptions(options), ({ exchangeOf, others }) => makeBoth(exchangeOf, others, readKey))

const relay = (options: unknown, readKey: ReadKey) =>
  Effect.flatMap(readNodeOptions(options), ({ exchangeOf, others }) => makeOutboxRelay(exchangeOf, others, readKey))

/**
 * Accepts and delivers, as `AnalyticsOutbox.layer`.
 *
 * **Example** (A service whose events survive a crash)
 *
 * ```ts
 * import { AnalyticsOutboxNode, OutboxSqlite } from "cdp-analytics-effect/node"
 * import { Layer, Redacted } from "effect"
 *
 * const AnalyticsLayer = AnalyticsOutboxNode.layer({ apiKey: Redacted.make("key") }).pipe(
 *   Layer.provide(OutboxSqlite.layer({ filename: "analytics.db" }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: AnalyticsNodeOptions
): Layer.Layer<Analytics, InvalidOptions | OutboxError, OutboxStore> =>
  Layer.provide(Layer.effect(Analytics, both(options, noOtherKey)), layerDetach)

/**
 * The same with options that are read from the configuration, and read again at each 401.
 *
 * **Example** (The environment)
 *
 * ```ts
 * import { AnalyticsOutboxNode, analyticsNodeConfig } from "cdp-analytics-effect/node"
 *
 * const layer = AnalyticsOutboxNode.layerConfig(analyticsNodeConfig)
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config: Config.Config<AnalyticsNodeOptions> | OptionsConfig<AnalyticsNodeOptions>,
  overrides: Partial<AnalyticsNodeOptions> = {}
): Layer.Layer<Analytics, Config.ConfigError | InvalidOptions | OutboxError, OutboxStore> =>
  Layer.provide(
    Layer.effect(
      Analytics,
      Effect.flatMap(readAgain(config, overrides), ({ options, readKey }) => both(options, readKey))
    ),
    layerDetach
  )

/**
 * Delivers only, as `AnalyticsOutbox.layerRelay`.
 *
 * **Example** (A relay with large requests)
 *
 * ```ts
 * import { AnalyticsOutboxNode } from "cdp-analytics-effect/node"
 * import { Redacted } from "effect"
 *
 * const layer = AnalyticsOutboxNode.layerRelay({ apiKey: Redacted.make("key"), maxBatchSize: 500 })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRelay = (
  options: OutboxRelayNodeOptions
): Layer.Layer<OutboxRelay, InvalidOptions | OutboxError, OutboxStore> =>
  Layer.provide(Layer.effect(OutboxRelay, relay(options, noOtherKey)), layerDetach)

/**
 * The same with options that are read from the configuration, and read again at each 401.
 *
 * **Example** (The environment)
 *
 * ```ts
 * import { AnalyticsOutboxNode, analyticsNodeConfig } from "cdp-analytics-effect/node"
 *
 * const layer = AnalyticsOutboxNode.layerRelayConfig(analyticsNodeConfig)
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRelayConfig = (
  config: Config.Config<OutboxRelayNodeOptions> | OptionsConfig<OutboxRelayNodeOptions>,
  overrides: Partial<OutboxRelayNodeOptions> = {}
): Layer.Layer<OutboxRelay, Config.ConfigError | InvalidOptions | OutboxError, OutboxStore> =>
  Layer.provide(
    Layer.effect(
      OutboxRelay,
      Effect.flatMap(readRelayAgain(config, overrides), ({ options, readKey }) => relay(options, readKey))
    ),
    layerDetach
  )
