/**
 * How options are read from the environment: apart, for who does not.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { type AnalyticsOptions, Overrides } from "./AnalyticsOptions.ts"
import { whereKeysAre } from "./transport/apiKey.ts"

/** Every option of the environment but the key. */
export const keylessConfigs = {
  region: optionalUnlessEmpty("CUSTOMERIO_REGION", Config.Literals(["us", "eu"], "CUSTOMERIO_REGION")),
  endpoint: optionalUnlessEmpty("CUSTOMERIO_ENDPOINT", Config.String("CUSTOMERIO_ENDPOINT")),
  allowInsecureEndpoint: optional(Config.Boolean("CUSTOMERIO_ALLOW_INSECURE_ENDPOINT")),
  flushAt: optional(Config.Int("CUSTOMERIO_FLUSH_AT")),
  flushInterval: optional(Config.Duration("CUSTOMERIO_FLUSH_INTERVAL")),
  maxBatchSize: optional(Config.Int("CUSTOMERIO_MAX_BATCH_SIZE")),
  maxMessageBytes: optional(Config.Int("CUSTOMERIO_MAX_MESSAGE_BYTES")),
  maxBatchBytes: optional(Config.Int("CUSTOMERIO_MAX_BATCH_BYTES")),
  queueCapacity: optional(Config.Int("CUSTOMERIO_QUEUE_CAPACITY")),
  queueBytes: optional(Config.Int("CUSTOMERIO_QUEUE_BYTES")),
  whenFull: optional(Config.Literals(["fail", "wait", "dropOldest"], "CUSTOMERIO_WHEN_FULL")),
  concurrency: optional(Config.Int("CUSTOMERIO_CONCURRENCY")),
  order: optional(Config.Literals(["none", "person"], "CUSTOMERIO_ORDER")),
  requestTimeout: optional(Config.Duration("CUSTOMERIO_REQUEST_TIMEOUT")),
  deliveryTimeout: optional(Config.Duration("CUSTOMERIO_DELIVERY_TIMEOUT")),
  flushTimeout: optional(Config.Duration("CUSTOMERIO_FLUSH_TIMEOUT")),
  shutdownTimeout: optional(Config.Duration("CUSTOMERIO_SHUTDOWN_TIMEOUT")),
  strict: optional(Config.Boolean("CUSTOMERIO_STRICT")),
  compression: optional(Config.Literals(["none", "gzip"], "CUSTOMERIO_COMPRESSION")),
  enabled: optionalUnlessEmpty("CUSTOMERIO_ENABLED", Config.Boolean("CUSTOMERIO_ENABLED")),
  allowSuspiciousIds: optional(Config.Boolean("CUSTOMERIO_ALLOW_SUSPICIOUS_IDS"))
}

/**
 * Every option of `AnalyticsLive`, read from the environment: `CUSTOMERIO_API_KEY` (required), `CUSTOMERIO_REGION`,
 * `CUSTOMERIO_ENDPOINT`, `CUSTOMERIO_FLUSH_AT`, `CUSTOMERIO_FLUSH_INTERVAL` and so on, one for each option that is not an
 * object or a function. Durations are written as `5 seconds` or `500 millis`. With `CUSTOMERIO_ENABLED=false` no key is
 * needed. An empty `CUSTOMERIO_ENDPOINT`, `CUSTOMERIO_REGION` or `CUSTOMERIO_ENABLED` is a
 * `ConfigError`, since it would mean the default.
 *
 * **Example** (Adding to what the environment says)
 *
 * ```ts
 * import { Analytics, analyticsConfig } from "cdp-analytics-effect"
 *
 * const layer = Analytics.layerConfig(analyticsConfig, { context: { app: { name: "shop" } } })
 * ```
 *
 * @category config
 * @since 0.1.0
 */
export const analyticsConfig: Config.Config<AnalyticsOptions> = Config.all({
  apiKey: optional(Config.Redacted("CUSTOMERIO_API_KEY")),
  ...keylessConfigs
}).pipe(
  Config.mapEffect(
    Effect.fnUntraced(function* ({ apiKey, ...options }) {
      if (apiKey !== undefined) return { ...options, apiKey }
      const over = yield* Overrides
      const needsNone = over["apiKey"] !== undefined || (over["enabled"] ?? options.enabled) === false
      return needsNone ? { ...options, apiKey: Redacted.make("none") } : yield* failConfig("CUSTOMERIO_API_KEY", noKey)
    })
  )
)

const noKey = `Expected the API key of a source (in Customer.io: ${whereKeysAre}), or CUSTOMERIO_ENABLED=false to send nothing`

function failConfig(name: string, message: string): Effect.Effect<never, Config.ConfigError> {
  const issue = new SchemaIssue.InvalidValue({ message })
  return Effect.fail(new Config.ConfigError(new Schema.SchemaError(new SchemaIssue.Pointer([name], issue))))
}

function optional<A>(config: Config.Config<A>): Config.Config<A | undefined> {
  return Config.option(config).pipe(Config.map(Option.getOrUndefined))
}

/** Of a variable that decides where data goes: a secret that is not there must not mean the default. */
export function optionalUnlessEmpty<A>(name: string, config: Config.Config<A>): Config.Config<A | undefined> {
  return optional(config).pipe(
    Config.mapEffect((value) =>
      value !== undefined
        ? Effect.succeed(value)
        : Effect.flatMap(isThere(name), (isEmpty) =>
            isEmpty ? failConfig(name, "Expected a value, the variable is empty") : Effect.undefined
          )
    )
  )
}

/** Providers take what is empty for missing, but name it among what there is, by the words of its name if they split it. */
const isThere = Effect.fnUntraced(
  function* (name: string) {
    const provider = yield* ConfigProvider.ConfigProvider
    const [first = "", ...rest] = name.split("_")
    const nodes = [yield* provider.load([]), yield* provider.load([first])]
    return nodes.some((node) => node?._tag === "Record" && (node.keys.has(name) || node.keys.has(rest.join("_"))))
  },
  Effect.mapError((error) => new Config.ConfigError(error))
)
