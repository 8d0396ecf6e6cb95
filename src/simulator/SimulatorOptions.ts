/**
 * What the simulator can be told, and its defaults.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { InvalidOptions } from "../AnalyticsError.ts"
import { AtLeastOne, makeResolve } from "../AnalyticsOptions.ts"
import { own, ownProperties } from "../message/own.ts"
import { isPlanOrService, type PlanOrService } from "../plan/planOf.ts"
import { PositiveDuration } from "../time/durations.ts"
import type { RateLimit } from "../transport/Transport.ts"
import { Fault, RetryAfterSeconds } from "./Fault.ts"

/**
 * Options of the simulator. None is required. Where Customer.io's docs leave something open, an option says so.
 *
 * @category options
 * @since 0.1.0
 */
export interface SimulatorOptions {
  /** The API keys that are right. Default: any key that is not empty. */
  readonly apiKeys?: ReadonlyArray<string> | undefined
  /**
   * `header` is strict for requests with `X-Strict-Mode: 1`, as the API is; `always` and `never` do not look at it.
   * Default: `header`.
   */
  readonly strict?: "header" | "always" | "never" | undefined
  /**
   * Most bytes of a message's JSON, with the context of its batch if it has none. Default: 32,768 (the docs say 32 KB; whether a KB is 1,000 or
   * 1,024 is open).
   */
  readonly maxMessageBytes?: number | undefined
  /**
   * Most bytes of a request's body. With its context in each message that has none, a batch may have 20 times as many.
   * Default: 512,000 (the docs say 500 KB).
   */
  readonly maxBatchBytes?: number | undefined
  /** Most messages in a batch (the docs name no limit). One with more is refused as a whole. Default: 10,000. */
  readonly maxBatchSize?: number | undefined
  /**
   * The same. Default: `maxBatchSize`.
   *
   * @deprecated Use `maxBatchSize`, as a client calls it.
   */
  readonly maxBatchMessages?: number | undefined
  /** Whether `maxBatchBytes` counts a compressed body as it arrived (open). Default: false. */
  readonly countCompressed?: boolean | undefined
  /**
   * What one bad message costs in strict mode (open): its whole `batch`, or only the `message`, its neighbours being
   * stored while the request is still answered 400. Default: `batch`.
   */
  readonly badMessageFails?: "batch" | "message" | undefined
  /** The answer to malformed JSON in permissive mode (open). Default: 400. */
  readonly malformedStatus?: 200 | 400 | undefined
  /** The answer to a request that is taken. Default: `{}` (some deployments answer `{"success":true}`). */
  readonly acceptedBody?: string | undefined
  /** How long a `messageId` is remembered. Default: 12 hours, as documented. */
  readonly deduplicationWindow?: Duration.Input | undefined
  /** The answer is 429 above so many requests in so long. Default: no limit. */
  readonly rateLimit?:
    | SimulatedRateLimit
    | (Omit<SimulatedRateLimit, "limit"> & {
        /** @deprecated Use `limit`, as a client calls it. */
        readonly requests: number
      })
    | undefined
  /** Most events, requests, people and objects, each, that are kept; the oldest make room. Default: 10,000. */
  readonly keep?: number | undefined
  /**
   * Most bytes, about, that events take in memory and as JSON; requests, people, objects and message ids may take as much,
   * each. The oldest make room. Default: 64,000,000.
   */
  readonly keepBytes?: number | undefined
  /** Faults that the first requests meet, in this order. Default: none. */
  readonly faults?: ReadonlyArray<Fault> | undefined
  /**
   * The tracking plan, or the class of its service, that each event is held against: `plan` of an event says what came of
   * it, and `Simulator.plan` what was sent and what never was. Nothing is refused for it. Default: none.
   */
  readonly plan?: PlanOrService | undefined
}

/**
 * How many requests a simulator takes in how much time.
 *
 * @category options
 * @since 0.1.0
 */
export interface SimulatedRateLimit extends RateLimit {
  /** Seconds of the answer's `Retry-After`. Default: it has none. */
  readonly retryAfter?: number | undefined
}

/**
 * The documented rate limit of the API, 3,000 requests in 3 seconds: for the simulator, and for the client that keeps to it.
 *
 * **Example** (A server and a client that agree)
 *
 * ```ts
 * import { Analytics } from "cdp-analytics-effect"
 * import { documentedRateLimit, Simulator } from "cdp-analytics-effect/simulator"
 * import { Layer, Redacted } from "effect"
 *
 * const layer = Analytics.layer({ apiKey: Redacted.make("key"), rateLimit: documentedRateLimit }).pipe(
 *   Layer.provideMerge(Simulator.layer({ rateLimit: documentedRateLimit }))
 * )
 * ```
 *
 * @category presets
 * @since 0.1.0
 */
export const documentedRateLimit: RateLimit & { readonly limit: 3000; readonly window: "3 seconds" } = {
  limit: 3000,
  window: "3 seconds"
}

interface LimitInput {
  readonly limit?: number | undefined
  readonly requests?: number | undefined
}

const limitOf = (rateLimit: LimitInput): number | undefined => own(rateLimit, "limit") ?? own(rateLimit, "requests")

const Options = Schema.Struct({
  apiKeys: Schema.optional(Schema.Array(Schema.NonEmptyString)),
  strict: Schema.optional(Schema.Literals(["header", "always", "never"])),
  maxMessageBytes: Schema.optional(AtLeastOne),
  maxBatchBytes: Schema.optional(AtLeastOne),
  maxBatchSize: Schema.optional(AtLeastOne),
  maxBatchMessages: Schema.optional(AtLeastOne),
  countCompressed: Schema.optional(Schema.Boolean),
  badMessageFails: Schema.optional(Schema.Literals(["batch", "message"])),
  malformedStatus: Schema.optional(Schema.Literals([200, 400])),
  acceptedBody: Schema.optional(Schema.String),
  deduplicationWindow: Schema.optional(PositiveDuration),
  rateLimit: Schema.optional(
    Schema.Struct({
      limit: Schema.optional(AtLeastOne),
      requests: Schema.optional(AtLeastOne),
      window: PositiveDuration,
      retryAfter: Schema.optional(RetryAfterSeconds)
    }).check(
      Schema.makeFilter((rateLimit) =>
        limitOf(rateLimit) === undefined ? { path: ["limit"], issue: "Missing key" } : undefined
      )
    )
  ),
  keep: Schema.optional(AtLeastOne),
  keepBytes: Schema.optional(AtLeastOne),
  faults: Schema.optional(Schema.Array(Fault)),
  plan: Schema.optional(Schema.declare(isPlanOrService, { expected: "a plan, or the class of its service" }))
})

export interface ResolvedSimulatorOptions {
  readonly apiKeys: ReadonlyArray<string> | undefined
  readonly strict: "header" | "always" | "never"
  readonly maxMessageBytes: number
  readonly maxBatchBytes: number
  readonly maxBatchSize: number
  readonly countCompressed: boolean
  readonly badMessageFails: "batch" | "message"
  readonly malformedStatus: 200 | 400
  readonly acceptedBody: string
  readonly deduplicationMillis: number
  readonly rateLimit:
    | { readonly limit: number; readonly millis: number; readonly retryAfter: number | undefined }
    | undefined
  readonly keep: number
  readonly keepBytes: number
  readonly faults: ReadonlyArray<Fault>
  readonly plan: PlanOrService | undefined
}

const millisOf = (input: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(input))

/** Validates options and fills in the defaults. */
export const resolveSimulatorOptions: (input: unknown) => Effect.Effect<ResolvedSimulatorOptions, InvalidOptions> =
  makeResolve(Options, (options) => {
    const rateLimit = options.rateLimit && ownProperties(options.rateLimit)
    const limit = rateLimit && limitOf(rateLimit)
    return Result.succeed({
      apiKeys: options.apiKeys,
      strict: options.strict ?? "header",
      maxMessageBytes: options.maxMessageBytes ?? 32_768,
      maxBatchBytes: options.maxBatchBytes ?? 512_000,
      maxBatchSize: options.maxBatchSize ?? options.maxBatchMessages ?? 10_000,
      countCompressed: options.countCompressed ?? false,
      badMessageFails: options.badMessageFails ?? "batch",
      malformedStatus: options.malformedStatus ?? 400,
      acceptedBody: options.acceptedBody ?? "{}",
      deduplicationMillis: millisOf(options.deduplicationWindow ?? "12 hours"),
      rateLimit:
        rateLimit === undefined || limit === undefined
          ? undefined
          : { limit, millis: millisOf(rateLimit.window), retryAfter: rateLimit.retryAfter },
      keep: options.keep ?? 10_000,
      keepBytes: options.keepBytes ?? 64_000_000,
      faults: (options.faults ?? []).map(ownProperties),
      plan: options.plan
    })
  })
