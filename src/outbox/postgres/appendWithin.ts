import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as SqlClient from "effect/sql/SqlClient"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { Appended, NewMessage } from "../OutboxStore.ts"
import type { Ask } from "./ask.ts"
import type { Fail } from "./failure.ts"
import type { Insert, Inserted } from "./insert.ts"
import { isUnderWay, registerCommit } from "./transaction.ts"

interface Row {
  readonly id: number
  readonly transaction: bigint
}

interface Entry {
  readonly message: NewMessage
  readonly inserted: Deferred.Deferred<Row, OutboxError>
  isWritten: boolean
}

/** The messages of a statement that is not sent yet. Who began it sends it. */
type Gathering = Array<Entry>

/**
 * Makes messages part of the caller's transaction, whose connection Effect finds in the fiber: that of the caller. Those that
 * are called at once in the same transaction, and savepoint, share a statement and its way to the database and back.
 */
export const makeAppendWithin = (
  sql: SqlClient.SqlClient,
  insert: Insert,
  ask: Ask,
  fail: Fail,
  onCommitted: (message: NewMessage) => void
) => {
  /** By the transaction, or its savepoint. */
  const gatherings = new WeakMap<object, Gathering>()

  const end = (gathering: Gathering, exit: Exit.Exit<Inserted, OutboxError>): void =>
    gathering.forEach((entry, index) => {
      entry.isWritten = Exit.isSuccess(exit)
      Deferred.doneUnsafe(
        entry.inserted,
        Exit.isSuccess(exit)
          ? Effect.succeed({ id: exit.value.ids[index] ?? 0, transaction: exit.value.transaction })
          : Exit.hasInterrupts(exit)
            ? Effect.fail(fail.unavailable("it was given up while it was written"))
            : Effect.failCause(exit.cause)
      )
    })

  const send = (level: object, gathering: Gathering): Effect.Effect<Inserted, OutboxError> =>
    // A connection that is given back may be in a transaction of somebody else's, or in none.
    Effect.flatMap(isUnderWay(sql), (isOpen) => {
      if (gatherings.get(level) === gathering) gatherings.delete(level)
      return isOpen
        ? Effect.mapError(insert(gathering.map(({ message }) => message)), fail.of)
        : Effect.fail(fail.incompatible(isOver))
    })

  /** Begins a statement, or joins the one that another call of this turn has begun. */
  const insertShared = (level: object, entry: Entry): Effect.Effect<Row, OutboxError> =>
    Effect.suspend(() => {
      const begun = gatherings.get(level)
      if (begun !== undefined) {
        begun.push(entry)
        return Deferred.await(entry.inserted)
      }
      const gathering = [entry]
      gatherings.set(level, gathering)
      const sending = Effect.yieldNow.pipe(
        Effect.andThen(send(level, gathering)),
        Effect.onExit((exit) => Effect.sync(() => end(gathering, exit))),
        Effect.interruptible
      )
      return Effect.uninterruptibleMask((restore) =>
        // A child has the transaction of its parent.
        Effect.flatMap(Effect.forkChild(sending), (fiber) =>
          Effect.onInterrupt(restore(Deferred.await(entry.inserted)), () =>
            // A statement that is cut off aborts the transaction, for this call's sake and for that of the others in it.
            Effect.andThen(
              Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), patience),
              Fiber.interrupt(fiber)
            )
          )
        )
      )
    })

  return Effect.fnUntraced(function* (
    level: object,
    message: NewMessage,
    onCommit: () => void
  ): Effect.fn.Return<Appended, OutboxError> {
    const committed = Deferred.makeUnsafe<boolean>()
    const entry: Entry = { message, inserted: Deferred.makeUnsafe(), isWritten: false }
    const commit = (): void => {
      // A caller may have gone on after the statement failed.
      if (!entry.isWritten || !Deferred.doneUnsafe(committed, Effect.succeed(true))) return
      onCommitted(message)
      onCommit()
    }
    const registered = yield* registerCommit(sql, commit)
    if (registered !== "registered") {
      return yield* fail.incompatible(registered === "over" ? isOver : isUnheardOf)
    }
    const { id, transaction } = yield* insertShared(level, entry)

    const context = yield* Effect.context<never>()
    const isOpen = Effect.provideContext(isUnderWay(sql), context)
    /** Nothing is called when a transaction is rolled back. The database knows, of a savepoint too, and of a lost COMMIT. */
    const settle = Effect.gen(function* () {
      if (yield* isOpen) return false
      const [row] = yield* ask<{ status: string | null }>("select pg_xact_status($1::text::xid8) as status", [
        String(transaction)
      ])
      if (row?.status === "in progress") return false
      if (row?.status === "aborted") Deferred.doneUnsafe(committed, Effect.succeed(false))
      else commit()
      return true
    })
    const settled = Effect.orElseSucceed(settle, () => false).pipe(
      Effect.repeat({ until: (isSettled) => isSettled, schedule: untilOver }),
      Effect.andThen(Deferred.await(committed))
    )
    return { id, isCommitted: Effect.raceFirst(Deferred.await(committed), settled) }
  })
}

const isOver =
  "the call stands in a transaction that has ended, as in a fiber that was forked in it and outlived it: call before it ends, or fork outside of it"

const isUnheardOf =
  "the call stands in a transaction that `withTransaction` did not begin, so that nobody would say when it is committed"

/** For a statement whose call was interrupted: one that waits for a lock, or for a server that is gone, may never end. */
const patience = "2 seconds"

const untilOver = Schedule.min([Schedule.exponential("10 millis", 1.5), Schedule.spaced("1 second")])
