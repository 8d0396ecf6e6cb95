import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, analyticsConfig } from "cdp-analytics-effect"
import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
import { Config, ConfigProvider, Effect, Exit, Layer, Redacted } from "effect"
import { Server } from "../support/Server.ts"
import { drain, inDatabase, layerOutbox, Outbox, track, withBoth, withRelay, withWriter } from "./Outbox.ts"

const many = (count: number) => Array.from({ length: count }, (_, index) => `e${index}`)

const arrived = Effect.map(Server.events, (batches) => batches.flat())

const waiting = inDatabase(({ report }) => Effect.map(report, (report) => report.waiting.messages))

describe("the outbox", () => {
  it.live("delivers what was accepted, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const report = yield* Effect.gen(function* () {
        const receipt = yield* track("ada", "first")
        assert.strictEqual(receipt.settles, "here")
        yield* Effect.forEach(many(45), (event) => track("ada", event))
        yield* receipt.await
        return yield* Analytics.flush
      }).pipe(withBoth())
      assert.deepStrictEqual(report, { delivered: 46, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* arrived, ["first", ...many(45)])
      assert.strictEqual(yield* waiting, 0)
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("keeps what was accepted while the server is away, for the next start", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.succeed({ status: 503 }))
      yield* Effect.forEach(many(30), (event) => track("ada", event)).pipe(withBoth({ shutdownTimeout: "100 millis" }))
      assert.strictEqual(yield* waiting, 30)
      yield* Server.answer(() => Effect.succeed({ status: 200 }))
      const tried = (yield* Server.received).length
      yield* drain.pipe(withRelay())
      const received = (yield* Server.received).slice(tried)
      assert.deepStrictEqual(
        received.flatMap(({ batch }) => batch.map(({ event }) => event)),
        many(30)
      )
      assert.strictEqual(yield* waiting, 0)
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("sends again with the same ids what had no answer", () =>
    Effect.gen(function* () {
      yield* Server.answer(() => Effect.never)
      yield* Effect.andThen(track("ada", "one"), Effect.sleep("200 millis")).pipe(
        withBoth({ shutdownTimeout: "50 millis" })
      )
      yield* Server.answer(() => Effect.succeed({ status: 200 }))
      yield* drain.pipe(withRelay())
      const ids = (yield* Server.received).flatMap(({ batch }) => batch.map(({ messageId }) => messageId))
      assert.strictEqual(ids.length, 2)
      assert.strictEqual(new Set(ids).size, 1)
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("opens nothing where it is not enabled", () =>
    Effect.gen(function* () {
      const { filename } = yield* Outbox
      yield* track("ada", "one").pipe(withBoth({ enabled: false }))
      yield* track("ada", "one").pipe(withWriter({ enabled: false }))
      yield* drain.pipe(withRelay({ enabled: false }))
      assert.isFalse(existsSync(filename))
      assert.deepStrictEqual(yield* Server.received, [])
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live.each([
    ["whenFull", { whenFull: "dropOldest" }],
    ["retry", { retry: {} }],
    ["deliveryTimeout", { deliveryTimeout: "1 hour" }],
    ["queueCapacity", { queueCapacity: 1 }],
    ["queueBytes", { queueBytes: 1 }]
  ] as const)("has no option %s", ([option, options]) =>
    Effect.gen(function* () {
      const { store, http } = yield* Outbox
      const given: object = options
      const error = yield* Effect.flip(
        Layer.build(
          AnalyticsOutbox.layer({ apiKey: Redacted.make("key"), ...given }).pipe(
            Layer.provide([store, Layer.succeedContext(http)])
          )
        )
      )
      assert.strictEqual(error._tag, "InvalidOptions")
      if (error._tag === "InvalidOptions") assert.strictEqual(error.option, option)
    }).pipe(Effect.scoped, Effect.provide(layerOutbox))
  )

  it.live("keeps the order of each person where an option says nothing", () =>
    Effect.gen(function* () {
      let largest = 0
      let underWay = 0
      yield* Server.answer(() =>
        Effect.gen(function* () {
          largest = Math.max(largest, ++underWay)
          yield* Effect.sleep("20 millis")
          underWay--
          return { status: 200 }
        })
      )
      yield* Effect.forEach(many(60), (event) => track("ada", event)).pipe(withWriter())
      yield* drain.pipe(withRelay({ order: undefined }))
      assert.strictEqual(largest, 1)
      assert.deepStrictEqual(yield* arrived, many(60))
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("makes a dead letter of a message that the server refuses", () =>
    Effect.gen(function* () {
      yield* Server.answer(({ batch }) =>
        Effect.succeed(
          batch.some(({ event }) => event === "e7")
            ? { status: 400, body: JSON.stringify({ meta: { error: "invalid event" } }) }
            : { status: 200 }
        )
      )
      const exits = yield* Effect.gen(function* () {
        const receipts = yield* Effect.forEach(many(20), (event) => track("ada", event))
        return yield* Effect.forEach(receipts, (receipt) => Effect.exit(receipt.await), { concurrency: "unbounded" })
      }).pipe(withBoth())
      assert.deepStrictEqual(
        exits.flatMap((exit, index) => (Exit.isSuccess(exit) ? [] : [index])),
        [7]
      )
      const [dead, ...others] = yield* inDatabase(({ dead }) => dead({ limit: 10 }))
      assert.deepStrictEqual(others, [])
      assert.deepInclude(dead, { tag: "Rejected", status: 400, reason: "invalid event", type: "track" })
      assert.strictEqual(yield* waiting, 0)

      yield* Server.answer(() => Effect.succeed({ status: 200 }))
      assert.strictEqual(yield* inDatabase(({ replay }) => replay(undefined)), 1)
      yield* drain.pipe(withRelay())
      assert.strictEqual((yield* arrived).at(-1), "e7")
      assert.deepStrictEqual(yield* inDatabase(({ dead }) => dead({ limit: 10 })), [])
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("holds everything where the key is wrong, and reads it again", () =>
    Effect.gen(function* () {
      const { store, http } = yield* Outbox
      yield* Server.answer(({ headers }) =>
        Effect.succeed({ status: headers["authorization"] === `Basic ${btoa("new:")}` ? 200 : 401 })
      )
      const environment = { KEY: "old" }
      yield* Effect.gen(function* () {
        const receipt = yield* track("ada", "one")
        yield* Effect.sleep("200 millis")
        assert.strictEqual((yield* Analytics.status).waiting.messages, 1)
        environment.KEY = "new"
        yield* receipt.await
      }).pipe(
        Effect.provide(
          AnalyticsOutbox.layerConfig({ apiKey: Config.Redacted("KEY"), flushAt: 1 }).pipe(
            Layer.provide([
              store,
              Layer.succeedContext(http),
              ConfigProvider.layer(ConfigProvider.fromUnknown(environment))
            ])
          )
        )
      )
      assert.deepStrictEqual(yield* inDatabase(({ dead }) => dead({ limit: 10 })), [])
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("accepts only, where a relay delivers", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const receipt = yield* track("ada", "one")
        assert.strictEqual(receipt.settles, "elsewhere")
        const error = yield* Effect.flip(receipt.await)
        assert.strictEqual(error._tag, "Elsewhere")
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: {}, waiting: 0 })
        const { server, waiting } = yield* Analytics.status
        assert.strictEqual(server, "unknown")
        assert.strictEqual(waiting.messages, 1)
      }).pipe(withWriter())
      assert.deepStrictEqual(yield* arrived, [])
      yield* drain.pipe(withRelay())
      assert.deepStrictEqual(yield* arrived, ["one"])
    }).pipe(Effect.provide(layerOutbox))
  )

  it.live("takes its own of an environment that a writer and a relay share", () =>
    Effect.gen(function* () {
      const { store, http } = yield* Outbox
      const environment = ConfigProvider.layer(
        ConfigProvider.fromUnknown({ CUSTOMERIO_WHEN_FULL: "wait", CUSTOMERIO_QUEUE_CAPACITY: "5" })
      )
      const provided = Layer.mergeAll(store, Layer.succeedContext(http), environment)
      yield* track("ada", "one").pipe(
        Effect.provide(AnalyticsOutbox.layerWriterConfig(analyticsConfig).pipe(Layer.provide(provided)))
      )
      const apiKey = Redacted.make("key")
      yield* drain.pipe(
        Effect.provide(AnalyticsOutbox.layerRelayConfig(analyticsConfig, { apiKey }).pipe(Layer.provide(provided)))
      )
      assert.deepStrictEqual(yield* arrived, ["one"])
      const given = AnalyticsOutbox.layerRelay({ apiKey, ...{ whenFull: "wait" } })
      const error = yield* Effect.flip(Layer.build(given.pipe(Layer.provide(provided))))
      assert.deepInclude(error, { _tag: "InvalidOptions", option: "whenFull" })
    }).pipe(Effect.scoped, Effect.provide(layerOutbox))
  )
})
