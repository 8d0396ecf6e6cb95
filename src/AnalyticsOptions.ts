/**
 * What a client can be told, and its defaults.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import { InvalidOptions } from "./AnalyticsError.ts"
import type { UndeliveredHandler } from "./delivery/undelivered.ts"
import { EventContext, type EventContextInput } from "./message/EventContext.ts"
import { Integrations } from "./message/Integrations.ts"
import { describeIssue, formatPath } from "./message/issue.ts"
import { nameThrown } from "./message/nameThrown.ts"
import type { AnyRecord } from "./message/open.ts"
import { own, ownProperties } from "./message/own.ts"
import { readOwn } from "./message/readOwn.ts"
import { Room } from "./message/room.ts"
import { safely } from "./message/safely.ts"
import { hasToJson, toWire, type WireIssue } from "./message/wire.ts"
import type { Order, WhenFull } from "./pipeline/admission.ts"
import type { ClientOptions } from "./pipeline/Client.ts"
import {
  NonNegativeDuration,
  NonNegativeOrInfiniteDuration,
  PositiveDuration,
  PositiveOrInfiniteDuration
} from "./time/durations.ts"
import { problemOfKey, trimKey } from "./transport/apiKey.ts"
import type { RateLimit, TransportOptions } from "./transport/Transport.ts"
import { isPrivate } from "./transport/url.ts"

/**
 * Options of `Analytics.layer`. Only `apiKey` is required.
 *
 * @category options
 * @since 0.1.0
 */
export interface AnalyticsOptions {
  /** The API key (write key) of a Data Pipelines source. Never logged, printed or put into an error. */
  readonly apiKey: Redacted.Redacted<string>
  /** `us` is `https://cdp.customer.io`, `eu` is `https://cdp-eu.customer.io`. Default: `us`. */
  readonly region?: "us" | "eu" | undefined
  /**
   * An origin that speaks `/v1/batch`, such as a proxy or a local server; wins over `region`. A path is kept. It is https,
   * or http on this machine (`localhost`, `127.0.0.1`, `[::1]`). Default: that of `region`.
   */
  readonly endpoint?: string | undefined
  /** Lets the key and people's data go over plain http to another machine. Default: false. */
  readonly allowInsecureEndpoint?: boolean | undefined
  /** Messages that trigger a flush; 1 sends each call at once. Default: 20 (Customer.io's docs). */
  readonly flushAt?: number | undefined
  /** How long the first message of a batch waits for others. Default: 5 seconds (Customer.io's docs). */
  readonly flushInterval?: Duration.Input | undefined
  /** Most messages in one request; more than `flushAt` lets a backlog leave in fuller requests. Default: `flushAt`. */
  readonly maxBatchSize?: number | undefined
  /** Most UTF-8 bytes of one message's JSON. Default: 32,000 (the docs' 32 KB). */
  readonly maxMessageBytes?: number | undefined
  /** Most UTF-8 bytes of one request's uncompressed JSON. Default: 500,000 (the docs' 500 KB). */
  readonly maxBatchBytes?: number | undefined
  /** Most accepted messages without an outcome, in a request or not. Default: 10,000. */
  readonly queueCapacity?: number | undefined
  /** Most bytes of their JSON. Default: 32 MiB. */
  readonly queueBytes?: number | undefined
  /** What a call does when the queue is full. Default: `fail`. */
  readonly whenFull?: WhenFull | undefined
  /** Requests in flight; 1 keeps messages in order, through outages too, unless `order` is `person`. Default: 4. */
  readonly concurrency?: number | undefined
  /**
   * `person`: messages of one person leave in the order of their calls, through outages too, while those of others go in
   * parallel. A person is a `userId`, else an `anonymousId`, else a `previousId`, else a `groupId`. What waits to be tried
   * again holds up what is behind it, and that of one in 64 other people. Default: `none`.
   */
  readonly order?: Order | undefined
  /** How long each attempt may take, its answer's body included. Default: 10 seconds. */
  readonly requestTimeout?: Duration.Input | undefined
  /**
   * How long a message is tried, since it was accepted, while the server is away: then it ends as `RetriesExhausted`.
   * `Duration.infinity` is for ever. Default: 12 hours, for as long as the server knows a message's id and drops a second
   * copy (Customer.io's docs).
   */
  readonly deliveryTimeout?: Duration.Input | undefined
  /**
   * How long `flush` waits for outcomes; `Duration.infinity` until there are all. What has none by then is kept and tried
   * on, and `FlushReport.waiting` counts it. Default: 30 seconds.
   */
  readonly flushTimeout?: Duration.Input | undefined
  /**
   * When to try again after a failure that is worth it (408, 429, 5xx but 501 and 505, no answer), followed to the letter:
   * a batch that waits holds one of the `concurrency` slots, ends as `RetriesExhausted` when the schedule does, and
   * `deliveryTimeout` is not looked at. `Retry-After` is the least wait, up to 5 minutes, and holds back every request.
   * Default: none, a batch is tried until it is delivered, at a pace that an outage slows down.
   */
  readonly retry?: Schedule.Schedule<unknown> | undefined
  /** Most requests in a window of time; Customer.io takes 3,000 in 3 seconds. Default: as many as `concurrency` lets through. */
  readonly rateLimit?: RateLimit | undefined
  /**
   * What is to become of messages that were not delivered, whatever the reason: run once for each batch, after its outcome,
   * one batch after the other. A failure of it is logged, 10 seconds are its limit. `flush` waits for it, and so does
   * closing, which keeps 2 seconds of `shutdownTimeout` (half of it at most) for what could not be sent in time, hands that on
   * 500 messages at a time (all at once if it is less than a second), and logs how many a handler did not come to. Default:
   * none, and log, metrics and outcomes tell of them.
   */
  readonly onUndelivered?: UndeliveredHandler | undefined
  /** How long closing may take. Default: 20 seconds, inside the 30 s of grace that Kubernetes gives. */
  readonly shutdownTimeout?: Duration.Input | undefined
  /** Sends `X-Strict-Mode: 1`, so that a wrong key or a bad message is an error and not a silent 200. Default: true. */
  readonly strict?: boolean | undefined
  /** `gzip` compresses request bodies of 1 KB or more. Default: `none`. */
  readonly compression?: "none" | "gzip" | undefined
  /** Merged under the context of every message. Default: nothing, but the `library` that each has. */
  readonly context?: EventContextInput | undefined
  /** Merged under the integrations of every message. Default: none. */
  readonly integrations?: Integrations | undefined
  /** `false` validates every message and sends none. Default: true. */
  readonly enabled?: boolean | undefined
  /**
   * Takes ids and names of events that are blank, and ids that programs write for no value, such as `undefined`, `null`,
   * `NaN`, `[object Object]` or a UUID of zeros, in whatever case: everybody who has one is the same person then. Default:
   * false, such a message is `InvalidMessage`.
   */
  readonly allowSuspiciousIds?: boolean | undefined
}

/**
 * Options of which each may be a value or a `Config` of it, as `layerConfig` takes them.
 *
 * **Example** (A layer of your own, with the key from where you say)
 *
 * ```ts
 * import { Analytics, type AnalyticsOptions, type OptionsConfig } from "cdp-analytics-effect"
 *
 * const layerOf = (apiKey: OptionsConfig<AnalyticsOptions>["apiKey"]) => Analytics.layerConfig({ apiKey, region: "eu" })
 * ```
 *
 * @category options
 * @since 0.1.0
 */
export type OptionsConfig<Options> = {
  readonly [Key in keyof Options]: Options[Key] | Config.Config<Options[Key]>
}

/** The options that win over those of the environment: with a key among them, or `enabled: false`, that needs none. */
export const Overrides = Context.Reference<AnyRecord>("cdp-analytics-effect/AnalyticsOptions/Overrides", {
  defaultValue: () => ({})
})

/**
 * The same as `OptionsConfig<AnalyticsOptions>`.
 *
 * @deprecated Use `OptionsConfig<AnalyticsOptions>`, which is not so easily taken for `analyticsConfig`.
 * @category options
 * @since 0.1.0
 */
export type AnalyticsConfig = OptionsConfig<AnalyticsOptions>

/** The origins of Customer.io's regions. */
export const regions = { us: "https://cdp.customer.io", eu: "https://cdp-eu.customer.io" } as const

/** `URL` itself trims less: neither a byte order mark nor a no-break space. */
const urlOf = (endpoint: string): URL => new URL(endpoint.trim())

/** Where valid options point, without a slash at the end. */
export const originOf = ({ endpoint, region = "us" }: Pick<AnalyticsOptions, "endpoint" | "region">): string => {
  const { origin, pathname } = urlOf(endpoint ?? regions[region])
  return origin + pathname.replace(/\/+$/, "")
}

/** Bytes of the JSON around the messages of a batch: `sentAt` always has 24 characters. */
const envelopeBytes = `{"batch":[],"sentAt":"2026-01-01T00:00:00.000Z"}`.length

export const AtLeastOne = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1, { expected: "an integer of 1 or more" }))

const Endpoint = Schema.String.check(
  Schema.makeFilter((endpoint) => {
    const text = endpoint.trim()
    const url = URL.parse(text)
    if (url === null || !["http:", "https:"].includes(url.protocol)) return "Expected an http or https URL"
    if (url.username !== "" || url.password !== "") return "Expected a URL without credentials; the key goes in apiKey"
    // An empty query or fragment is none to the URL, and would take in what is added to it.
    if (/[?#]/.test(text)) return "Expected a URL without query and fragment"
    if (/\s/.test(text)) return "Expected a URL without white space"
    if (/\/v1(\/.*)?$/.test(url.pathname)) return "Expected an origin without /v1, which is added to it"
    return undefined
  })
)

const isKey = (input: unknown): input is Redacted.Redacted<string> =>
  Redacted.isRedacted(input) && typeof Redacted.value(input) === "string"

const isSchedule = (input: unknown): input is Schedule.Schedule<unknown> => Schedule.isSchedule(input)

const Options = Schema.Struct({
  // One that was wiped throws.
  apiKey: Schema.declare(safely(isKey), { expected: "a Redacted string" }).check(
    Schema.makeFilter((key) => problemOfKey(Redacted.value(key)))
  ),
  region: Schema.optional(Schema.Literals(["us", "eu"])),
  endpoint: Schema.optional(Endpoint),
  allowInsecureEndpoint: Schema.optional(Schema.Boolean),
  flushAt: Schema.optional(AtLeastOne),
  flushInterval: Schema.optional(PositiveDuration),
  maxBatchSize: Schema.optional(AtLeastOne),
  maxMessageBytes: Schema.optional(AtLeastOne),
  maxBatchBytes: Schema.optional(
    Schema.Int.check(
      Schema.isGreaterThan(envelopeBytes, { expected: `an integer of more than the ${envelopeBytes} of the envelope` })
    )
  ),
  queueCapacity: Schema.optional(AtLeastOne),
  queueBytes: Schema.optional(AtLeastOne),
  whenFull: Schema.optional(Schema.Literals(["fail", "wait", "dropOldest"])),
  concurrency: Schema.optional(AtLeastOne),
  order: Schema.optional(Schema.Literals(["none", "person"])),
  requestTimeout: Schema.optional(PositiveDuration),
  deliveryTimeout: Schema.optional(PositiveOrInfiniteDuration),
  flushTimeout: Schema.optional(NonNegativeOrInfiniteDuration),
  retry: Schema.optional(Schema.declare(safely(isSchedule), { expected: "a Schedule" })),
  rateLimit: Schema.optional(Schema.Struct({ limit: AtLeastOne, window: PositiveDuration })),
  onUndelivered: Schema.optional(
    Schema.declare((input): input is NonNullable<AnalyticsOptions["onUndelivered"]> => typeof input === "function", {
      expected: "a function"
    })
  ),
  shutdownTimeout: Schema.optional(NonNegativeDuration),
  strict: Schema.optional(Schema.Boolean),
  compression: Schema.optional(Schema.Literals(["none", "gzip"])),
  context: Schema.optional(Schema.Unknown),
  integrations: Schema.optional(Schema.Unknown),
  enabled: Schema.optional(Schema.Boolean),
  allowSuspiciousIds: Schema.optional(Schema.Boolean)
}).check(
  Schema.makeFilter((options) => {
    const endpoint = own(options, "endpoint")
    return endpoint === undefined || own(options, "allowInsecureEndpoint") === true || isPrivate(urlOf(endpoint))
      ? undefined
      : { path: ["endpoint"], issue: "Expected https, or http on this machine, unless allowInsecureEndpoint is true" }
  })
)

/** What is merged under every message. */
const Records = Schema.Struct({
  context: Schema.optional(EventContext),
  integrations: Schema.optional(Integrations)
})

const makeValidate = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const parse = SchemaParser.decodeUnknownResult(Schema.toType(schema), { onExcessProperty: "error" })
  return (input: unknown): Result.Result<S["Type"], InvalidOptions> =>
    Result.mapError(parse(input), (issue) => {
      const { path, reason } = describeIssue(issue)
      return new InvalidOptions({ option: path, reason })
    })
}

const refuse = ({ path, reason }: WireIssue): InvalidOptions => new InvalidOptions({ option: formatPath(path), reason })

const unlessItThrows = <A>(
  option: string,
  read: () => Result.Result<A, InvalidOptions>
): Result.Result<A, InvalidOptions> => {
  try {
    return read()
  } catch (error) {
    return Result.fail(new InvalidOptions({ option, reason: `reading it threw ${nameThrown(error)}` }))
  }
}

/** Each option as it is given, read once, and none that is inherited. */
export const readOptions = (input: unknown): Result.Result<AnyRecord, InvalidOptions> =>
  unlessItThrows("", () =>
    typeof input === "object" && input !== null && !Array.isArray(input)
      ? Result.mapError(readOwn(input), refuse)
      : Result.fail(new InvalidOptions({ option: "", reason: "Expected an object" }))
  )

/** Reads options, validates them by their Schema, and makes of them what they say. */
export const makeResolve = <S extends Schema.ConstraintDecoder<unknown>, A>(
  schema: S & { readonly Type: object },
  resolve: (options: S["Type"]) => Result.Result<A, InvalidOptions>
): ((input: unknown) => Effect.Effect<A, InvalidOptions>) => {
  const validate = makeValidate(schema)
  return (input) =>
    Effect.suspend(() =>
      Effect.fromResult(
        unlessItThrows("", () =>
          readOptions(input).pipe(
            Result.flatMap(validate),
            // What is absent would be looked for in the prototype.
            Result.flatMap((options) => resolve(ownProperties(options)))
          )
        )
      )
    )
}

/** Options as the client works with them: validated, each with its value. */
export interface ResolvedOptions extends ClientOptions, TransportOptions {}

const validateRecords = makeValidate(Records)

/** What is merged under every message as JSON carries it, untouched by what its owner does with it later. */
const readRecords = (given: AnyRecord, maxBytes: number): Result.Result<typeof Records.Type, InvalidOptions> => {
  const records: Record<string, unknown> = Object.create(null)
  for (const option of Object.keys(Records.fields)) {
    const value = given[option]
    const read =
      value === undefined ? Result.succeed(value) : unlessItThrows(option, () => readRecord(option, value, maxBytes))
    if (Result.isFailure(read)) return Result.fail(read.failure)
    records[option] = read.success
  }
  return validateRecords(records)
}

const readRecord = (option: string, value: unknown, maxBytes: number): Result.Result<unknown, InvalidOptions> => {
  if (hasToJson(value)) {
    return Result.fail(new InvalidOptions({ option, reason: "Expected an object without a toJSON of its own" }))
  }
  const room = new Room(maxBytes)
  return Result.mapError(toWire(value, room), ({ path, reason }) =>
    room.isOver
      ? new InvalidOptions({ option, reason: `Expected no more than the ${maxBytes} bytes of a message` })
      : refuse({ path: [option, ...path], reason })
  )
}

/** Validates options and fills in the defaults. */
export const resolveOptions: (input: unknown) => Effect.Effect<ResolvedOptions, InvalidOptions> = makeResolve(
  Options,
  (options) => {
    const flushAt = options.flushAt ?? 20
    const maxBatchContentBytes = (options.maxBatchBytes ?? 500_000) - envelopeBytes
    const queueBytes = options.queueBytes ?? 32 * 1024 * 1024
    // A message that fits no request, or not even an empty queue, could never leave.
    const maxMessageBytes = Math.min(options.maxMessageBytes ?? 32_000, maxBatchContentBytes, queueBytes)
    return Result.map(readRecords(options, maxMessageBytes), ({ context, integrations }) => ({
      apiKey: trimKey(options.apiKey),
      batchUrl: `${originOf(options)}/v1/batch`,
      allowInsecureEndpoint: options.allowInsecureEndpoint ?? false,
      flushAt,
      flushInterval: Duration.fromInputUnsafe(options.flushInterval ?? "5 seconds"),
      maxBatchSize: options.maxBatchSize ?? flushAt,
      maxMessageBytes,
      maxBatchContentBytes,
      queueCapacity: options.queueCapacity ?? 10_000,
      queueBytes,
      whenFull: options.whenFull ?? "fail",
      concurrency: options.concurrency ?? 4,
      order: options.order ?? "none",
      requestTimeout: Duration.fromInputUnsafe(options.requestTimeout ?? "10 seconds"),
      // A schedule of the user's own says itself when it is over.
      deliveryTimeout:
        options.retry === undefined
          ? Duration.fromInputUnsafe(options.deliveryTimeout ?? "12 hours")
          : Duration.infinity,
      flushTimeout: Duration.fromInputUnsafe(options.flushTimeout ?? "30 seconds"),
      retry: options.retry,
      rateLimit: options.rateLimit,
      onUndelivered: options.onUndelivered,
      shutdownTimeout: Duration.fromInputUnsafe(options.shutdownTimeout ?? "20 seconds"),
      strict: options.strict ?? true,
      compression: options.compression ?? "none",
      context: context ?? {},
      integrations,
      enabled: options.enabled ?? true,
      allowSuspiciousIds: options.allowSuspiciousIds ?? false
    }))
  }
)
