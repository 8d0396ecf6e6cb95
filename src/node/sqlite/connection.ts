import { existsSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { type DeadLetterTable, makeDeadLetterTable } from "./deadLetters.ts"
import { type Fault, faultOf, Refusal } from "./fault.ts"
import { type GroupCommit, makeGroupCommit } from "./groupCommit.ts"
import { type LeaseTable, makeLeaseTable } from "./leases.ts"
import { type MessageTable, makeMessageTable } from "./messages.ts"
import { openFile, type Sqlite } from "./openFile.ts"
import { patiently, persist } from "./patience.ts"
import { Removals } from "./removals.ts"
import { makeTransactions, type Transactions } from "./transactions.ts"

/** A file that is open in this process, for all that use it here. */
export interface Connection {
  readonly transactions: Transactions
  readonly groupCommit: GroupCommit
  readonly messages: MessageTable
  readonly removals: Removals
  readonly deadLetters: DeadLetterTable
  readonly leases: LeaseTable
  /** Called when something was committed that waits. */
  readonly listeners: Set<() => void>
  /** Bytes on the disk. */
  readonly size: () => number
  /**
   * Work whose deletions overwrite also whole pages. Those of what was delivered are overwritten when they are used again:
   * until then nothing else would write them.
   */
  readonly overwriting: <A>(work: () => A) => A
  /** Empties the log, where what was deleted is still to be read; while somebody else reads it, that is for later. */
  readonly emptyLog: () => void
  readonly close: () => void
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

const connect = (sqlite: Sqlite, path: string): Connection => {
  const database = openFile(sqlite, path)
  try {
    const listeners = new Set<() => void>()
    const messages = makeMessageTable(database)
    const leases = makeLeaseTable(database)
    const removals: Removals = new Removals(() =>
      persist(
        () => transactions.write("process", () => {}),
        (result) => {
          if (Result.isFailure(result)) removals.fail()
        }
      )
    )
    const { dev, ino } = statSync(path)
    const isInPlace = (): boolean => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat?.ino === ino && stat.dev === dev
    }
    const transactions = makeTransactions(database, isInPlace, {
      work: (state) => {
        for (const [first, last] of removals.runs(leases.isOf)) messages.removeRun(state, first, last)
      },
      isDue: () => removals.areEnough,
      done: () => removals.clear(),
      pending: () => removals.usage
    })
    const groupCommit = makeGroupCommit(database, transactions, () => {
      for (const listener of listeners) listener()
    })
    return {
      transactions,
      groupCommit,
      messages,
      removals,
      deadLetters: makeDeadLetterTable(database),
      leases,
      listeners,
      size: () => sizeOf(path) + sizeOf(`${path}-wal`),
      overwriting: (work) => {
        database.exec("pragma secure_delete = on")
        try {
          return work()
        } finally {
          database.exec("pragma secure_delete = fast")
        }
      },
      emptyLog: () => {
        try {
          database.exec("pragma wal_checkpoint(truncate)")
        } catch {
          // What is deleted is: the log is emptied when it is full, or closed.
        }
      },
      close: () => {
        // What cannot be deleted now is sent again.
        if (removals.usage.messages > 0) transactions.write("process", () => {})
        removals.clear()
        database.close()
      }
    }
  } catch (cause) {
    database.close()
    throw cause
  }
}

interface Shared {
  readonly connection: Connection
  users: number
}

/** By their real paths. */
const open = new Map<string, Shared>()

const realPath = (filename: string): string => {
  const path = resolve(filename)
  try {
    return realpathSync(path)
  } catch {
    if (!existsSync(dirname(path))) throw new Refusal("Unavailable", "its folder does not exist")
    return join(realpathSync(dirname(path)), basename(path))
  }
}

const share = (sqlite: Sqlite, path: string): Shared => {
  const shared = open.get(path) ?? { connection: connect(sqlite, path), users: 0 }
  open.set(path, shared)
  shared.users++
  return shared
}

/** Opens the file, or uses what is open of it, until the scope closes; what is being committed then is. */
export const acquire = (sqlite: Sqlite, filename: string): Effect.Effect<Connection, Fault, Scope.Scope> =>
  Effect.acquireRelease(
    patiently(() => {
      try {
        const path = realPath(filename)
        return Result.succeed({ path, shared: share(sqlite, path) })
      } catch (cause) {
        return Result.fail(faultOf(cause))
      }
    }),
    ({ path, shared }) =>
      Effect.andThen(shared.connection.groupCommit.settled, () =>
        Effect.sync(() => {
          if (--shared.users > 0) return
          open.delete(path)
          shared.connection.close()
        })
      )
  ).pipe(Effect.map(({ shared }) => shared.connection))
