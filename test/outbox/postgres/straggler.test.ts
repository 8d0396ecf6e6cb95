import { assert, describe, it, vi } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import { type OutboxDatabase, OutboxStore } from "cdp-analytics-effect/outbox"
import { Data, Effect, Fiber, Latch } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { storeLayer } from "../../support/postgres.ts"
import { makeRandom } from "../../support/random.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

class Rollback extends Data.TaggedError("Rollback") {}

/** So many messages that were, and were deleted. */
const leaveDead = (outbox: OutboxDatabase, rows: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`
      with made as (
        select nextval(${`"${outbox.name}".message_ids`}) as id, n % 64 as lane from generate_series(1, ${rows}::int) as n
      )
      insert into ${sql(outbox.name)}.message (lane, id, type, message_id, json, bytes) overriding system value
      select lane, id, 'track', 'dead', repeat('x', 500), 500 from made`
  ).pipe(
    Effect.andThen(
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`delete from ${sql(outbox.name)}.message where message_id = 'dead'`
      )
    )
  )

const median = (numbers: ReadonlyArray<number>) =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)]!

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const times: Array<number> = []
    for (let round = 0; round < 15; round++) {
      const before = performance.now()
      yield* effect
      times.push(performance.now() - before)
    }
    return median(times)
  })

describe.skipIf(!isFull)("lanes are looked through", () => {
  it.live("as they are, whatever transactions overlap", () =>
    Effect.gen(function* () {
      const outbox = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
      const sql = yield* SqlClient.SqlClient
      const random = makeRandom(11)
      yield* outbox.renew("relay", [])
      let isOver = false

      const writer = (name: string) =>
        Effect.gen(function* () {
          for (let index = 0; !isOver; index++) {
            const some = Effect.forEach(Array.from({ length: 1 + Math.floor(random() * 3) }), (_, place) =>
              append(outbox, messageIn(Math.floor(random() * 8), `${name} ${index} ${place}`))
            )
            const wait = Effect.sleep(random() < 0.1 ? random() * 1500 : random() * 10)
            const rest = random() < 0.8 ? Effect.void : new Rollback()
            yield* Effect.ignore(sql.withTransaction(some.pipe(Effect.andThen(wait), Effect.andThen(rest))))
          }
        })
      const lanes = Array.from({ length: 8 }, (_, lane) => ({ lane, after: 0 }))

      const reader = Effect.gen(function* () {
        const until = performance.now() + 12_000
        let compared = 0
        while (performance.now() < until) {
          const wanted = lanes.filter(() => random() < 0.7)
          // Nobody else deletes: what was there before is there after, and what is looked for lies between.
          const whole = () =>
            sql<{ id: number; lane: number }>`
                select id::int, lane::int from ${sql(outbox.name)}.message order by id`
          const before = yield* whole()
          const fetched = yield* outbox.fetch(wanted, 1000)
          const after = yield* whole()
          const ids = new Set(fetched.map(({ id }) => id))
          const isWanted = ({ lane }: { readonly lane: number }) => wanted.some((other) => other.lane === lane)
          assert.deepStrictEqual(
            before.filter((row) => isWanted(row) && !ids.has(row.id)),
            []
          )
          assert.isTrue(fetched.every(({ id }) => after.some((row) => row.id === id)))
          compared += fetched.length
          yield* outbox.remove(
            "relay",
            fetched.filter(() => random() < 0.8)
          )
        }
        isOver = true
        return compared
      })
      const [compared] = yield* Effect.all(
        [reader, Effect.forEach(["a", "b", "c", "d", "e"], writer, { concurrency: "unbounded", discard: true })],
        { concurrency: "unbounded" }
      )
      assert.isAbove(compared, 500)
    }).pipe(Effect.scoped, Effect.provide(storeLayer()))
  )

  for (const holds of ["nothing of the outbox", "a message"]) {
    it.live(`no slower beside a transaction that is open for long and has written ${holds}`, () =>
      Effect.gen(function* () {
        const outbox = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
        const sql = yield* SqlClient.SqlClient
        const isBegun = yield* Latch.make()
        const mayEnd = yield* Latch.make()
        const begun: Effect.Effect<unknown, OutboxError | SqlError.SqlError> =
          holds === "a message" ? append(outbox, messageIn(1, "held")) : sql`create temp table held_open (a int)`
        const holder = yield* Effect.forkChild(
          sql.withTransaction(begun.pipe(Effect.andThen(isBegun.open), Effect.andThen(mayEnd.await)))
        )
        yield* isBegun.await
        yield* append(outbox, messageIn(1, "first"))
        const fetch = fetchAll(outbox)
        yield* fetch
        const quick = yield* timed(fetch)
        yield* leaveDead(outbox, 100_000)
        yield* append(outbox, messageIn(1, "last"))
        for (let survey = 0; survey < 4; survey++) yield* Effect.andThen(Effect.sleep("600 millis"), fetch)
        const beside = yield* timed(fetch)
        const fromTheBeginning = yield* timed(sql`
            select m.id from generate_series(0, 63) as l (lane)
            cross join lateral (
              select id from ${sql(outbox.name)}.message as m where m.lane = l.lane order by id limit 10
            ) as m`)
        assert.isBelow(beside, quick + fromTheBeginning / 2)
        assert.deepStrictEqual(
          (yield* fetch).map(({ messageId }) => messageId),
          ["first", "last"]
        )
        yield* mayEnd.open
        yield* Fiber.join(holder)
        assert.deepStrictEqual(
          (yield* fetch).map(({ messageId }) => messageId),
          holds === "a message" ? ["held", "first", "last"] : ["first", "last"]
        )
      }).pipe(Effect.scoped, Effect.provide(storeLayer()))
    )
  }
})
