/**
 * What delivers the messages of an outbox.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Outcome } from "../delivery/Outcome.ts"
import type { Status } from "../pipeline/Status.ts"

/**
 * What delivers the messages of an outbox, as `AnalyticsOutbox.layerRelay` makes it.
 *
 * **Example** (A process that delivers, until it is told to end)
 *
 * ```ts
 * import { AnalyticsOutbox, OutboxRelay } from "cdp-analytics-effect/outbox"
 * import { analyticsConfig } from "cdp-analytics-effect"
 * import { OutboxSqlite } from "cdp-analytics-effect/node"
 * import { Effect, Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const RelayLive = AnalyticsOutbox.layerRelayConfig(analyticsConfig).pipe(
 *   Layer.provide([OutboxSqlite.layer({ filename: "analytics.db" }), FetchHttpClient.layer])
 * )
 *
 * const program = Effect.gen(function* () {
 *   const { waiting } = yield* OutboxRelay.status
 *   yield* Effect.log("delivering", waiting)
 *   return yield* Effect.never
 * }).pipe(Effect.provide(RelayLive))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class OutboxRelay extends Context.Service<
  OutboxRelay,
  {
    /** As `Analytics.status`; what waits is all that waits in the outbox, for whichever relay. */
    readonly status: Effect.Effect<Status>
    /** The outcome of each batch of this relay from now on. Ends when the layer's scope has closed. */
    readonly outcomes: Stream.Stream<Outcome>
    /** Sends what waits without waiting for more, and returns when nothing waits in the outbox. */
    readonly drain: Effect.Effect<void>
  }
>()("cdp-analytics-effect/outbox/OutboxRelay") {
  /**
   * As `Analytics.status`; what waits is all that waits in the outbox, for whichever relay.
   *
   * @since 0.1.0
   */
  static readonly status: Effect.Effect<Status, never, OutboxRelay> = OutboxRelay.use(({ status }) => status)

  /**
   * The outcome of each batch of this relay from now on. Ends when the layer's scope has closed.
   *
   * @since 0.1.0
   */
  static readonly outcomes: Stream.Stream<Outcome, never, OutboxRelay> = Stream.unwrap(
    OutboxRelay.useSync(({ outcomes }) => outcomes)
  )

  /**
   * Sends what waits without waiting for more, and returns when nothing waits in the outbox.
   *
   * **Example** (A job that ends when everything is delivered)
   *
   * ```ts
   * import { OutboxRelay } from "cdp-analytics-effect/outbox"
   * import { Effect } from "effect"
   *
   * const job = OutboxRelay.drain.pipe(Effect.timeoutOption("10 minutes"))
   * ```
   *
   * @since 0.1.0
   */
  static readonly drain: Effect.Effect<void, never, OutboxRelay> = OutboxRelay.use(({ drain }) => drain)
}
