import { assert, describe, it, vi } from "@effect/vitest"
import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { AnalyticsOutbox } from "cdp-analytics-effect/outbox"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { storeLayer } from "../../support/postgres.ts"
import { isFull } from "../../support/repetitions.ts"
import { layerMock, Server } from "../../support/Server.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

const layerOf = (options: Partial<AnalyticsOptions>, bound: Parameters<typeof storeLayer>[0] = {}) =>
  AnalyticsOutbox.layer({ apiKey: Redacted.make("key"), flushInterval: "20 millis", ...options }).pipe(
    Layer.provideMerge(Layer.merge(storeLayer(bound), layerMock))
  )

const track = (event: string) => Analytics.track({ userId: "ada", event })

describe.skipIf(!isFull)("calls in the caller's transaction", () => {
  it.live("arrive with it, and not without it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const failed = yield* Effect.exit(
        sql.withTransaction(Effect.andThen(track("rolled back"), Effect.fail("no order")))
      )
      assert.isTrue(Exit.isFailure(failed))
      const kept = yield* sql.withTransaction(track("committed"))
      yield* kept.await
      const undone = yield* sql.withTransaction(
        Effect.gen(function* () {
          let receipt = yield* track("around")
          yield* Effect.exit(
            sql.withTransaction(
              Effect.gen(function* () {
                receipt = yield* track("savepoint")
                return yield* Effect.fail("undone")
              })
            )
          )
          return receipt
        })
      )
      assert.strictEqual((yield* Effect.flip(undone.await))._tag, "Dropped")
      yield* Analytics.flush
      assert.deepStrictEqual((yield* Server.events).flat(), ["committed", "around"])
    }).pipe(Effect.provide(layerOf({})))
  )

  it.live("do not wait for room there: others wait for what a transaction holds", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Server.answer(() => Effect.never)
      yield* track("first")
      const within = yield* Effect.flip(sql.withTransaction(track("within")))
      assert.strictEqual(within._tag, "QueueFull")
      const outside = yield* Effect.forkChild(track("outside"))
      yield* Effect.sleep("300 millis")
      assert.isUndefined(outside.pollUnsafe())
      yield* Fiber.interrupt(outside)
    }).pipe(Effect.provide(layerOf({ whenFull: "wait", shutdownTimeout: 0 }, { maxMessages: 1 })))
  )
})
