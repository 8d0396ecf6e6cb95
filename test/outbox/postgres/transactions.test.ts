import { assert, describe, it, vi } from "@effect/vitest"
import type { OutboxError } from "cdp-analytics-effect"
import { type Appended, type OutboxDatabase, OutboxStore } from "cdp-analytics-effect/outbox"
import { Data, Effect, Exit, Fiber, Latch, type Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { clientLayer, storeLayer } from "../../support/postgres.ts"
import { isFull } from "../../support/repetitions.ts"
import { fetchAll, messageIn } from "../contract.ts"

// A server is started for the first one.
vi.setConfig({ testTimeout: 60_000 })

class Rollback extends Data.TaggedError("Rollback") {}

type Failed = OutboxError | SqlError.SqlError | Rollback

interface Opened {
  readonly outbox: OutboxDatabase
  readonly sql: SqlClient.SqlClient
  /** What is in the outbox. */
  readonly kept: Effect.Effect<ReadonlyArray<string>>
  /** Appends, and notes when it is committed. */
  readonly append: (name: string) => Effect.Effect<Appended, OutboxError>
  /** Which of them were said to be committed. */
  readonly committed: ReadonlyArray<string>
}

const test = (what: string, run: (opened: Opened) => Effect.Effect<void, Failed, Scope.Scope>) =>
  it.live(what, () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const outbox = yield* Effect.flatMap(OutboxStore, ({ open }) => open)
      const committed: Array<string> = []
      yield* run({
        outbox,
        sql,
        committed,
        kept: Effect.orDie(Effect.map(fetchAll(outbox), (messages) => messages.map(({ messageId }) => messageId))),
        append: (name) => outbox.append(messageIn(1, name), () => committed.push(name))
      })
    }).pipe(Effect.scoped, Effect.provide(storeLayer()))
  )

/** Begins, runs, and rolls back. */
const rolledBack = (sql: SqlClient.SqlClient, run: Effect.Effect<void, Failed>) =>
  Effect.exit(sql.withTransaction(Effect.andThen(run, Effect.fail(new Rollback()))))

/** Why a call is refused. */
const failure = (call: Effect.Effect<Appended, OutboxError>): Effect.Effect<OutboxError> =>
  Effect.orDie(Effect.flip(call))

describe.skipIf(!isFull)("in the caller's transaction", () => {
  test("what is appended is there, and told of, when it is committed and not before", ({
    append,
    committed,
    kept,
    outbox,
    sql
  }) =>
    Effect.gen(function* () {
      let heard = 0
      yield* outbox.onCommit(() => heard++)
      const appended = yield* sql.withTransaction(
        Effect.gen(function* () {
          assert.isTrue(yield* outbox.isInTransaction)
          const appended = yield* append("a")
          assert.deepStrictEqual(yield* kept, [])
          assert.deepStrictEqual([committed.length, heard, outbox.usage().messages], [0, 0, 0])
          return appended
        })
      )
      assert.isFalse(yield* outbox.isInTransaction)
      assert.deepStrictEqual(committed, ["a"])
      assert.deepStrictEqual([heard, outbox.usage().messages], [1, 1])
      assert.deepStrictEqual(yield* kept, ["a"])
      assert.isTrue(yield* appended.isCommitted)
    }))

  test("nothing of it is there when it is rolled back, and who asks is told", ({
    append,
    committed,
    kept,
    outbox,
    sql
  }) =>
    Effect.gen(function* () {
      let asked: Fiber.Fiber<boolean> | undefined
      yield* rolledBack(
        sql,
        Effect.gen(function* () {
          asked = yield* Effect.forkDetach((yield* append("a")).isCommitted)
        })
      )
      assert.isFalse(yield* Fiber.join(asked!))
      assert.deepStrictEqual([yield* kept, committed, outbox.usage().messages], [[], [], 0])
    }))

  test("a savepoint that is rolled back takes with it what was appended in it, and nothing else", ({
    append,
    committed,
    kept,
    sql
  }) =>
    Effect.gen(function* () {
      const answers = yield* sql.withTransaction(
        Effect.gen(function* () {
          const before = yield* append("before")
          let within: Appended | undefined
          yield* rolledBack(
            sql,
            Effect.gen(function* () {
              within = yield* append("within")
            })
          )
          // The database knows it already.
          assert.isFalse(yield* within!.isCommitted)
          const kept = yield* sql.withTransaction(append("kept"))
          const after = yield* append("after")
          return [before, within!, kept, after]
        })
      )
      assert.deepStrictEqual(yield* Effect.forEach(answers, ({ isCommitted }) => isCommitted), [
        true,
        false,
        true,
        true
      ])
      assert.deepStrictEqual(yield* kept, ["before", "kept", "after"])
      assert.deepStrictEqual(committed, ["before", "kept", "after"])
    }))

  test("a savepoint that ended well is rolled back with what it is in", ({ append, kept, sql }) =>
    Effect.gen(function* () {
      let within: Appended | undefined
      yield* rolledBack(
        sql,
        Effect.gen(function* () {
          within = yield* sql.withTransaction(append("within"))
        })
      )
      assert.isFalse(yield* within!.isCommitted)
      assert.deepStrictEqual(yield* kept, [])
    }))

  test("fibers that are forked in it are part of it, and many at once", ({ append, kept, outbox, sql }) =>
    Effect.gen(function* () {
      const names = Array.from({ length: 50 }, (_, index) => `m${index}`)
      yield* sql.withTransaction(Effect.forEach(names, append, { concurrency: "unbounded" }))
      assert.sameMembers([...(yield* kept)], names)
      yield* rolledBack(sql, Effect.asVoid(Effect.forEach(names, append, { concurrency: "unbounded" })))
      assert.strictEqual((yield* kept).length, 50)
      assert.strictEqual(outbox.usage().messages, 50)
    }))

  test("a fiber that outlives it is refused, and writes nothing", ({ kept, outbox, sql }) =>
    Effect.gen(function* () {
      const isOver = yield* Latch.make()
      const fiber = yield* sql.withTransaction(
        Effect.forkDetach(
          Effect.andThen(
            isOver.await,
            outbox.append(messageIn(1, "late"), () => {})
          )
        )
      )
      yield* isOver.open
      const error = yield* failure(Fiber.join(fiber))
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.detail, "has ended")
      assert.deepStrictEqual(yield* kept, [])
    }))

  test("a savepoint that has ended is refused, though the transaction goes on", ({ kept, outbox, sql }) =>
    Effect.gen(function* () {
      const isOver = yield* Latch.make()
      yield* sql.withTransaction(
        Effect.gen(function* () {
          const fiber = yield* sql.withTransaction(
            Effect.forkDetach(
              Effect.andThen(
                isOver.await,
                outbox.append(messageIn(1, "late"), () => {})
              )
            )
          )
          yield* isOver.open
          assert.include((yield* failure(Fiber.join(fiber))).detail, "has ended")
        })
      )
      assert.deepStrictEqual(yield* kept, [])
    }))

  test("a call in a transaction of another client of the same database is refused, and writes nothing", ({
    kept,
    outbox
  }) =>
    Effect.gen(function* () {
      const other = yield* SqlClient.SqlClient
      const error = yield* other.withTransaction(failure(outbox.append(messageIn(1, "a"), () => {})))
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.detail, "another SqlClient")
      assert.isFalse(yield* other.withTransaction(outbox.isInTransaction))
      assert.deepStrictEqual(yield* kept, [])
    }).pipe(Effect.provide(clientLayer())))

  test("transactions of two clients, one in the other: it is part of its own", ({ append, kept, sql }) =>
    Effect.gen(function* () {
      const other = yield* SqlClient.SqlClient
      yield* rolledBack(sql, Effect.asVoid(other.withTransaction(append("a"))))
      assert.deepStrictEqual(yield* kept, [])
      yield* other.withTransaction(sql.withTransaction(append("b")))
      assert.deepStrictEqual(yield* kept, ["b"])
    }).pipe(Effect.provide(clientLayer())))

  test("other operations are not part of it", ({ append, outbox, sql }) =>
    Effect.gen(function* () {
      yield* append("a")
      yield* rolledBack(
        sql,
        Effect.gen(function* () {
          yield* outbox.renew("relay", [])
          yield* outbox.remove("relay", yield* fetchAll(outbox))
        })
      )
      assert.deepStrictEqual(yield* fetchAll(outbox), [])
      assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 64)
    }))

  test("an id that the database cannot keep as it is costs no transaction", ({ append, kept, sql }) =>
    Effect.gen(function* () {
      const odd = 'a\0b"\\\ud800\n'
      yield* sql.withTransaction(append(odd))
      assert.deepStrictEqual(yield* kept, [odd])
    }))

  test("in one that was aborted before, the call fails with the reason", ({ outbox, sql }) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        sql.withTransaction(
          Effect.gen(function* () {
            yield* Effect.exit(sql`select 1 / 0`)
            const error = yield* failure(outbox.append(messageIn(1, "a"), () => {}))
            assert.strictEqual(error.reason, "Incompatible")
            assert.include(error.detail, "25P02")
          })
        )
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(outbox.usage().messages, 0)
    }))

  test("a connection that is cut rolls back, and who asks is told", ({ append, kept, outbox, sql }) =>
    Effect.gen(function* () {
      let appended: Appended | undefined
      const exit = yield* Effect.exit(
        sql.withTransaction(
          Effect.gen(function* () {
            appended = yield* append("a")
            const [row] = yield* sql<{ pid: number }>`select pg_backend_pid() as pid`
            yield* Effect.provide(
              Effect.flatMap(SqlClient.SqlClient, (other) => other`select pg_terminate_backend(${row!.pid})`),
              clientLayer()
            )
            yield* append("b")
          })
        )
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.isFalse(yield* appended!.isCommitted)
      assert.deepStrictEqual([yield* kept, outbox.usage().messages], [[], 0])
    }))

  test("a rollback that is an interruption is one", ({ append, kept, sql }) =>
    Effect.gen(function* () {
      const isAppended = yield* Latch.make()
      const fiber = yield* Effect.forkChild(
        sql.withTransaction(append("a").pipe(Effect.andThen(isAppended.open), Effect.andThen(Effect.never)))
      )
      yield* isAppended.await
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* kept, [])
    }))

  test("overlapping ones: what was committed first is fetched, and what has a smaller id when that is committed", ({
    append,
    kept,
    sql
  }) =>
    Effect.gen(function* () {
      const isAppended = yield* Latch.make()
      const mayCommit = yield* Latch.make()
      const slow: Fiber.Fiber<void, Failed> = yield* Effect.forkChild(
        sql.withTransaction(
          append("slow").pipe(Effect.andThen(isAppended.open), Effect.andThen(mayCommit.await), Effect.asVoid)
        )
      )
      yield* isAppended.await
      yield* sql.withTransaction(append("quick"))
      yield* append("alone")
      assert.deepStrictEqual(yield* kept, ["quick", "alone"])
      yield* mayCommit.open
      yield* Fiber.join(slow)
      assert.deepStrictEqual(yield* kept, ["slow", "quick", "alone"])
    }))

  test("a fiber that nobody waits for is part of it, or refused: nothing is written beside it", ({
    kept,
    outbox,
    sql
  }) =>
    Effect.gen(function* () {
      for (let round = 0; round < 50; round++) {
        const fibers: Array<Fiber.Fiber<Appended, OutboxError>> = []
        yield* Effect.exit(
          sql.withTransaction(
            Effect.gen(function* () {
              for (let index = 0; index < 3; index++) {
                fibers.push(yield* Effect.forkDetach(outbox.append(messageIn(1, `${round} ${index}`), () => {})))
              }
              for (let turn = 0; turn < round % 4; turn++) yield* Effect.yieldNow
              return yield* new Rollback()
            })
          )
        )
        for (const fiber of fibers) {
          const exit = yield* Fiber.await(fiber)
          if (Exit.isSuccess(exit)) assert.isFalse(yield* exit.value.isCommitted)
        }
      }
      assert.deepStrictEqual([yield* kept, outbox.usage().messages], [[], 0])
    }))

  test("a call that is interrupted does not abort it", ({ append, kept, sql }) =>
    Effect.gen(function* () {
      yield* sql.withTransaction(
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(append("a"))
          yield* Effect.yieldNow
          yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
          yield* append("b")
        })
      )
      assert.include(yield* kept, "b")
    }))

  test("it can be given up while a call in it waits for a lock, with all who call in it", ({
    append,
    kept,
    outbox,
    sql
  }) =>
    Effect.gen(function* () {
      const isLocked = yield* Latch.make()
      const release = yield* Latch.make()
      const locking = yield* sql`lock table ${sql(outbox.name)}.message in access exclusive mode`.pipe(
        Effect.andThen(Effect.andThen(isLocked.open, release.await)),
        sql.withTransaction,
        Effect.forkChild
      )
      yield* isLocked.await
      const others: Array<Fiber.Fiber<Appended, OutboxError>> = []
      const startedAt = performance.now()
      const exit = yield* Effect.gen(function* () {
        const first = yield* Effect.forkDetach(append("a"))
        others.push(yield* Effect.forkDetach(append("b")))
        yield* Effect.onInterrupt(Fiber.join(first), () => Fiber.interrupt(first))
      }).pipe(sql.withTransaction, Effect.timeoutOption("500 millis"), Effect.exit)
      assert.isBelow(performance.now() - startedAt, 10_000)
      assert.isTrue(Exit.isSuccess(exit) && exit.value._tag === "None")
      assert.strictEqual((yield* failure(Fiber.join(others[0]!))).reason, "Unavailable")
      yield* release.open
      yield* Fiber.join(locking)
      assert.deepStrictEqual(yield* kept, [])
    }))

  test("what runs after the commit may call, in no transaction", ({ append, kept, sql }) =>
    Effect.gen(function* () {
      const other = yield* SqlClient.SqlClient
      yield* sql.withTransaction(sql.afterCommit(Effect.orDie(Effect.asVoid(append("after its own")))))
      yield* other.withTransaction(other.afterCommit(Effect.orDie(Effect.asVoid(append("after another's")))))
      assert.deepStrictEqual(yield* kept, ["after its own", "after another's"])
    }).pipe(Effect.provide(clientLayer())))
})
