import { assert, describe, it, vi } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import { type OutboxDatabase, OutboxPostgres, OutboxStore } from "cdp-analytics-effect/outbox"
import { Context, Effect, Layer, Schedule, type Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { makeAsk, makeStatement } from "../../../src/outbox/postgres/ask.ts"
import { makeDeadLetterTable } from "../../../src/outbox/postgres/deadLetters.ts"
import { makeFail } from "../../../src/outbox/postgres/failure.ts"
import { tablesOf } from "../../../src/outbox/postgres/tables.ts"
import { makeUsage } from "../../../src/outbox/postgres/usage.ts"
import { clientLayer, storeLayer } from "../../support/postgres.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

const test = (
  what: string,
  run: (
    outbox: OutboxDatabase,
    sql: SqlClient.SqlClient
  ) => Effect.Effect<void, OutboxError | SqlError.SqlError, Scope.Scope>
) =>
  it.live(what, () =>
    Effect.gen(function* () {
      const outbox = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
      yield* Effect.orDie(run(outbox, yield* SqlClient.SqlClient))
    }).pipe(Effect.scoped, Effect.provide(storeLayer()))
  )

/** The same outbox as another process would open it. */
const openElsewhere = (outbox: OutboxDatabase) =>
  OutboxPostgres.layer({ schema: outbox.name }).pipe(
    Layer.provide(clientLayer()),
    Layer.build,
    Effect.flatMap((context) => Context.get(context, OutboxStore).open)
  )

const comesTrue = (isSo: () => boolean) =>
  Effect.map(
    Effect.repeat(Effect.sync(isSo), {
      until: (is) => is,
      schedule: Schedule.upTo(Schedule.spaced("20 millis"), { duration: "4 seconds" })
    }),
    () => assert.isTrue(isSo())
  )

/** What a process would have that is killed in the middle: nothing is written when it ends. */
const makeProcess = (outbox: OutboxDatabase, sql: SqlClient.SqlClient, name: string) =>
  makeUsage(tablesOf(outbox.name), makeAsk(sql, makeStatement(sql), makeFail(outbox.name)), name)

describe.skipIf(!isFull)("how much waits in Postgres", () => {
  test("what others committed and deleted is heard of soon, and what those did that have ended", (outbox) =>
    Effect.gen(function* () {
      const { bytes } = messageIn(1, "a")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const other = yield* openElsewhere(outbox)
          yield* append(other, messageIn(1, "a"))
          yield* append(other, messageIn(1, "b"))
          assert.deepStrictEqual({ ...other.usage() }, { messages: 2, bytes: 2 * bytes })
          yield* comesTrue(() => outbox.usage().messages === 2)
          yield* append(other, messageIn(1, "c"))
        })
      )
      // It said so when it closed.
      yield* comesTrue(() => outbox.usage().messages === 3)
      assert.deepStrictEqual({ ...(yield* openElsewhere(outbox)).usage() }, { messages: 3, bytes: 3 * bytes })
      yield* outbox.renew("relay", [])
      yield* outbox.remove("relay", yield* fetchAll(outbox))
      assert.deepStrictEqual({ ...outbox.usage() }, { messages: 0, bytes: 0 })
    }))

  test("processes that are gone are one row, and one that only slept is not counted twice", (outbox, sql) =>
    Effect.gen(function* () {
      const [one, two] = [makeProcess(outbox, sql, "one"), makeProcess(outbox, sql, "two")]
      // Where nothing waits the numbers would be mended.
      yield* sql`insert into ${sql(outbox.name)}.message (lane, type, message_id, json, bytes)
        values (1, 'track', 'a', '{}', 2)`
      one.add(10, 1000)
      two.add(5, 500)
      yield* one.exchange
      yield* two.exchange
      yield* sql`update ${sql(outbox.name)}.usage set heard_at = heard_at - interval '2 minutes' where process <> ''`
      yield* Effect.all([one.tidy, two.tidy, one.tidy, two.tidy], { concurrency: "unbounded" })
      const rows = yield* sql`select process, messages::int from ${sql(outbox.name)}.usage`
      assert.deepStrictEqual(rows, [{ process: "", messages: 15 }])
      one.add(1, 100)
      yield* one.exchange
      yield* two.exchange
      assert.deepStrictEqual(
        [one.now(), two.now()],
        [
          { messages: 16, bytes: 1600 },
          { messages: 16, bytes: 1600 }
        ]
      )
    }))

  test("what a killed process did not say is made good when nothing waits, once", (outbox, sql) =>
    Effect.gen(function* () {
      const relay = makeProcess(outbox, sql, "relay")
      // Another one appended these, and was killed before it said so.
      relay.add(-7, -700)
      yield* relay.exchange
      yield* append(outbox, messageIn(1, "waits"))
      yield* relay.tidy
      yield* relay.tidy
      const sum = Effect.map(
        sql<{ messages: number }>`select sum(messages)::int as messages from ${sql(outbox.name)}.usage`,
        ([row]) => row!.messages
      )
      // Not while something waits.
      assert.isBelow(yield* sum, 0)
      yield* outbox.renew("a", [])
      yield* outbox.remove("a", yield* fetchAll(outbox))
      yield* comesTrue(() => outbox.usage().messages === 0)
      yield* Effect.sleep("1200 millis")
      const other = makeProcess(outbox, sql, "other")
      yield* relay.exchange
      yield* other.exchange
      yield* Effect.all([relay.tidy, other.tidy], { concurrency: "unbounded" })
      assert.strictEqual(yield* sum, -7)
      yield* Effect.all([relay.tidy, other.tidy], { concurrency: "unbounded" })
      assert.strictEqual(yield* sum, 0)
      yield* relay.exchange
      assert.deepStrictEqual(relay.now(), { messages: 0, bytes: 0 })
    }))

  test("dead letters that are too old are deleted", (outbox, sql) =>
    Effect.gen(function* () {
      for (const name of ["a", "b"]) yield* append(outbox, messageIn(1, name))
      yield* outbox.renew("relay", [])
      yield* outbox.bury("relay", yield* fetchAll(outbox), {
        tag: "TooLarge",
        status: undefined,
        reason: "",
        attempts: 0
      })
      const [first] = yield* outbox.dead({ limit: 1 })
      yield* sql`update ${sql(outbox.name)}.dead set died_at = died_at - interval '31 days' where id = ${first!.id}`
      const table = makeDeadLetterTable(tablesOf(outbox.name), makeAsk(sql, makeStatement(sql), makeFail(outbox.name)))
      yield* table.expire(30 * 24 * 3600 * 1000)
      assert.deepStrictEqual(
        (yield* outbox.dead({ limit: 9 })).map(({ messageId }) => messageId),
        ["b"]
      )
    }))
})
