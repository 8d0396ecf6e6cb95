/**
 * Analytics in memory: the real validation, stamping, batching and flushing, and no network.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as WebCrypto from "effect/crypto/WebCrypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Analytics, fromClient } from "../Analytics.ts"
import { type InvalidOptions, Rejected, Unauthorized } from "../AnalyticsError.ts"
import { type AnalyticsOptions, readOptions, resolveOptions } from "../AnalyticsOptions.ts"
import { makeClient } from "../pipeline/Client.ts"
import { Refused, Unavailable } from "../transport/Attempt.ts"
import { makePace } from "../transport/pace.ts"
import { Server } from "../transport/Server.ts"
import type { Transport } from "../transport/Transport.ts"
import {
  type SentAlias,
  type SentGroup,
  type SentIdentify,
  SentMessage,
  type SentPage,
  type SentScreen,
  type SentTrack
} from "./SentMessage.ts"

/**
 * How delivery can be made to fail.
 *
 * @category models
 * @since 0.1.0
 */
export type DeliveryFailure = "Rejected" | "Unauthorized" | "RetriesExhausted"

/**
 * What a test sees of `Analytics`, and how it makes delivery fail.
 *
 * **Example** (Testing a program)
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import { Analytics } from "cdp-analytics-effect"
 * import { AnalyticsTest } from "cdp-analytics-effect/testing"
 * import { Effect } from "effect"
 *
 * it.effect("tracks a purchase", () =>
 *   Effect.gen(function* () {
 *     yield* Analytics.track({ userId: "1", event: "bought", properties: { price: 39.95 } })
 *     const [message] = yield* AnalyticsTest.sent
 *     assert.strictEqual(message?.event, "bought")
 *   }).pipe(Effect.provide(AnalyticsTest.layer)))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class AnalyticsTest extends Context.Service<
  AnalyticsTest,
  {
    /** Everything delivered so far, oldest first; what still waits is delivered before. */
    readonly sent: Effect.Effect<ReadonlyArray<SentMessage>>
    /** Forgets everything delivered so far. */
    readonly clear: Effect.Effect<void>
    /** Makes every delivery fail in this way from now on; `undefined` lets it succeed again. */
    readonly failWith: (failure: DeliveryFailure | undefined) => Effect.Effect<void>
  }
>()("cdp-analytics-effect/testing/AnalyticsTest") {
  /** Everything delivered so far, oldest first; what still waits is delivered before. */
  static readonly sent: Effect.Effect<ReadonlyArray<SentMessage>, never, AnalyticsTest> = AnalyticsTest.use(
    (test) => test.sent
  )

  /**
   * The `track`s of an event that were delivered so far, oldest first.
   *
   * **Example** (What was bought)
   *
   * ```ts
   * import { AnalyticsTest } from "cdp-analytics-effect/testing"
   * import { Effect } from "effect"
   *
   * const prices = Effect.map(AnalyticsTest.tracked("bought"), (events) => events.map(({ properties }) => properties?.["price"]))
   * ```
   *
   * @since 0.1.0
   */
  static readonly tracked = (event: string): Effect.Effect<ReadonlyArray<SentTrack>, never, AnalyticsTest> =>
    sentOf((message) => (message.type === "track" && message.event === event ? [message] : []))

  /** The `identify`s of a person that were delivered so far, oldest first. */
  static readonly identified = (userId: string): Effect.Effect<ReadonlyArray<SentIdentify>, never, AnalyticsTest> =>
    sentOf((message) => (message.type === "identify" && message.userId === userId ? [message] : []))

  /** The `page`s of a name that were delivered so far, oldest first. */
  static readonly paged = (name: string): Effect.Effect<ReadonlyArray<SentPage>, never, AnalyticsTest> =>
    sentOf((message) => (message.type === "page" && message.name === name ? [message] : []))

  /** The `screen`s of a name that were delivered so far, oldest first. */
  static readonly screened = (name: string): Effect.Effect<ReadonlyArray<SentScreen>, never, AnalyticsTest> =>
    sentOf((message) => (message.type === "screen" && message.name === name ? [message] : []))

  /** The `group`s of a `groupId` that were delivered so far, oldest first. */
  static readonly grouped = (groupId: string): Effect.Effect<ReadonlyArray<SentGroup>, never, AnalyticsTest> =>
    sentOf((message) => (message.type === "group" && message.groupId === groupId ? [message] : []))

  /** The `alias`es to a `userId` that were delivered so far, oldest first. */
  static readonly aliased = (userId: string): Effect.Effect<ReadonlyArray<SentAlias>, never, AnalyticsTest> =>
    sentOf((message) => (message.type === "alias" && message.userId === userId ? [message] : []))

  /** Forgets everything delivered so far. */
  static readonly clear: Effect.Effect<void, never, AnalyticsTest> = AnalyticsTest.use((test) => test.clear)

  /**
   * Makes every delivery fail in this way from now on; `undefined` lets it succeed again.
   *
   * **Example** (A server that is away)
   *
   * ```ts
   * import { assert, it } from "@effect/vitest"
   * import { Analytics } from "cdp-analytics-effect"
   * import { AnalyticsTest } from "cdp-analytics-effect/testing"
   * import { Effect } from "effect"
   *
   * it.effect("counts what was lost", () =>
   *   Effect.gen(function* () {
   *     yield* AnalyticsTest.failWith("RetriesExhausted")
   *     yield* Analytics.track({ userId: "1", event: "bought" })
   *     assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { RetriesExhausted: 1 }, waiting: 0 })
   *   }).pipe(Effect.provide(AnalyticsTest.layer)))
   * ```
   *
   * @since 0.1.0
   */
  static readonly failWith = (failure: DeliveryFailure | undefined): Effect.Effect<void, never, AnalyticsTest> =>
    AnalyticsTest.use((test) => test.failWith(failure))

  /**
   * The same with options, such as a default context or a small queue. Fails with `InvalidOptions`.
   *
   * **Example** (A default context)
   *
   * ```ts
   * import { AnalyticsTest } from "cdp-analytics-effect/testing"
   *
   * const layer = AnalyticsTest.layerWith({ context: { app: { name: "shop" } } })
   * ```
   *
   * @since 0.1.0
   */
  static readonly layerWith = (
    options: Partial<AnalyticsOptions>
  ): Layer.Layer<Analytics | AnalyticsTest, InvalidOptions> => Layer.effectContext(Effect.suspend(() => make(options)))

  /** `Analytics` and `AnalyticsTest`, over a server that takes everything, with the default options. */
  static readonly layer: Layer.Layer<Analytics | AnalyticsTest> = Layer.orDie(AnalyticsTest.layerWith({}))
}

const sentOf = <M>(
  pick: (message: SentMessage) => ReadonlyArray<M>
): Effect.Effect<ReadonlyArray<M>, never, AnalyticsTest> => Effect.map(AnalyticsTest.sent, (sent) => sent.flatMap(pick))

const decodeSent = Schema.decodeEffect(Schema.fromJsonString(SentMessage))

const make = Effect.fnUntraced(function* (options: Partial<AnalyticsOptions>) {
  let sent: ReadonlyArray<string> = []
  let failure: DeliveryFailure | undefined

  const clock = yield* Clock.Clock
  const server = new Server(clock)

  const transport: Transport = {
    server,
    pace: makePace(server.silence, false, () => 0),
    attempt: ({ batchId, messages, place }) =>
      Effect.suspend((): Effect.Effect<void, Refused | Unavailable> => {
        if (failure === "RetriesExhausted") {
          server.fail(place, true, () => ({ status: 503, reason }))
          return Effect.fail(
            new Unavailable({ status: 503, reason: () => reason, attempts: 1, isFinal: true, isHeld: false })
          )
        }
        server.answer()
        if (failure !== undefined) {
          const refusal = refusals[failure]
          const messageIds = messages.map((message) => message.messageId)
          return Effect.fail(new Refused({ isAboutContent: false, error: () => refusal(batchId, messageIds) }))
        }
        sent = [...sent, ...messages.map((message) => message.json)]
        return Effect.void
      })
  }

  const given = yield* Effect.fromResult(readOptions(options))
  const resolved = yield* resolveOptions({ apiKey: Redacted.make("test"), ...given })
  const random = yield* Effect.serviceOption(SecureRandom.SecureRandom)
  const hasOwnRandom = Option.isSome(random) || (yield* WebCrypto.WebCrypto) !== globalThis.crypto
  const client = yield* hasOwnRandom
    ? makeClient(resolved, transport)
    : Effect.provideService(makeClient(resolved, transport), SecureRandom.SecureRandom, makeCountingRandom())

  return Context.make(Analytics, fromClient(client)).pipe(
    Context.add(
      AnalyticsTest,
      AnalyticsTest.of({
        // What fails to decode was encoded wrongly here: a defect of this library, not of the test.
        sent: client.drain.pipe(
          Effect.andThen(Effect.suspend(() => Effect.forEach(sent, (json) => decodeSent(json)))),
          Effect.orDie
        ),
        clear: Effect.andThen(
          client.drain,
          Effect.sync(() => {
            sent = []
          })
        ),
        failWith: (next) =>
          Effect.sync(() => {
            failure = next
          })
      })
    )
  )
})

/** Ids are 00000000-0000-4000-8000-000000000001 and so on, in the order of the calls: whole messages can be snapshots. */
const makeCountingRandom = (): SecureRandom.SecureRandom["Service"] => {
  let calls = 0
  return SecureRandom.make((size) => {
    const bytes = new Uint8Array(size)
    new DataView(bytes.buffer).setUint32(Math.max(0, size - 4), ++calls)
    return bytes
  })
}

const reason = "refused by AnalyticsTest"

const refusals = {
  Rejected: (batchId: number, messageIds: ReadonlyArray<string>) =>
    new Rejected({ batchId, messageIds, status: 400, reason }),
  Unauthorized: (batchId: number, messageIds: ReadonlyArray<string>) =>
    new Unauthorized({ batchId, messageIds, status: 401, reason })
}
