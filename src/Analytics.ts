/**
 * The service: six calls, a flush, and the layers that make it.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { analyticsConfig } from "./AnalyticsEnvironment.ts"
import type { CallError, InvalidOptions } from "./AnalyticsError.ts"
import {
  type AnalyticsOptions,
  type OptionsConfig,
  Overrides,
  type ResolvedOptions,
  readOptions,
  resolveOptions
} from "./AnalyticsOptions.ts"
import type { FlushReport, Receipt } from "./delivery/Delivery.ts"
import { NotDelivered } from "./delivery/NotDelivered.ts"
import type { Outcome } from "./delivery/Outcome.ts"
import { AmbientContext, type EventContextInput } from "./message/EventContext.ts"
import type { Message, MessageType } from "./message/Message.ts"
import type { MessageError } from "./message/MessageError.ts"
import type {
  AliasInput,
  GroupInput,
  Identified,
  IdentifiedOrEmail,
  IdentifyInput,
  PageInput,
  ScreenInput,
  TrackInput
} from "./message/MessageInput.ts"
import { safely } from "./message/safely.ts"
import type { Accept, EnqueueOptions, StandingCheck } from "./pipeline/accept.ts"
import { type Client, makeClient } from "./pipeline/Client.ts"
import type { Status } from "./pipeline/Status.ts"
import { makeQuietFailures } from "./telemetry/quietFailures.ts"
import { makeRunDetached } from "./time/detached.ts"
import { type Exchange, makeExchange } from "./transport/exchange.ts"
import { makeTransport } from "./transport/Transport.ts"

/**
 * Records what people do in Customer.io Data Pipelines.
 *
 * **Details**
 *
 * A call validates the message, stamps `messageId`, `timestamp` and `context`, encodes it once, and puts it on a bounded
 * queue: it returns at once, whatever the network does. Messages leave in batches of 20, or 5 seconds after the first, with
 * retries. When the layer's scope closes, everything still queued is sent before the scope ends.
 *
 * Each call fails with `InvalidMessage`, `MessageTooLarge`, `UnserializableMessage`, `QueueFull` or `AnalyticsClosed`, and
 * the message was then not accepted. What becomes of an accepted message is an `Outcome`, never a failure of the call.
 *
 * **Example** (Identifying a person and tracking what they do)
 *
 * ```ts
 * import { Analytics, AnalyticsLive } from "cdp-analytics-effect"
 * import { Effect, Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const program = Effect.gen(function* () {
 *   yield* Analytics.identify({ userId: "019mr8mf4r", traits: { email: "cool.person@example.com" } })
 *   yield* Analytics.track({ userId: "019mr8mf4r", event: "added_to_cart", properties: { price: 39.95 } })
 * })
 *
 * const main = program.pipe(Effect.provide(AnalyticsLive.pipe(Layer.provide(FetchHttpClient.layer))))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Analytics extends Context.Service<
  Analytics,
  {
    /** Says who a person is. Needs `userId`, `anonymousId` or `traits.email`. */
    readonly identify: (input: IdentifyInput & IdentifiedOrEmail) => Effect.Effect<Receipt, CallError>
    /** Records what a person did. Needs `event`, and `userId` or `anonymousId`. */
    readonly track: (input: TrackInput & Identified) => Effect.Effect<Receipt, CallError>
    /** Records that a person viewed a page. Needs `userId` or `anonymousId`. */
    readonly page: (input: PageInput & Identified) => Effect.Effect<Receipt, CallError>
    /** Records that a person viewed a screen of a mobile app. Needs `userId` or `anonymousId`. */
    readonly screen: (input: ScreenInput & Identified) => Effect.Effect<Receipt, CallError>
    /** Puts a person into a group, or, without a person's id, updates the group's traits. Needs `groupId`. */
    readonly group: (input: GroupInput) => Effect.Effect<Receipt, CallError>
    /** Merges two identities of one person. Needs `previousId` and `userId`. */
    readonly alias: (input: AliasInput) => Effect.Effect<Receipt, CallError>
    /** Records any of the six messages, told apart by `type`. */
    readonly enqueue: (message: Message, options?: EnqueueOptions) => Effect.Effect<Receipt, CallError>
    /**
     * Sends what waits, without waiting for more. It returns when everything accepted before it has an outcome, or
     * `flushTimeout` is over (30 seconds by default), with the outcomes that no earlier flush has returned, counted, and how
     * many messages have none. Flushes that run at the same time each count what was accepted before them.
     */
    readonly flush: Effect.Effect<FlushReport>
    /**
     * Whether the server is `up`, `away` or, before its first answer, `unknown`, since when, why, what waits and what is under
     * way: for a health endpoint. It asks nobody.
     */
    readonly status: Effect.Effect<Status>
    /**
     * The outcome of each batch from now on. A reader that is 1,024 outcomes behind loses the oldest; no reader costs
     * nothing. Ends when the layer's scope has closed.
     */
    readonly outcomes: Stream.Stream<Outcome>
  }
>()("cdp-analytics-effect/Analytics") {
  /**
   * Says who a person is. Needs `userId`, `anonymousId` or `traits.email`.
   *
   * **Example** (Traits, reserved and custom)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.identify({
   *   userId: "019mr8mf4r",
   *   traits: { email: "cool.person@example.com", createdAt: new Date("2026-01-01"), favouriteColour: "green" }
   * })
   * ```
   *
   * @since 0.1.0
   */
  static readonly identify = (input: IdentifyInput & IdentifiedOrEmail): Effect.Effect<Receipt, CallError, Analytics> =>
    Analytics.use((analytics) => analytics.identify(input))

  /**
   * Records what a person did. Needs `event`, and `userId` or `anonymousId`.
   *
   * **Example** (An event with properties)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.track({
   *   userId: "019mr8mf4r",
   *   event: "added_to_cart",
   *   properties: { product: "shoes", price: 39.95 }
   * })
   * ```
   *
   * @since 0.1.0
   */
  static readonly track = (input: TrackInput & Identified): Effect.Effect<Receipt, CallError, Analytics> =>
    Analytics.use((analytics) => analytics.track(input))

  /**
   * Records that a person viewed a page. Needs `userId` or `anonymousId`.
   *
   * **Example** (A page view)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.page({ anonymousId: "a-1", name: "Pricing", properties: { url: "https://example.com/pricing" } })
   * ```
   *
   * @since 0.1.0
   */
  static readonly page = (input: PageInput & Identified): Effect.Effect<Receipt, CallError, Analytics> =>
    Analytics.use((analytics) => analytics.page(input))

  /**
   * Records that a person viewed a screen of a mobile app. Needs `userId` or `anonymousId`.
   *
   * **Example** (A screen view)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.screen({ userId: "019mr8mf4r", name: "Cart", category: "Shop" })
   * ```
   *
   * @since 0.1.0
   */
  static readonly screen = (input: ScreenInput & Identified): Effect.Effect<Receipt, CallError, Analytics> =>
    Analytics.use((analytics) => analytics.screen(input))

  /**
   * Puts a person into a group, or, without a person's id, updates the group's traits. Needs `groupId`.
   *
   * **Example** (A person joins a company)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.group({
   *   userId: "019mr8mf4r",
   *   groupId: "acme",
   *   traits: { name: "Acme", relationshipAttributes: { role: "admin" } }
   * })
   * ```
   *
   * @since 0.1.0
   */
  static readonly group = (input: GroupInput): Effect.Effect<Receipt, CallError, Analytics> =>
    Analytics.use((analytics) => analytics.group(input))

  /**
   * Merges two identities of one person. Needs `previousId` and `userId`.
   *
   * **Example** (An anonymous visitor signs up)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.alias({ previousId: "a-1", userId: "019mr8mf4r" })
   * ```
   *
   * @since 0.1.0
   */
  static readonly alias = (input: AliasInput): Effect.Effect<Receipt, CallError, Analytics> =>
    Analytics.use((analytics) => analytics.alias(input))

  /**
   * Records any of the six messages, told apart by `type`: for messages that come from elsewhere, such as a file.
   *
   * **Example** (Backfilling)
   *
   * ```ts
   * import { Analytics, Track } from "cdp-analytics-effect"
   *
   * const effect = Analytics.enqueue(
   *   Track.make({ userId: "019mr8mf4r", event: "signed_up", timestamp: new Date("2024-05-01T10:00:00Z") })
   * )
   * ```
   *
   * **Example** (Sending again what was not delivered, as it was)
   *
   * ```ts
   * import { Analytics, messageFromJson } from "cdp-analytics-effect"
   * import { Effect } from "effect"
   *
   * // What `JSON.stringify` made of a message of `onUndelivered`.
   * const sendAgain = (line: string) =>
   *   Effect.fromResult(messageFromJson(line)).pipe(
   *     Effect.flatMap((message) => Analytics.enqueue(message, { asStamped: true }))
   *   )
   * ```
   *
   * @since 0.1.0
   */
  static readonly enqueue = (
    message: Message,
    options?: EnqueueOptions
  ): Effect.Effect<Receipt, CallError, Analytics> => Analytics.use((analytics) => analytics.enqueue(message, options))

  /**
   * Sends what waits, without waiting for more. It returns when everything accepted before it has an outcome, or
   * `flushTimeout` is over (30 seconds by default), with the outcomes that no earlier flush has returned, counted, and how
   * many messages have none: those are kept and tried on. Flushes that run at the same time each count what was accepted
   * before them.
   *
   * **Example** (Flushing before a serverless handler returns)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   * import { Effect } from "effect"
   *
   * const handler = Effect.gen(function* () {
   *   yield* Analytics.track({ userId: "019mr8mf4r", event: "invoice_paid" })
   *   const { delivered, failed, waiting } = yield* Analytics.flush
   *   return { delivered, failed, waiting }
   * })
   * ```
   *
   * @since 0.1.0
   */
  static readonly flush: Effect.Effect<FlushReport, never, Analytics> = Analytics.use((analytics) => analytics.flush)

  /**
   * Flushes, and fails with `NotDelivered`, which has the report, if a message was not delivered or still waits: for a job
   * that is to end with an exit code of its own. What earlier flushes reported is not counted again.
   *
   * **Example** (A job whose exit code is 1 when events were lost)
   *
   * ```ts
   * import { NodeRuntime } from "@effect/platform-node"
   * import { Analytics } from "cdp-analytics-effect"
   * import { AnalyticsNodeLive } from "cdp-analytics-effect/node"
   * import { Effect } from "effect"
   *
   * const job = Effect.gen(function* () {
   *   yield* Analytics.track({ userId: "019mr8mf4r", event: "invoice_paid" })
   *   yield* Analytics.flushOrFail
   * })
   *
   * job.pipe(Effect.provide(AnalyticsNodeLive), NodeRuntime.runMain)
   * ```
   *
   * @since 0.1.0
   */
  static readonly flushOrFail: Effect.Effect<FlushReport, NotDelivered, Analytics> = Effect.flatMap(
    Analytics.flush,
    (report) =>
      report.waiting > 0 || Object.keys(report.failed).length > 0
        ? Effect.fail(new NotDelivered({ report }))
        : Effect.succeed(report)
  )

  /**
   * Whether the server is `up`, `away` or, before its first answer, `unknown`, since when, why, what waits and what is under
   * way. It asks nobody: it is known from what the server answered.
   *
   * **Example** (A health endpoint)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   * import { DateTime, Effect } from "effect"
   *
   * const health = Effect.gen(function* () {
   *   const { server, since, waiting } = yield* Analytics.status
   *   return { analytics: server, since: DateTime.formatIso(since), waiting: waiting.messages }
   * })
   * ```
   *
   * @since 0.1.0
   */
  static readonly status: Effect.Effect<Status, never, Analytics> = Analytics.use((analytics) => analytics.status)

  /**
   * The outcome of each batch from now on. A reader that is 1,024 outcomes behind loses the oldest; no reader costs
   * nothing. Ends when the layer's scope has closed. To see the last outcomes, read it from a fiber that outlives the
   * layer, such as one of `Effect.forkDetach`: it ends with the stream.
   *
   * **Example** (Counting what was not delivered)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   * import { Effect, Stream } from "effect"
   *
   * const watch = Analytics.outcomes.pipe(
   *   Stream.filter((outcome) => outcome._tag !== "Delivered"),
   *   Stream.runForEach((failure) => Effect.logWarning(failure._tag, failure.messageIds.length))
   * )
   * ```
   *
   * @since 0.1.0
   */
  static readonly outcomes: Stream.Stream<Outcome, never, Analytics> = Stream.unwrap(
    Analytics.useSync((analytics) => analytics.outcomes)
  )

  /**
   * A call whose failure is nobody's concern but the log's: it succeeds with `undefined` instead. The log has a warning for
   * each tag and event, at most one in 10 seconds, with the `count` of calls that failed; `AnalyticsMetrics.refused` counts
   * them all.
   *
   * **Example** (An order is not to fail for its event)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.track({ userId: "019mr8mf4r", event: "order_completed" }).pipe(Analytics.quietly)
   * ```
   *
   * @since 0.1.0
   */
  static readonly quietly = <A, E extends CallError, R>(
    call: Effect.Effect<A, E, R>
  ): Effect.Effect<A | undefined, never, R> =>
    Effect.catch(call, (failure) =>
      Effect.flatMap(Effect.serviceOption(Analytics), (analytics) =>
        Effect.as(quietFailuresOf(Option.getOrElse(analytics, () => nobody))(failure), undefined)
      )
    )

  /**
   * Merges `context` into every message that `effect` sends: over the layer's default, under the call's own. It follows
   * the fiber, so concurrent requests never see each other's.
   *
   * **Example** (The person's address, once per request)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   *
   * const effect = Analytics.track({ userId: "019mr8mf4r", event: "viewed" }).pipe(
   *   Analytics.withContext({ ip: "203.0.113.7" })
   * )
   * ```
   *
   * @since 0.1.0
   */
  static readonly withContext: ((
    context: EventContextInput
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) &
    (<A, E, R>(effect: Effect.Effect<A, E, R>, context: EventContextInput) => Effect.Effect<A, E, R>) = dual(
    2,
    <A, E, R>(effect: Effect.Effect<A, E, R>, context: EventContextInput): Effect.Effect<A, E, R> =>
      Effect.updateService(effect, AmbientContext, (outer) => [...outer, context])
  )

  /**
   * A client with the given options. Fails with `InvalidOptions`, which names the option and the reason.
   *
   * **Gotchas**
   *
   * Layers are shared by identity: keep the layer in a constant. Two calls of `layer` are two clients.
   *
   * **Example** (The European region, each call sent at once)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   * import { Redacted } from "effect"
   *
   * const layer = Analytics.layer({ apiKey: Redacted.make("key"), region: "eu", flushAt: 1 })
   * ```
   *
   * @since 0.1.0
   */
  static readonly layer = (options: AnalyticsOptions): Layer.Layer<Analytics, InvalidOptions, HttpClient.HttpClient> =>
    Layer.effect(
      Analytics,
      makeAnalytics(() => makeExchange, options)
    )

  /**
   * A client with options that are read from the configuration: a `Config` of all of them, or an object whose values are
   * options or `Config`s of them; and over those the options given beside it, but for what is `undefined`. Fails with
   * `ConfigError` or `InvalidOptions`.
   *
   * **Example** (The environment, but for one option)
   *
   * ```ts
   * import { Analytics, analyticsConfig } from "cdp-analytics-effect"
   *
   * const layer = Analytics.layerConfig(analyticsConfig, { whenFull: "wait" })
   * ```
   *
   * **Example** (The key from a variable of your own)
   *
   * ```ts
   * import { Analytics } from "cdp-analytics-effect"
   * import { Config } from "effect"
   *
   * const layer = Analytics.layerConfig({ apiKey: Config.Redacted("MY_KEY"), region: "eu" })
   * ```
   *
   * @since 0.1.0
   */
  static readonly layerConfig = (
    config: Config.Config<AnalyticsOptions> | OptionsConfig<AnalyticsOptions>,
    overrides: Partial<AnalyticsOptions> = {}
  ): Layer.Layer<Analytics, Config.ConfigError | InvalidOptions, HttpClient.HttpClient> =>
    Layer.effect(
      Analytics,
      Effect.flatMap(readConfig(config, overrides), (options) => makeAnalytics(() => makeExchange, options))
    )
}

/** Where the calls are made without a client, as in an application's own mock. */
const nobody = {}

const quietFailures = new WeakMap<object, ReturnType<typeof makeQuietFailures>>()

/** Each client's own, so that two of them do not hush each other. */
const quietFailuresOf = (analytics: object): ReturnType<typeof makeQuietFailures> => {
  const known = quietFailures.get(analytics) ?? makeQuietFailures(Effect.forkDetach)
  quietFailures.set(analytics, known)
  return known
}

export type MakeExchange<E, R> = (options: ResolvedOptions) => Effect.Effect<Exchange, E, R>

/** A client that sends its requests in a given way. */
export const makeAnalytics = Effect.fnUntraced(function* <E, R>(exchangeOf: MakeExchange<E, R>, options: unknown) {
  const resolved = yield* resolveOptions(options)
  const transport = yield* makeTransport(resolved, yield* exchangeOf(resolved))
  return yield* makeService(yield* makeClient(resolved, transport))
})

/** The service of a client, with lines in the log of its own for calls that fail quietly. */
export const makeService = Effect.fnUntraced(function* (client: Client) {
  const analytics = fromClient(client)
  const run = yield* makeRunDetached
  // Not in the request of the first call that fails: it goes on as long as others do.
  quietFailures.set(
    analytics,
    makeQuietFailures((watch) => Effect.sync(() => run(watch)))
  )
  return analytics
})

export const isConfig = safely(Config.isConfig)

/** The options of the configuration, and over them those that are given. */
export const readConfig = Effect.fnUntraced(function* (config: unknown, overrides: unknown) {
  // Without a prototype, so that an option named `__proto__` is one like any other, and refused.
  const options: Record<string, unknown> = Object.create(null)
  const given = yield* Effect.fromResult(readOptions(overrides))
  const configured = isConfig(config) ? yield* Effect.provideService(config, Overrides, given) : config
  for (const [name, value] of Object.entries(yield* Effect.fromResult(readOptions(configured)))) {
    options[name] = isConfig(value) ? yield* value : value
  }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) options[name] = value
  }
  return options
})

/** How the calls of a service of this library are made: for what stands on it, and not for its users. */
export interface Way {
  readonly accept: Accept
  /** The same client, with one more check of every call. */
  readonly with: (check: StandingCheck) => Analytics["Service"]
}

const ways = new WeakMap<object, Way>()

/** Nothing of a service that somebody else made, such as a mock. */
export const wayOf = (analytics: Analytics["Service"]): Way | undefined => ways.get(analytics)

/**
 * Fails a call of its own making, on the way of all calls: there it is counted where the client counts, and a client that is
 * closed says so.
 */
export const failCall = (
  analytics: Analytics["Service"],
  type: MessageType,
  error: MessageError
): Effect.Effect<Receipt, CallError> =>
  wayOf(analytics)?.accept(type, {}, undefined, { prepare: () => error, by: analytics }) ?? Effect.fail(error)

/** The service's calls over a client. */
export const fromClient = (client: Client): Analytics["Service"] => {
  const { accept, flush, status, outcomes } = client
  const analytics = Analytics.of({
    identify: (input) => accept("identify", input),
    track: (input) => accept("track", input),
    page: (input) => accept("page", input),
    screen: (input) => accept("screen", input),
    group: (input) => accept("group", input),
    alias: (input) => accept("alias", input),
    enqueue: (message, options) => accept(undefined, message, options),
    flush,
    status,
    outcomes
  })
  ways.set(analytics, {
    accept,
    with: (check) => {
      const checked = fromClient({ ...client, accept: accept.with(check) })
      quietFailures.set(checked, quietFailuresOf(analytics))
      return checked
    }
  })
  return analytics
}

/**
 * A client with the options of the environment: `CUSTOMERIO_API_KEY`, `CUSTOMERIO_REGION`, `CUSTOMERIO_ENDPOINT`,
 * `CUSTOMERIO_FLUSH_AT`, `CUSTOMERIO_FLUSH_INTERVAL` and the rest of `analyticsConfig`. Fails with `ConfigError` where the
 * key is missing or a variable cannot be read, and with `InvalidOptions` where its value cannot be taken.
 *
 * **Example** (Anywhere that has `fetch`)
 *
 * ```ts
 * import { Analytics, AnalyticsLive } from "cdp-analytics-effect"
 * import { Effect, Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const AnalyticsLayer = AnalyticsLive.pipe(Layer.provide(FetchHttpClient.layer))
 * const program = Analytics.track({ userId: "019mr8mf4r", event: "started" }).pipe(Effect.provide(AnalyticsLayer))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const AnalyticsLive: Layer.Layer<Analytics, Config.ConfigError | InvalidOptions, HttpClient.HttpClient> =
  /* @__PURE__ */ Analytics.layerConfig(analyticsConfig)
