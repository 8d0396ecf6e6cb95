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
import type { EventName, Planned } from "../plan/calls.ts"
import type { Definition } from "../plan/definition.ts"
import { makeCheck } from "../plan/judge.ts"
import type { Plan } from "../plan/model.ts"
import { isPlan, type PlanOrService, planOf } from "../plan/planOf.ts"
import { makeReporter } from "../plan/report.ts"
import type { ServiceClass } from "../plan/Service.ts"
import { Refused, Unavailable } from "../transport/Attempt.ts"
import { makePace } from "../transport/pace.ts"
import { Server } from "../transport/Server.ts"
import type { Transport } from "../transport/Transport.ts"
import { makeReadPlanned, type PlannedTrack } from "./PlannedTrack.ts"
import {
  type SentAlias,
  type SentGroup,
  type SentIdentify,
  SentMessage,
  type SentPage,
  type SentScreen,
  type SentTrack
} from "./SentMessage.ts"
import { type Violation, Violations, watch } from "./Violations.ts"

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
    /** Takes the failures of the calls that the plan of `layerPlan` did not allow, oldest first: they fail the test no more. */
    readonly violations: Effect.Effect<ReadonlyArray<Violation>>
  }
>()("cdp-analytics-effect/testing/AnalyticsTest") {
  /** Everything delivered so far, oldest first; what still waits is delivered before. */
  static readonly sent: Effect.Effect<ReadonlyArray<SentMessage>, never, AnalyticsTest> = AnalyticsTest.use(
    (test) => test.sent
  )

  /**
   * The `track`s of an event that were delivered so far, oldest first. With a plan, or the class of its service, before the
   * name, they are typed: the name is one of the plan, and `properties` are what its calls take, so that a `Schema.Date` is a
   * `Date` again, of whichever version each was sent as. What the plan does not list is there as JSON has it. One that was
   * sent though the plan does not allow it so is a defect that says where.
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
   * **Example** (By a plan)
   *
   * ```ts
   * import { assert, it } from "@effect/vitest"
   * import { Plan } from "cdp-analytics-effect/plan"
   * import { AnalyticsTest } from "cdp-analytics-effect/testing"
   * import { Effect, Schema } from "effect"
   *
   * class Shop extends Plan.Service<Shop>()("app/Shop", {
   *   name: "Shop",
   *   track: { "Order Completed": { properties: { total: Schema.Finite, paidAt: Schema.Date } } }
   * }) {}
   *
   * it.effect("tells when it was paid", () =>
   *   Effect.gen(function* () {
   *     yield* Shop.track("Order Completed", { userId: "1", properties: { total: 39.95, paidAt: new Date(0) } })
   *     const [order] = yield* AnalyticsTest.tracked(Shop, "Order Completed")
   *     assert.strictEqual(order?.properties.paidAt.getTime(), 0)
   *   }).pipe(Effect.provide(AnalyticsTest.layerPlan(Shop))))
   * ```
   *
   * @since 0.1.0
   */
  static readonly tracked: {
    (event: string): Effect.Effect<ReadonlyArray<SentTrack>, never, AnalyticsTest>
    <D extends Definition, Event extends EventName<Planned<D>>>(
      plan: PlanOrService<D>,
      event: Event
    ): Effect.Effect<ReadonlyArray<PlannedTrack<Planned<D>, Event>>, never, AnalyticsTest>
  } = tracked

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

  /**
   * Takes the failures of the calls that the plan of `layerPlan` did not allow since this was last asked, oldest first. What
   * is taken was expected: it does not fail the test any more. Without a plan there are none.
   *
   * **Example** (A call that is to be refused)
   *
   * ```ts
   * import { assert, it } from "@effect/vitest"
   * import { Analytics } from "cdp-analytics-effect"
   * import { Plan } from "cdp-analytics-effect/plan"
   * import { AnalyticsTest } from "cdp-analytics-effect/testing"
   * import { Effect, Schema } from "effect"
   *
   * const plan = Plan.make({ name: "Shop", track: { "Order Completed": { properties: { total: Schema.Finite } } } })
   *
   * it.effect("takes no order without a total", () =>
   *   Effect.gen(function* () {
   *     yield* Effect.ignore(Analytics.track({ userId: "1", event: "Order Completed" }))
   *     const [violation] = yield* AnalyticsTest.violations
   *     assert.strictEqual(violation?.path, "properties.total")
   *   }).pipe(Effect.provide(AnalyticsTest.layerPlan(plan))))
   * ```
   *
   * @since 0.1.0
   */
  static readonly violations: Effect.Effect<ReadonlyArray<Violation>, never, AnalyticsTest> = AnalyticsTest.use(
    (test) => test.violations
  )

  /**
   * `Analytics` and `AnalyticsTest`, and the calls of a plan whose class this is given: a test fails that sends what the plan
   * does not allow, through untyped calls too. Fails with `InvalidOptions`.
   *
   * **Details**
   *
   * Such a call fails with `InvalidMessage`, also where the plan says `onViolation: "report"`, and so does an event, a page, a
   * screen or a kind of call that the plan does not have. What no plan can allow, such as a reserved name of another type,
   * fails as ever, and counts with it. A program that goes on all the same, as with `Analytics.quietly`,
   * ends in a defect that lists each of them with event, path and reason, when the layer's scope closes; but for those that
   * the test took with `AnalyticsTest.violations`. In a layer that tests share, that is when the last of them has ended.
   *
   * Names that an event does not list are let through where the plan says nothing of them in `additionalProperties`, as in
   * `Plan.enforce`; typed calls are as strict as ever. Where an app has several plans, this takes them merged.
   *
   * **Example** (A plan's calls, and calls around it)
   *
   * ```ts
   * import { it } from "@effect/vitest"
   * import { Analytics } from "cdp-analytics-effect"
   * import { Plan } from "cdp-analytics-effect/plan"
   * import { AnalyticsTest } from "cdp-analytics-effect/testing"
   * import { Effect, Schema } from "effect"
   *
   * class Shop extends Plan.Service<Shop>()("app/Shop", {
   *   name: "Shop",
   *   track: { "Order Completed": { properties: { total: Schema.Finite } }, "Cart Emptied": {} }
   * }) {}
   *
   * it.effect("sends what is planned", () =>
   *   Effect.gen(function* () {
   *     yield* Shop.track("Order Completed", { userId: "1", properties: { total: 39.95 } })
   *     yield* Analytics.quietly(Analytics.track({ userId: "1", event: "Cart Emptied" }))
   *   }).pipe(Effect.provide(AnalyticsTest.layerPlan(Shop))))
   * ```
   *
   * @since 0.1.0
   */
  static readonly layerPlan: {
    <Self, Id extends string, D extends Definition>(
      service: ServiceClass<Self, Id, D>,
      options?: Partial<AnalyticsOptions>
    ): Layer.Layer<Self | Analytics | AnalyticsTest, InvalidOptions>
    (plan: Plan, options?: Partial<AnalyticsOptions>): Layer.Layer<Analytics | AnalyticsTest, InvalidOptions>
  } = layerPlan

  /** `Analytics` and `AnalyticsTest`, over a server that takes everything, with the default options. */
  static readonly layer: Layer.Layer<Analytics | AnalyticsTest> = Layer.orDie(AnalyticsTest.layerWith({}))
}

function tracked(event: string): Effect.Effect<ReadonlyArray<SentTrack>, never, AnalyticsTest>
function tracked<D extends Definition, Event extends EventName<Planned<D>>>(
  plan: PlanOrService<D>,
  event: Event
): Effect.Effect<ReadonlyArray<PlannedTrack<Planned<D>, Event>>, never, AnalyticsTest>
function tracked(
  of: string | PlanOrService,
  name?: string
): Effect.Effect<ReadonlyArray<object>, never, AnalyticsTest> {
  const event = typeof of === "string" ? of : name
  const tracks = sentOf((message) => (message.type === "track" && message.event === event ? [message] : []))
  return typeof of === "string"
    ? tracks
    : Effect.flatMap(tracks, (found) => Effect.forEach(found, makeReadPlanned(planOf(of))))
}

function layerPlan<Self, Id extends string, D extends Definition>(
  service: ServiceClass<Self, Id, D>,
  options?: Partial<AnalyticsOptions>
): Layer.Layer<Self | Analytics | AnalyticsTest, InvalidOptions>
function layerPlan(
  plan: Plan,
  options?: Partial<AnalyticsOptions>
): Layer.Layer<Analytics | AnalyticsTest, InvalidOptions>
function layerPlan<Self, Id extends string, D extends Definition>(
  of: ServiceClass<Self, Id, D> | Plan,
  options: Partial<AnalyticsOptions> = {}
): Layer.Layer<Analytics | AnalyticsTest, InvalidOptions> {
  const layer = Layer.effectContext(Effect.suspend(() => make(options, isPlan(of) ? of : of.plan)))
  return isPlan(of) ? layer : of.layerWith({ onViolation: "fail" }).pipe(Layer.provideMerge(layer))
}

const sentOf = <M>(
  pick: (message: SentMessage) => ReadonlyArray<M>
): Effect.Effect<ReadonlyArray<M>, never, AnalyticsTest> => Effect.map(AnalyticsTest.sent, (sent) => sent.flatMap(pick))

const decodeSent = Schema.decodeEffect(Schema.fromJsonString(SentMessage))

const make = Effect.fnUntraced(function* (options: Partial<AnalyticsOptions>, plan?: Plan) {
  const violations = new Violations()
  // Registered first, and so the last one: what is said while all else closes counts, too.
  yield* Effect.addFinalizer((exit) => violations.fail(exit))
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

  const accept =
    plan === undefined
      ? client.accept
      : watch(client.accept, violations).with({
          check: makeCheck(plan, { unplanned: "fail", onViolation: "fail", annotate: false }, yield* makeReporter),
          // The plan's own calls may have been told to report only.
          isPreparedBy: () => false
        })

  return Context.make(Analytics, fromClient({ ...client, accept })).pipe(
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
          }),
        violations: Effect.sync(() => violations.take())
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
