import { PgClient } from "@effect/sql-pg"
import { assert, describe, it, vi } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import { type OutboxDatabase, OutboxPostgres, OutboxStore } from "cdp-analytics-effect/outbox"
import { Context, Data, Effect, Layer, Queue, Schedule, type Scope } from "effect"
import type { SqlError } from "effect/sql"
import { clientLayer, storeLayer } from "../../support/postgres.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, messageIn } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

class Rollback extends Data.TaggedError("Rollback") {}

const test = (
  what: string,
  run: (
    outbox: OutboxDatabase,
    sql: PgClient.PgClient
  ) => Effect.Effect<void, OutboxError | SqlError.SqlError, Scope.Scope>,
  client: Parameters<typeof clientLayer>[0] = {}
) =>
  it.live(what, () =>
    Effect.gen(function* () {
      const outbox = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
      yield* Effect.orDie(run(outbox, yield* PgClient.PgClient))
    }).pipe(Effect.scoped, Effect.provide(storeLayer({}, client)))
  )

/** The same outbox as another process would open it. */
const openElsewhere = (outbox: OutboxDatabase) =>
  OutboxPostgres.layer({ schema: outbox.name }).pipe(
    Layer.provide(clientLayer()),
    Layer.build,
    Effect.flatMap((context) => Context.get(context, OutboxStore).open)
  )

const soon = <E>(isSo: Effect.Effect<boolean, E>, within: number) =>
  Effect.repeat(isSo, {
    until: (is) => is,
    schedule: Schedule.upTo(Schedule.spaced("20 millis"), { duration: within })
  })

describe.skipIf(!isFull)("who delivers wakes", () => {
  test("at once when another process has committed something", (outbox) =>
    Effect.gen(function* () {
      const other = yield* openElsewhere(outbox)
      let heard = 0
      yield* outbox.onCommit(() => heard++)
      // Until it listens.
      yield* soon(
        Effect.map(append(other, messageIn(1, "a")), () => heard > 0),
        2000
      )
      yield* Effect.sleep("500 millis")
      heard = 0
      const before = performance.now()
      yield* append(other, messageIn(1, "b"))
      yield* soon(
        Effect.sync(() => heard > 0),
        500
      )
      assert.strictEqual(heard, 1)
      assert.isBelow(performance.now() - before, 400)
    }))

  test("no more than ten times a second, and never for what is not committed", (outbox, sql) =>
    Effect.gen(function* () {
      const notifications = yield* sql.listen("cdp_analytics_outbox")
      yield* Effect.exit(sql.withTransaction(Effect.andThen(append(outbox, messageIn(1, "no")), new Rollback())))
      yield* sql.withTransaction(
        Effect.andThen(append(outbox, messageIn(1, "not yet")), Effect.sleep("300 millis")).pipe(
          Effect.andThen(Effect.map(Queue.clear(notifications), (heard) => assert.deepStrictEqual(heard, [])))
        )
      )
      const before = performance.now()
      for (let index = 0; index < 200; index++) {
        yield* append(outbox, messageIn(1, `m${index}`))
        yield* Effect.sleep("3 millis")
      }
      yield* Effect.sleep("150 millis")
      const seconds = (performance.now() - before) / 1000
      const heard = (yield* Queue.clear(notifications)).filter(({ payload }) => payload.startsWith(`${outbox.name} `))
      assert.isAtLeast(heard.length, 3)
      assert.isAtMost(heard.length, Math.ceil(seconds * 10) + 1)
    }))

  test(
    "where there is but one connection that is not taken for it",
    (outbox, sql) =>
      Effect.gen(function* () {
        yield* outbox.onCommit(() => {})
        yield* Effect.sleep("1500 millis")
        const before = performance.now()
        for (let index = 0; index < 10; index++) yield* sql`select 1`
        assert.isBelow(performance.now() - before, 500)
      }),
    { maxConnections: 1 }
  )

  test("when the connection by which it listens was cut, it listens again", (outbox, sql) =>
    Effect.gen(function* () {
      const other = yield* openElsewhere(outbox)
      let heard = 0
      yield* outbox.onCommit(() => heard++)
      yield* Effect.sleep("500 millis")
      yield* sql`select pg_terminate_backend(pid) from pg_stat_activity
        where query ilike 'listen%cdp_analytics_outbox%' and pid <> pg_backend_pid()`
      heard = 0
      yield* soon(
        Effect.map(append(other, messageIn(1, "a")), () => heard > 0),
        15_000
      )
      assert.isAbove(heard, 0)
    }))
})
