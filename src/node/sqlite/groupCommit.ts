import { AsyncLocalStorage } from "node:async_hooks"
import type { DatabaseSync } from "node:sqlite"
import { setImmediate } from "node:timers"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { Appended, NewMessage } from "../../outbox/OutboxStore.ts"
import type { OutboxError } from "../../pipeline/CallError.ts"
import { errorOf, type Fault, faultOf, isOfStatement } from "./fault.ts"
import { persist } from "./patience.ts"
import type { Durability, State, Transactions } from "./transactions.ts"

/** A commit is for many calls: it is in nobody's asynchronous context. */
const detach = AsyncLocalStorage.snapshot()

/** Whoever opened the file: it may be open more than once. */
interface Opener {
  readonly filename: string
  readonly durability: Durability
  /** The wall clock. */
  readonly now: () => number
}

interface Entry {
  readonly message: NewMessage
  readonly acceptedAt: number
  readonly opener: Opener
  readonly onCommit: () => void
  id: number
  fault: Fault | undefined
}

interface Batch {
  readonly entries: Array<Entry>
  /** Each caller goes on from here in its own asynchronous context. */
  readonly done: Promise<void>
  readonly finish: () => void
  durability: Durability
}

const isCommitted = Effect.succeed(true)

const exitOf = ({ fault, id, message, opener }: Entry): Exit.Exit<Appended, OutboxError> =>
  fault === undefined ? Exit.succeed({ id, isCommitted }) : Exit.fail(errorOf(opener.filename, fault, message.type))

export interface GroupCommit {
  readonly append: (message: NewMessage, opener: Opener, onCommit: () => void) => Effect.Effect<Appended, OutboxError>
  /** Waits for what is being committed. */
  readonly settled: Effect.Effect<void>
}

/** All that is appended in one turn of the event loop, or while somebody else is writing, shares a transaction. */
export const makeGroupCommit = (
  database: DatabaseSync,
  transactions: Transactions,
  onCommit: () => void
): GroupCommit => {
  const insert = database.prepare("insert into message values (?, ?, ?, ?, ?, ?, ?)")
  let batch: Batch | undefined

  const insertEntry = (state: State, entry: Entry): void => {
    const { lane, type, messageId, json, bytes } = entry.message
    try {
      insert.run(state.nextId, lane, type, messageId, json, bytes, entry.acceptedAt)
    } catch (cause) {
      const fault = faultOf(cause)
      if (!isOfStatement(fault)) throw cause
      entry.fault = fault
      return
    }
    entry.fault = undefined
    entry.id = state.nextId++
    state.messages++
    state.bytes += bytes
  }

  const commit = (current: Batch): void => {
    persist(
      () =>
        transactions.write(
          current.durability,
          (state) => {
            for (const entry of current.entries) insertEntry(state, entry)
          },
          true
        ),
      (result) => {
        batch = undefined
        for (const entry of current.entries) {
          if (Result.isFailure(result)) entry.fault = result.failure
          else if (entry.fault === undefined) entry.onCommit()
        }
        current.finish()
        if (Result.isSuccess(result)) onCommit()
      }
    )
  }

  const begin = (): Batch => {
    let finish = () => {}
    const done = new Promise<void>((resolve) => {
      finish = resolve
    })
    const current: Batch = { entries: [], done, finish, durability: "process" }
    detach(() => setImmediate(() => commit(current)))
    return current
  }

  return {
    append: (message, opener, onCommit) =>
      Effect.callback((resume) => {
        batch ??= begin()
        const entry: Entry = { message, acceptedAt: opener.now(), opener, onCommit, id: 0, fault: undefined }
        batch.entries.push(entry)
        if (opener.durability === "disk") batch.durability = "disk"
        void batch.done.then(() => resume(exitOf(entry)))
      }),
    settled: Effect.suspend(() => {
      const current = batch
      return current === undefined ? Effect.void : Effect.promise(() => current.done)
    })
  }
}
