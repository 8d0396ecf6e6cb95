import { assert, describe, it, vi } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import { type OutboxDatabase, OutboxStore } from "cdp-analytics-effect/outbox"
import { Effect, Exit, Schedule, type Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import {
  clientLayer,
  embeddedPrograms,
  forProcess,
  type PostgresServer,
  servePostgres,
  storeLayer
} from "../../support/postgres.ts"
import { makeRandom } from "../../support/random.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

/** One that may be stopped. */
const server = forProcess(servePostgres(embeddedPrograms))

const test = (
  what: string,
  run: (
    outbox: OutboxDatabase,
    server: PostgresServer
  ) => Effect.Effect<void, OutboxError | SqlError.SqlError, SqlClient.SqlClient | Scope.Scope>
) =>
  it.live(what, () =>
    Effect.gen(function* () {
      const outbox = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
      yield* Effect.orDie(run(outbox, yield* server))
    }).pipe(Effect.scoped, Effect.provide(storeLayer({}, {}, server)))
  )

/** Appends one after the other until it is over, and says which were acknowledged. */
const write = (outbox: OutboxDatabase, name: string, isOver: () => boolean) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const acknowledged: Array<string> = []
    const refused: Array<string> = []
    for (let index = 0; !isOver(); index++) {
      const id = `${name} ${index}`
      const call = append(outbox, messageIn(index % 64, id))
      // Every other one as a part of something.
      const whole = index % 2 === 0 ? call : sql.withTransaction(Effect.andThen(sql`select 1`, call))
      // A ROLLBACK that has no connection any more is a defect of its own.
      if (Exit.isSuccess(yield* Effect.exit(whole))) acknowledged.push(id)
      else {
        refused.push(id)
        yield* Effect.sleep("10 millis")
      }
    }
    return { acknowledged, refused }
  })

const namesIn = (outbox: OutboxDatabase) =>
  // A connection that nobody has used since the server went may fail once.
  Effect.map(Effect.retry(fetchAll(outbox), { schedule: Schedule.spaced("50 millis"), times: 20 }), (messages) =>
    messages.map(({ messageId }) => messageId)
  )

/** Each twice at most, where its answer was lost. */
const assertKept = (
  names: ReadonlyArray<string>,
  written: ReadonlyArray<{ readonly acknowledged: ReadonlyArray<string> }>
) => {
  const kept = new Set(names)
  for (const { acknowledged } of written) {
    assert.isAbove(acknowledged.length, 10)
    assert.deepStrictEqual(
      acknowledged.filter((name) => !kept.has(name)),
      []
    )
  }
}

describe.skipIf(!isFull)("when Postgres goes", () => {
  test("what was acknowledged is there, however connections are cut", (outbox) =>
    Effect.gen(function* () {
      const random = makeRandom(3)
      let isOver = false
      const cutting = Effect.gen(function* () {
        const killer = yield* SqlClient.SqlClient
        for (let round = 0; round < 40; round++) {
          yield* Effect.sleep(10 + random() * 100)
          yield* killer`
            select pg_terminate_backend(pid) from pg_stat_activity
            where pid <> pg_backend_pid() and backend_type = 'client backend' and random() < 0.7`
        }
        isOver = true
      }).pipe(Effect.provide(clientLayer({}, server)))
      const [written] = yield* Effect.all(
        [
          Effect.forEach(
            Array.from({ length: 8 }, (_, index) => `w${index}`),
            (name) => write(outbox, name, () => isOver),
            { concurrency: "unbounded" }
          ),
          cutting
        ],
        { concurrency: "unbounded" }
      )
      const names = yield* namesIn(outbox)
      assertKept(names, written)
      // What was refused in a transaction was rolled back, but for those whose COMMIT nobody heard of.
      const refused = new Set(written.flatMap(({ refused }) => refused))
      const lost = names.filter((name) => refused.has(name))
      assert.isAtMost(lost.length, 8 * 40)
      // How much waits is known, but for those.
      assert.isAtMost(Math.abs(outbox.usage().messages - names.length), lost.length + 8 * 40)
    }))

  test("stopped and started: calls fail while it is away, and what was acknowledged is there", (outbox, server) =>
    Effect.gen(function* () {
      let isOver = false
      const writing = Effect.forEach(["a", "b", "c", "d"], (name) => write(outbox, name, () => isOver), {
        concurrency: "unbounded"
      })
      const restarting = Effect.gen(function* () {
        yield* Effect.sleep("500 millis")
        yield* server.stop
        yield* Effect.sleep("300 millis")
        const error = yield* Effect.orDie(Effect.flip(append(outbox, messageIn(1, "away"))))
        assert.strictEqual(error.reason, "Unavailable")
        yield* Effect.ignore(outbox.renew("relay", []))
        assert.strictEqual((yield* Effect.orDie(Effect.flip(fetchAll(outbox)))).reason, "Unavailable")
        yield* server.start
        yield* Effect.sleep("1 second")
        isOver = true
      })
      const [written] = yield* Effect.all([writing, restarting], { concurrency: "unbounded" })
      assertKept(yield* namesIn(outbox), written)
      const { lanes } = yield* Effect.retry(outbox.renew("relay", []), { times: 10 })
      assert.strictEqual(lanes.size, 64)
    }))

  test("one that was away for a moment costs no call that was under way", (outbox, server) =>
    Effect.gen(function* () {
      // Waits for a lock, so that it is under way.
      yield* append(outbox, messageIn(1, "before"))
      const blocker = yield* SqlClient.SqlClient
      const calling = Effect.delay(append(outbox, messageIn(1, "a")), "200 millis")
      const restarting = Effect.exit(
        blocker.withTransaction(
          Effect.gen(function* () {
            yield* blocker`lock table ${blocker(outbox.name)}.message in exclusive mode`
            yield* Effect.sleep("600 millis")
            yield* server.stop
            yield* server.start
          })
        )
      )
      yield* Effect.all([calling, restarting], { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* namesIn(outbox), ["before", "a"])
    }))
})
