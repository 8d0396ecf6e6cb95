import { assert, describe, it } from "@effect/vitest"
import { Analytics, OutboxError } from "cdp-analytics-effect"
import { AnalyticsOutbox, type OutboxDatabase, OutboxStore } from "cdp-analytics-effect/outbox"
import { Context, Duration, Effect, Exit, Fiber, Layer, Redacted, Scope, Stream } from "effect"
import { isFull } from "../support/repetitions.ts"
import { Server } from "../support/Server.ts"
import { drain, inDatabase, layerOutbox, Outbox, track, withBoth, withRelay, withWriter } from "./Outbox.ts"
import { advance } from "./time.ts"

/** The same outbox with a database that does some things in another way. */
const withDatabase =
  (change: (database: OutboxDatabase) => Partial<OutboxDatabase>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const store = Layer.effect(
        OutboxStore,
        OutboxStore.useSync(({ open }) =>
          OutboxStore.of({ open: Effect.map(open, (database) => ({ ...database, ...change(database) })) })
        )
      ).pipe(Layer.provide(outbox.store))
      return yield* Effect.provideService(effect, Outbox, { ...outbox, store })
    })

/** What accepts and delivers, to be closed when the test says so. */
const openBoth = Effect.gen(function* () {
  const { store, http } = yield* Outbox
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(
    AnalyticsOutbox.layer({ apiKey: Redacted.make("k"), flushInterval: "20 millis", shutdownTimeout: "1 second" }).pipe(
      Layer.provide([store, Layer.succeedContext(http)])
    ),
    scope
  )
  return { analytics: Context.get(context, Analytics), close: Scope.close(scope, Exit.void) }
})

const waiting = inDatabase(({ report }) => Effect.map(report, (report) => report.waiting.messages))

describe("a relay", () => {
  it.effect("keeps its lanes for as long as it is there, and gives them back", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* advance(60_000)
        const [relay] = yield* inDatabase(({ report }) => Effect.map(report, ({ relays }) => relays))
        assert.strictEqual(relay!.lanes, 64)
        assert.isAtLeast(relay!.heldFor, 9000)
        yield* Effect.forkChild(track("ada", "late"))
        yield* advance(1000)
        assert.deepStrictEqual(yield* Server.events, [["late"]])
      }).pipe(withBoth())
      assert.deepStrictEqual(yield* inDatabase(({ report }) => Effect.map(report, ({ relays }) => relays)), [])
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("that closes lets receipts, flushes and drains go that wait, and keeps the messages", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 503 }))
      const { analytics, close } = yield* openBoth
      const receipt = yield* analytics.track({ userId: "ada", event: "e" })
      const awaiting = yield* Effect.forkChild(Effect.flip(receipt.await))
      const flushing = yield* Effect.forkChild(analytics.flush)
      yield* Effect.sleep("50 millis")
      yield* close
      assert.strictEqual((yield* Fiber.join(awaiting))._tag, "Elsewhere")
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 0, failed: {}, waiting: 1 })
      assert.strictEqual((yield* Effect.flip(receipt.await))._tag, "Elsewhere")
      assert.strictEqual((yield* analytics.flush).waiting, 1)
      assert.strictEqual(yield* waiting, 1)
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live.each([200, 400])("that closes tells what became of a request that is answered meanwhile: %i", (status) =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.delay(Effect.succeed({ status }), "100 millis"))
      const { analytics, close } = yield* openBoth
      const receipt = yield* analytics.track({ userId: "ada", event: "e" })
      const awaiting = yield* Effect.forkChild(Effect.exit(receipt.await))
      yield* Effect.sleep("70 millis")
      yield* close
      const exit = yield* Fiber.join(awaiting)
      if (status === 200) assert.isTrue(Exit.isSuccess(exit))
      else assert.strictEqual((yield* Effect.flip(exit))._tag, "Rejected")
    }).pipe(Effect.provide(layerOutbox))
  )

  for (const hanging of ["release", "remove"] as const) {
    it.live.skipIf(!isFull)(`closes in time where the database does not answer to ${hanging}`, () =>
      Effect.gen(function* () {
        const { analytics, close } = yield* openBoth.pipe(withDatabase(() => ({ [hanging]: () => Effect.never })))
        yield* analytics.track({ userId: "ada", event: "e" })
        yield* Effect.sleep("200 millis")
        assert.strictEqual((yield* Server.received).length, 1)
        const [time] = yield* Effect.timed(close)
        assert.isBelow(Duration.toMillis(time), 3500)
        // What the database was not told is sent again.
        yield* drain.pipe(withRelay())
        assert.strictEqual(new Set((yield* Server.events).flat()).size, 1)
        assert.strictEqual(yield* waiting, 0)
      }).pipe(Effect.provide(layerOutbox))
    )
  }

  it.effect("asks for its lanes one time after the other", () =>
    Effect.gen(function* () {
      let asking = 0
      let most = 0
      const slowly = (database: OutboxDatabase): Partial<OutboxDatabase> => ({
        renew: (relay, busy) =>
          Effect.suspend(() => {
            most = Math.max(most, ++asking)
            return Effect.delay(database.renew(relay, busy), "2 seconds")
          }).pipe(
            Effect.ensuring(
              Effect.sync(() => {
                asking--
              })
            )
          ),
        // So that it asks whether the lane is its own still.
        remove: () => Effect.succeed([])
      })
      yield* Effect.gen(function* () {
        yield* advance(7500)
        yield* Effect.forkChild(track("ada", "e"))
        yield* advance(5000)
        assert.deepStrictEqual(yield* Server.events, [["e"]])
      }).pipe(withBoth(), withDatabase(slowly))
      assert.strictEqual(most, 1)
    }).pipe(Effect.provide(layerOutbox))
  )

  it.effect("that has closed asks the database nothing more, and has no more outcomes", () =>
    Effect.gen(function* () {
      let asked = 0
      const counted = (database: OutboxDatabase): Partial<OutboxDatabase> => {
        const count = <A, E>(effect: Effect.Effect<A, E>) =>
          Effect.suspend(() => {
            asked++
            return effect
          })
        return {
          renew: (relay, busy) => count(database.renew(relay, busy)),
          fetch: (lanes, perLane) => count(database.fetch(lanes, perLane)),
          hasUpTo: (id) => count(database.hasUpTo(id)),
          fateOf: (id) => count(database.fateOf(id)),
          remove: (relay, messages) => count(database.remove(relay, messages)),
          markTried: (messages) => count(database.markTried(messages)),
          unattended: count(database.unattended)
        }
      }
      yield* Server.answer(() => Effect.succeed({ status: 503 }))
      const outcomes = yield* Effect.gen(function* () {
        const { analytics, close } = yield* openBoth
        const outcomes = yield* Effect.forkChild(Stream.runDrain(analytics.outcomes))
        yield* Effect.forkChild(analytics.track({ userId: "ada", event: "e" }))
        yield* advance(3000)
        yield* Effect.forkChild(analytics.flush)
        const closing = yield* Effect.forkChild(close)
        yield* advance(3000)
        yield* Fiber.join(closing)
        return outcomes
      }).pipe(withDatabase(counted))
      yield* Fiber.join(outcomes)
      assert.isAbove(asked, 0)
      asked = 0
      yield* advance(120_000)
      assert.strictEqual(asked, 0)
    }).pipe(Effect.provide(layerOutbox))
  )

  it.effect("that has closed does not try on to make a dead letter", () =>
    Effect.gen(function* () {
      let asked = 0
      const bury = Effect.suspend(() => {
        asked++
        return Effect.fail(new OutboxError({ type: "unknown", outbox: "o", reason: "Unavailable", detail: "locked" }))
      })
      const large = Analytics.track({ userId: "ada", event: "large", properties: { text: "x".repeat(2000) } })
      yield* large.pipe(withWriter())
      yield* advance(3000).pipe(
        withRelay({ maxBatchBytes: 1500 }),
        withDatabase(() => ({ bury: () => bury }))
      )
      assert.isAbove(asked, 1)
      asked = 0
      yield* advance(120_000)
      assert.strictEqual(asked, 0)
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("makes a dead letter of what no request can carry, and sends the rest", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* track("ada", "first")
        yield* Analytics.track({ userId: "ada", event: "large", properties: { text: "x".repeat(2000) } })
        yield* track("ada", "last")
      }).pipe(withWriter())
      yield* drain.pipe(withRelay({ maxBatchBytes: 1500 }))
      assert.deepStrictEqual((yield* Server.events).flat(), ["first", "last"])
      const [letter] = yield* inDatabase(({ dead }) => dead({ limit: 10 }))
      assert.deepInclude(letter, { tag: "TooLarge", attempts: 0, status: undefined })
      assert.match(letter!.reason, /its \d+ bytes are more than the \d+/)
    }).pipe(Effect.provide(layerOutbox))
  )
})
