/**
 * `Analytics` whose messages are kept in a database until they are delivered.
 *
 * A call succeeds when its message is committed, and what is committed is delivered at least once: after a crash a message is
 * sent again with the same `messageId`, which the server knows for 12 hours. Nothing is given up for an outage, however long.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { Analytics } from "../Analytics.ts"
import type { InvalidOptions, OutboxError } from "../AnalyticsError.ts"
import type { AnalyticsOptions, OptionsConfig } from "../AnalyticsOptions.ts"
import { makeExchange } from "../pipeline/Relay.ts"
import { makeBoth, makeOutboxRelay, makeWriter, noOtherKey, readAgain, readRelayAgain, readWriter } from "./make.ts"
import { OutboxRelay } from "./OutboxRelay.ts"
import type { OutboxStore } from "./OutboxStore.ts"
import type { OutboxRelayOptions, OutboxWriterOptions } from "./options.ts"

const exchangeOf = () => makeExchange

/**
 * Accepts and delivers: an application that provides this instead of `Analytics.layer` changes nothing else. A call succeeds
 * when its message is committed, and fails with `OutboxError` or `QueueFull` when it could not be, beside what it fails with
 * otherwise. The options are those of `Analytics.layer`, with the order of messages `person` by default; `whenFull:
 * "dropOldest"`, `retry`, `deliveryTimeout`, `queueCapacity` and `queueBytes` are `InvalidOptions` here, and the store says how
 * much it keeps. With `enabled: false` messages are validated, and nothing is opened.
 *
 * **Example** (What a crash cannot lose)
 *
 * ```ts
 * import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
 * import { OutboxSqlite } from "cdp-analytics-effect/node"
 * import { Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const AnalyticsLayer = AnalyticsOutbox.layer({ apiKey: Redacted.make("key") }).pipe(
 *   Layer.provide([OutboxSqlite.layer({ filename: "analytics.db" }), FetchHttpClient.layer])
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: AnalyticsOptions
): Layer.Layer<Analytics, InvalidOptions | OutboxError, OutboxStore | HttpClient.HttpClient> =>
  Layer.effect(Analytics, makeBoth(exchangeOf, options, noOtherKey))

/**
 * The same with options that are read from the configuration, as `Analytics.layerConfig` reads them. At each 401 the
 * configuration is read again: a key that was changed needs no restart.
 *
 * **Example** (The environment)
 *
 * ```ts
 * import { analyticsConfig } from "cdp-analytics-effect"
 * import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
 *
 * const layer = AnalyticsOutbox.layerConfig(analyticsConfig)
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config: Config.Config<AnalyticsOptions> | OptionsConfig<AnalyticsOptions>,
  overrides: Partial<AnalyticsOptions> = {}
): Layer.Layer<Analytics, Config.ConfigError | InvalidOptions | OutboxError, OutboxStore | HttpClient.HttpClient> =>
  Layer.effect(
    Analytics,
    Effect.flatMap(readAgain(config, overrides), ({ options, readKey }) => makeBoth(exchangeOf, options, readKey))
  )

/**
 * Accepts only, and needs no key: a relay delivers, in this process or another. A receipt says `settles: "elsewhere"`, `flush`
 * waits for commits only, and `status.server` is `unknown`. Where messages have waited for more than 5 minutes and no relay is
 * there, one warning says so.
 *
 * **Example** (A web server that leaves delivering to a process of its own)
 *
 * ```ts
 * import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
 *
 * const layer = AnalyticsOutbox.layerWriter({ whenFull: "wait" })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWriter = (
  options: OutboxWriterOptions = {}
): Layer.Layer<Analytics, InvalidOptions | OutboxError, OutboxStore> => Layer.effect(Analytics, makeWriter(options))

/**
 * The same with options that are read from the configuration. Of a `Config` of all options, such as `analyticsConfig`, those of
 * accepting are taken, and no key is needed.
 *
 * **Example** (Switched off by a variable)
 *
 * ```ts
 * import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
 * import { Config } from "effect"
 *
 * const layer = AnalyticsOutbox.layerWriterConfig({
 *   enabled: Config.Boolean("CUSTOMERIO_ENABLED").pipe(Config.withDefault(true))
 * })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWriterConfig = (
  config: Config.Config<OutboxWriterOptions> | OptionsConfig<OutboxWriterOptions>,
  overrides: Partial<OutboxWriterOptions> = {}
): Layer.Layer<Analytics, Config.ConfigError | InvalidOptions | OutboxError, OutboxStore> =>
  Layer.effect(Analytics, Effect.flatMap(readWriter(config, overrides), makeWriter))

/**
 * Delivers only. As many relays as there are machines may deliver from one outbox; the messages of a person leave in order all
 * the same. When the scope closes, requests under way may end within `shutdownTimeout`, and the rest stays in the outbox.
 *
 * **Example** (In a process of its own)
 *
 * ```ts
 * import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
 * import { Redacted } from "effect"
 *
 * const layer = AnalyticsOutbox.layerRelay({ apiKey: Redacted.make("key"), maxBatchSize: 500 })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRelay = (
  options: OutboxRelayOptions
): Layer.Layer<OutboxRelay, InvalidOptions | OutboxError, OutboxStore | HttpClient.HttpClient> =>
  Layer.effect(OutboxRelay, makeOutboxRelay(exchangeOf, options, noOtherKey))

/**
 * The same with options that are read from the configuration. Of a `Config` of all options, such as `analyticsConfig`, those of
 * delivering are taken. At each 401 the configuration is read again: a key that was changed needs no restart.
 *
 * **Example** (The environment)
 *
 * ```ts
 * import { analyticsConfig } from "cdp-analytics-effect"
 * import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
 *
 * const layer = AnalyticsOutbox.layerRelayConfig(analyticsConfig)
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerRelayConfig = (
  config: Config.Config<OutboxRelayOptions> | OptionsConfig<OutboxRelayOptions>,
  overrides: Partial<OutboxRelayOptions> = {}
): Layer.Layer<OutboxRelay, Config.ConfigError | InvalidOptions | OutboxError, OutboxStore | HttpClient.HttpClient> =>
  Layer.effect(
    OutboxRelay,
    Effect.flatMap(readRelayAgain(config, overrides), ({ options, readKey }) =>
      makeOutboxRelay(exchangeOf, options, readKey)
    )
  )
