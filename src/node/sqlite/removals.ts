// @effect-diagnostics globalTimers:off - a timer of Effect's keeps the process alive
import { AsyncLocalStorage } from "node:async_hooks"
import type { KeptMessage, OutboxUsage } from "../../outbox/OutboxStore.ts"

/** Deleting is for many requests: it is in nobody's asynchronous context. */
const detach = AsyncLocalStorage.snapshot()

const longestWait = 50

const enough = 1000

/** A relay goes on no further than so many before the database does. */
const most = 4000

/**
 * What was delivered, and is to be deleted with the next transaction, or soon. The messages of one request are of a few lanes,
 * and on as many pages as there are messages; those of many requests fill these pages. What is not deleted when the process is
 * killed is sent again.
 */
export class Removals {
  /** By their ids, for whom each is deleted, and its bytes. */
  readonly #waiting = new Map<number, { readonly relay: string; readonly bytes: number }>()
  /** Those that the present transaction deletes, or the last one that did. */
  #deleting: ReadonlySet<number> = new Set()
  #deleted: ReadonlySet<number> = new Set()
  readonly #removeAll: () => void
  /** Until they are deleted, or could not be: they are tried once at a time. */
  #timer: ReturnType<typeof setTimeout> | undefined
  #bytes = 0
  #hasFailed = false

  /** `removeAll` is a transaction that has nothing else to do, and after which one of `clear` and `fail` is called. */
  constructor(removeAll: () => void) {
    this.#removeAll = removeAll
  }

  get usage(): OutboxUsage {
    return { messages: this.#waiting.size, bytes: this.#bytes }
  }

  /** To be deleted with what is written anyway. */
  get areEnough(): boolean {
    return this.#waiting.size >= enough
  }

  /** Others are to wait for a transaction. */
  get areBehind(): boolean {
    return this.#hasFailed || this.#waiting.size >= most
  }

  has(id: number): boolean {
    return this.#waiting.has(id)
  }

  /** It is deleted, or to be. */
  knows(id: number): boolean {
    return this.#waiting.has(id) || this.#deleted.has(id)
  }

  add(relay: string, messages: ReadonlyArray<KeptMessage>): void {
    for (const { id, bytes } of messages) {
      if (this.#waiting.has(id)) continue
      this.#waiting.set(id, { relay, bytes })
      this.#bytes += bytes
    }
    this.#timer ??= detach(() => setTimeout(this.#removeAll, longestWait).unref())
  }

  /** As they stand on the disk: the first id and the last of those without another between them. */
  runs(isOf: (relay: string) => boolean): ReadonlyArray<readonly [first: number, last: number]> {
    const relays = new Map<string, boolean>()
    const isRemoved = (relay: string): boolean => {
      const known = relays.get(relay) ?? isOf(relay)
      relays.set(relay, known)
      return known
    }
    const ids = Array.from(this.#waiting.keys()).sort((one, other) => one - other)
    const deleting = new Set<number>()
    const runs: Array<[number, number]> = []
    let run: [number, number] | undefined
    for (const id of ids) {
      if (!isRemoved(this.#waiting.get(id)?.relay ?? "")) continue
      deleting.add(id)
      if (run !== undefined && run[1] === id - 1) run[1] = id
      else {
        run = [id, id]
        runs.push(run)
      }
    }
    this.#deleting = deleting
    return runs
  }

  /** They are deleted, or somebody else's now. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.size > 0) this.#deleted = this.#deleting
    this.#waiting.clear()
    this.#bytes = 0
    this.#hasFailed = false
  }

  /** They could not be deleted, and are to be with the next transaction that can. */
  fail(): void {
    this.#timer = undefined
    this.#hasFailed = true
  }
}
