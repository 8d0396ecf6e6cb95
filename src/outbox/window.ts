import type { Pending } from "../delivery/ledger.ts"
import { lanes } from "../pipeline/lane.ts"
import type { Store } from "../pipeline/Store.ts"
import type { FetchedLane, KeptMessage } from "./OutboxStore.ts"

/** A message that the relay has at hand. */
export interface Held {
  readonly kept: KeptMessage
  /** Of the lease under which it was fetched. */
  readonly term: number
  /** When it was first tried, by whichever relay, in monotonic milliseconds. */
  triedAt: number | undefined
  /** Whether the database knows that. */
  isMarked: boolean
  /** It is in a batch. */
  isTaken: boolean
  /** It was sent again when the server may not have known it any more. */
  isResent: boolean
}

/** What the relay has of a lane. */
class Lane {
  size = 0
  /** How many of them are in a batch. */
  taken = 0
  /** How often some of them were dropped: what was read before that is not to be put in. */
  drops = 0
  /** All that was committed up to here, where ids are in the order of commits, is settled or at hand. */
  floor = 0
}

/**
 * The next messages of each lane. Here they are only looked at: what is not settled stays in the database, and is fetched
 * again where it is dropped.
 */
export class Window {
  #taken = 0
  #settled = new Set<number>()
  /** By their ids. */
  readonly #held = new Map<number, Held>()
  readonly #lanes = Array.from({ length: lanes }, () => new Lane())
  /** Whether a lane waits until its messages in a batch have their outcome. */
  readonly #isOrdered: boolean

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered
  }

  #lane(lane: number): Lane {
    // A lane of the database is in range, or is none of ours.
    return this.#lanes[lane] ?? new Lane()
  }

  has({ id }: KeptMessage): boolean {
    return this.#held.has(id)
  }

  add(held: Held): void {
    const { id, lane: number } = held.kept
    const lane = this.#lane(number)
    lane.size++
    if (id > lane.floor) lane.floor = id
    this.#held.set(id, held)
  }

  heldOf({ number }: Pending): Held | undefined {
    return this.#held.get(number)
  }

  /** It is in a batch. */
  take(message: Pending): Held | undefined {
    const held = this.heldOf(message)
    if (held !== undefined && !held.isTaken) {
      held.isTaken = true
      this.#lane(held.kept.lane).taken++
      this.#taken++
    }
    return held
  }

  /** Those that are in a batch. */
  tried(): ReadonlyArray<Held> {
    return [...this.#held.values()].filter(({ isTaken }) => isTaken)
  }

  /** The ids of what is settled from now on, until it is called again. */
  watchSettled(): ReadonlySet<number> {
    this.#settled = new Set()
    return this.#settled
  }

  /** They are settled. */
  settle(messages: ReadonlyArray<Pending>): void {
    for (const message of messages) {
      this.#settled.add(message.number)
      this.#leave(message)
    }
  }

  /** They are not at hand any more, and are to be fetched again. */
  drop(messages: ReadonlyArray<Pending>): void {
    for (const message of messages) {
      const lane = this.heldOf(message)?.kept.lane
      this.#leave(message)
      if (lane !== undefined) this.forget([lane])
    }
  }

  /** What is committed of these lanes is to be fetched again. */
  forget(lanes: Iterable<number>): void {
    for (const number of lanes) {
      const lane = this.#lane(number)
      lane.floor = 0
      lane.drops++
    }
  }

  #leave(message: Pending): void {
    const held = this.heldOf(message)
    if (held === undefined) return
    this.#held.delete(message.number)
    const lane = this.#lane(held.kept.lane)
    lane.size--
    if (held.isTaken) {
      lane.taken--
      this.#taken--
    }
  }

  /** Of these lanes, those of which more messages may be taken in. */
  wanting(of: ReadonlyArray<number>, perLane: number): ReadonlyArray<FetchedLane> {
    return of.flatMap((lane) => {
      const { size, taken, floor } = this.#lane(lane)
      return (this.#isOrdered && taken > 0) || size >= perLane ? [] : [{ lane, after: floor }]
    })
  }

  /** How often messages of a lane were dropped so far. */
  dropsOf(lane: number): number {
    return this.#lane(lane).drops
  }

  /** Whether there is one with this id or a smaller one. */
  hasUpTo(id: number): boolean {
    for (const held of this.#held.keys()) if (held <= id) return true
    return false
  }

  /** How many are at hand, and in no batch. */
  get untaken(): number {
    return this.#held.size - this.#taken
  }

  busy(): ReadonlyArray<number> {
    return this.#lanes.flatMap(({ taken }, lane) => (taken > 0 ? [lane] : []))
  }
}

/** The store of the pipeline, which says what becomes of a batch. */
export const watch = (
  store: Store,
  mayTake: () => boolean,
  onTaken: (messages: ReadonlyArray<Pending>) => void,
  onBack: (messages: ReadonlyArray<Pending>) => void
): Store => ({
  ...store,
  next: (now) => {
    const batch = mayTake() ? store.next(now) : undefined
    if (batch !== undefined) onTaken(batch.messages)
    return batch
  },
  back: (batches) => {
    store.back(batches)
    for (const { messages } of batches) onBack(messages)
  }
})
