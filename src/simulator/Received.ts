/**
 * What the simulator remembers of what it received.
 *
 * @since 0.1.0
 */

import type { Refusal, WireObject } from "../protocol/WireMessage.ts"
import type { Fault } from "./Fault.ts"

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
  readonly method: string
  readonly path: string
  /** The key in `authorization` is masked. */
  readonly headers: { readonly [name: string]: string }
  /** Bytes of the body as it arrived. */
  readonly bytes: number
  /** Bytes of the body, uncompressed. */
  readonly uncompressedBytes: number
  readonly isStrict: boolean
  /** `X-Retry-Count`. */
  readonly retryCount: number
  /** Messages in the body. */
  readonly messages: number
  /** The answer's status; absent where a fault left the request without an answer. */
  readonly status?: number
  /** Why the request as a whole was refused. */
  readonly reason?: string
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
  readonly requestId: number
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** As stored: with the envelope's context where it had none, `receivedAt` and `originalTimestamp`. */
  readonly message: WireObject
  /** Bytes of its JSON as it arrived. */
  readonly bytes: number
  readonly verdict: "accepted" | "duplicate" | "refused"
  /** Why and where it was refused. */
  readonly refusal?: Refusal
  /** Why it was accepted and yet changed nobody. */
  readonly note?: string
}

/** The newest `capacity` items, and how many older ones made room for them. */
export const makeNewest = <A>(capacity: number) => {
  // A ring: from `start`, wrapping around.
  const ring: Array<A> = []
  let start = 0
  let dropped = 0
  return {
    add: (item: A): void => {
      if (ring.length < capacity) {
        ring.push(item)
        return
      }
      ring[start] = item
      start = (start + 1) % capacity
      dropped++
    },
    /** Oldest first. */
    all: (): ReadonlyArray<A> => [...ring.slice(start), ...ring.slice(0, start)],
    dropped: (): number => dropped,
    clear: (): void => {
      ring.length = 0
      start = 0
      dropped = 0
    }
  }
}
