import type { DatabaseSync } from "node:sqlite"
import * as Result from "effect/Result"
import type { OutboxUsage } from "../../outbox/OutboxStore.ts"
import { type Fault, faultOf, Refusal } from "./fault.ts"
import { numberIn } from "./row.ts"

/** What every transaction that writes begins with, and leaves for the next one. */
export interface State {
  nextId: number
  messages: number
  bytes: number
}

/** `disk`: it is there when the machine has lost its power. `process`: when the process was killed. */
export type Durability = "disk" | "process"

export interface Transactions {
  /** What waits is read where it is asked for. */
  readonly read: <A>(work: (usage: () => OutboxUsage) => A) => Result.Result<A, Fault>
  /** `mayPutOff`: what is done beside may be done later. */
  readonly write: <A>(durability: Durability, work: (state: State) => A, mayPutOff?: boolean) => Result.Result<A, Fault>
  readonly usage: () => OutboxUsage
}

/** What other processes commit is known this much later. */
const usageMillis = 1000

/** What every transaction that writes does beside its own work. */
export interface Beside {
  readonly work: (state: State) => void
  /** There is enough of it. */
  readonly isDue: () => boolean
  /** It is committed. */
  readonly done: () => void
  /** What it is going to take away. */
  readonly pending: () => OutboxUsage
}

/** `isInPlace`: whether the file is still where it was opened. */
export const makeTransactions = (database: DatabaseSync, isInPlace: () => boolean, beside: Beside): Transactions => {
  const begin = database.prepare("begin")
  const beginImmediate = database.prepare("begin immediate")
  const commit = database.prepare("commit")
  const select = database.prepare("select next_id, messages, bytes from state")
  const update = database.prepare("update state set next_id = ?, messages = ?, bytes = ?")

  const load = (): State => {
    const row = select.get()
    return { nextId: numberIn(row, "next_id"), messages: numberIn(row, "messages"), bytes: numberIn(row, "bytes") }
  }

  let known: OutboxUsage = { messages: 0, bytes: 0 }
  let knownSince = 0
  const know = ({ bytes, messages }: OutboxUsage): OutboxUsage => {
    knownSince = performance.now()
    known = { messages, bytes }
    return known
  }
  know(load())

  const attempt = <A>(transaction: () => A): Result.Result<A, Fault> => {
    try {
      return Result.succeed(transaction())
    } catch (cause) {
      rollback()
      return Result.fail(faultOf(cause))
    }
  }

  const rollback = (): void => {
    try {
      if (database.isOpen && database.isTransaction) database.exec("rollback")
    } catch {
      // What failed is told, and the next transaction says whether that is over.
    }
  }

  let durability: Durability | undefined
  /** A commit that is not synced is, with the next one that is: they are in one file, in order. */
  const setDurability = (wanted: Durability): void => {
    if (wanted === durability) return
    database.exec(`pragma synchronous = ${wanted === "disk" ? "full" : "normal"}`)
    durability = wanted
  }

  let lookedAt = performance.now()
  /** What is written to a file that has no name any more is gone with the process; SQLite does not look. */
  const look = (): void => {
    if (performance.now() - lookedAt < usageMillis) return
    if (!isInPlace()) throw new Refusal("Unavailable", "its file was deleted or replaced while it was open")
    lookedAt = performance.now()
  }

  return {
    read: (work) =>
      attempt(() => {
        begin.run()
        const value = work(() => know(load()))
        commit.run()
        return value
      }),
    write: (wanted, work, mayPutOff = false) =>
      attempt(() => {
        look()
        setDurability(wanted)
        beginImmediate.run()
        const before = load()
        const state = { ...before }
        const isBeside = !mayPutOff || beside.isDue()
        if (isBeside) beside.work(state)
        const value = work(state)
        if (state.nextId !== before.nextId || state.messages !== before.messages) {
          update.run(state.nextId, state.messages, state.bytes)
        }
        commit.run()
        if (isBeside) beside.done()
        know(state)
        return value
      }),
    usage: () => {
      if (performance.now() - knownSince > usageMillis) {
        const result = attempt(load)
        // It is asked again in a second, whatever the answer.
        know(Result.getOrElse(result, () => known))
      }
      const { messages, bytes } = beside.pending()
      return { messages: Math.max(0, known.messages - messages), bytes: Math.max(0, known.bytes - bytes) }
    }
  }
}
