import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import type { OutboxError } from "../../pipeline/CallError.ts"
import { makeRunDetached } from "../../time/detached.ts"
import type { Appended, NewMessage } from "../OutboxStore.ts"
import { withinSeconds } from "./ask.ts"
import { type Fail, isDisconnected, isUnknown } from "./failure.ts"
import type { Insert } from "./insert.ts"

interface Waiting {
  readonly message: NewMessage
  readonly onCommit: () => void
  readonly resume: (appended: Effect.Effect<Appended, OutboxError>) => void
}

/** Of one statement. */
const maxMessages = 500
const maxBytes = 2 ** 20
/** So many statements are under way at once: while the database writes to its disk, the next one is sent. */
const maxStatements = 2

/**
 * Commits messages that are in no transaction of their caller's. What is called while a statement is under way shares the next
 * one: its commit is written to the disk once for all of them, and calls take two connections, however many there are.
 */
export const makeAppendAlone = Effect.fnUntraced(function* (
  insert: Insert,
  fail: Fail,
  onCommitted: (message: NewMessage) => void
) {
  const run = yield* makeRunDetached
  let waiting: Array<Waiting> = []
  let statements = 0
  const whenIdle: Array<() => void> = []

  const takeBatch = (): ReadonlyArray<Waiting> => {
    let bytes = 0
    const end = waiting.findIndex(({ message }, index) => {
      bytes += message.bytes
      return index === maxMessages || (index > 0 && bytes > maxBytes)
    })
    const batch = end === -1 ? waiting : waiting.slice(0, end)
    waiting = waiting.slice(batch.length)
    return batch
  }

  const commit = (batch: ReadonlyArray<Waiting>): Effect.Effect<void> => {
    const insertion = insert(batch.map(({ message }) => message))
    return insertion.pipe(
      // What may have been committed is written again: the server knows its `messageId`.
      Effect.catchIf(isUnknown, () => Effect.retry(insertion, { while: isDisconnected, schedule: forSeconds })),
      Effect.mapError(fail.of),
      withinSeconds(30, fail),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          for (const [index, { message, onCommit, resume }] of batch.entries()) {
            if (Exit.isSuccess(exit)) {
              onCommitted(message)
              onCommit()
              resume(Effect.succeed({ id: exit.value.ids[index] ?? 0, isCommitted: Effect.succeed(true) }))
            } else if (Exit.hasInterrupts(exit)) {
              resume(Effect.fail(fail.unavailable("the client was closed while it was written")))
            } else {
              resume(Effect.failCause(exit.cause))
            }
          }
        })
      ),
      Effect.exit,
      Effect.asVoid
    )
  }

  const work = Effect.gen(function* () {
    // Until all that is called in this turn is there.
    yield* Effect.yieldNow
    while (waiting.length > 0) yield* commit(takeBatch())
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        statements--
        // Called since it was looked for the last time.
        if (waiting.length > 0) start()
        else if (statements === 0) for (const resume of whenIdle.splice(0)) resume()
      })
    )
  )

  const start = (): void => {
    statements++
    run(work)
  }

  // Calls that are under way are committed, if that takes no longer than a statement may be tried again.
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      if (statements === 0) resume(Effect.void)
      else whenIdle.push(() => resume(Effect.void))
    }).pipe(Effect.interruptible, Effect.timeoutOption("6 seconds"))
  )

  return (message: NewMessage, onCommit: () => void): Effect.Effect<Appended, OutboxError> =>
    Effect.callback((resume) => {
      const entry = { message, onCommit, resume }
      waiting.push(entry)
      if (statements < maxStatements) start()
      return Effect.sync(() => {
        waiting = waiting.filter((other) => other !== entry)
      })
    })
})

const forSeconds = Schedule.upTo(Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("500 millis")]), {
  duration: "5 seconds"
})
