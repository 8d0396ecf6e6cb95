/**
 * What the simulator remembers of what it received.
 *
 * @since 0.1.0
 */

import type { Refusal, WireObject } from "../protocol/WireMessage.ts"
import type { Fault } from "./Fault.ts"
import type { PlanVerdict } from "./PlanReport.ts"

/**
 * A request, as it came and as it was answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceivedRequest {
  /** Counts requests from 1. */
  readonly id: number
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** Such as `POST`. */
  readonly method: string
  /** Cut to 1,000 characters. */
  readonly path: string
  /** At most 100, values cut to 1,000 characters. What authenticates is masked: the key in `authorization`, and cookies. */
  readonly headers: { readonly [name: string]: string }
  /** Bytes of the body as it arrived. */
  readonly bytes: number
  /** Bytes of the body, uncompressed. */
  readonly uncompressedBytes: number
  /** Whether it was answered in strict mode. */
  readonly isStrict: boolean
  /** `X-Retry-Count`. */
  readonly retryCount: number
  /** Messages in the body. */
  readonly messages: number
  /** The answer's status; absent where a fault left the request without an answer. */
  readonly status?: number
  /** Why the request as a whole was refused, or why messages in it were: of those the first 20. */
  readonly reason?: string
  /** Its body is cut to 1,000 characters. */
  readonly fault?: Fault
  /** Milliseconds until the answer was ready. */
  readonly latency: number
}

/**
 * A message, with what the simulator made of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceivedEvent {
  /** Counts events from 1. */
  readonly id: number
  /** `id` of the request that it came in. */
  readonly requestId: number
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /**
   * As stored: with the envelope's context where it had none, `receivedAt` and `originalTimestamp`. Of one that was refused
   * because it, or its batch with the context in each message, is too large or too deep, only what names it is kept: its
   * type, event and ids, cut to 100 characters.
   */
  readonly message: WireObject
  /** Bytes of its JSON as it arrived. */
  readonly bytes: number
  /** `duplicate`: its `messageId` was known, and it changed nothing. */
  readonly verdict: "accepted" | "duplicate" | "refused"
  /** Why and where it was refused. */
  readonly refusal?: Refusal
  /** Why it was accepted and yet changed nobody, that it was perhaps meant to be another, or that not all of it is kept. */
  readonly note?: string
  /** What an event did that Customer.io reads specially, such as `person deleted`: one of `SemanticEvents.names`. */
  readonly effect?: string
  /**
   * What the plan says of it, where there is one. It says nothing of an `alias`, of the events that Customer.io reads
   * specially, and of messages that are no messages.
   */
  readonly plan?: PlanVerdict
}

/** What is kept at most. */
export interface KeepLimits {
  readonly items: number
  /** About, in memory and as JSON. */
  readonly bytes: number
}

/** The newest items, and how many older ones made room for them. */
export interface Newest<A> {
  readonly add: (item: A, bytes: number) => void
  /**
   * Puts another in the place of each item that is kept now, one at a time, oldest first. In between some may make room, and
   * others come, which are left as they are.
   */
  readonly replace: (change: (item: A, bytes: number) => { readonly item: A; readonly bytes: number }) => Iterable<void>
  readonly oldest: () => A | undefined
  readonly drop: () => void
  /** Oldest first. */
  readonly all: () => ReadonlyArray<A>
  readonly dropped: () => number
  readonly clear: () => void
}

/** The newest one is there whatever it takes. */
export const makeNewest = <A>(most: KeepLimits, onDropped: (item: A) => void = () => {}): Newest<A> => {
  // By a number that counts up, so that the oldest one is found without a search.
  const kept = new Map<number, { readonly item: A; readonly bytes: number }>()
  let next = 0
  let bytes = 0
  let dropped = 0

  const oldest = () => kept.get(next - kept.size)

  const drop = (): void => {
    const entry = oldest()
    if (entry === undefined) return
    kept.delete(next - kept.size)
    bytes -= entry.bytes
    dropped++
    onDropped(entry.item)
  }

  const makeRoom = (): void => {
    while (kept.size > most.items || (bytes > most.bytes && kept.size > 1)) drop()
  }

  return {
    add: (item, itemBytes) => {
      kept.set(next++, { item, bytes: itemBytes })
      bytes += itemBytes
      makeRoom()
    },
    *replace(change) {
      for (const place of [...kept.keys()]) {
        const entry = kept.get(place)
        if (entry === undefined) continue
        const changed = change(entry.item, entry.bytes)
        kept.set(place, changed)
        bytes += changed.bytes - entry.bytes
        makeRoom()
        yield
      }
    },
    oldest: () => oldest()?.item,
    drop,
    all: () => Array.from(kept.values(), ({ item }) => item),
    dropped: () => dropped,
    clear: () => {
      kept.clear()
      bytes = 0
      dropped = 0
    }
  }
}
