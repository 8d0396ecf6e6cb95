import type { Pending } from "../delivery/ledger.ts"
import type { Sent } from "../delivery/settlement.ts"
import type { FlushCause } from "../telemetry/metrics.ts"
import type { Place } from "../transport/Attempt.ts"
import { Suspicion } from "./Suspicion.ts"
import { Trial } from "./Trial.ts"

/** Messages that leave in one request, and what is known of its attempts. */
export class Batch {
  readonly messages: Array<Pending>
  /** Of the messages, without the commas between them. */
  bytes: number
  /** When its first message came, in monotonic milliseconds. */
  readonly startedAt: number
  /** What made it ready to leave. Until a request has room for it, it takes in more. */
  cause: FlushCause | undefined = undefined
  /** The batch behind it, while both were never tried. */
  next: Batch | undefined = undefined
  /** The batch that it is a piece of, or itself; they are numbered from 1. */
  readonly root: number
  /** The number under which it is sent; of a piece that was not, that of the batch that it was in. */
  id = 0
  isInRequest = false
  /** Attempts of just these messages. */
  attempts = 0
  /** Attempts, with those of the batches that it is a piece of. */
  requests = 0
  /** When it was last tried, and from when it may be tried again, in monotonic milliseconds. */
  triedAt = 0
  notBefore = 0
  readonly suspicion = new Suspicion()
  readonly trial = new Trial()
  /** In a lane, those behind it go first. */
  isPassed = false

  constructor(root: number, startedAt: number, messages: Array<Pending> = [], bytes = 0) {
    this.root = root
    this.startedAt = startedAt
    this.messages = messages
    this.bytes = bytes
  }

  add(message: Pending): void {
    this.messages.push(message)
    this.bytes += message.bytes
  }

  /** Batches in the order of their messages. */
  get order(): number {
    return this.messages[0]?.number ?? 0
  }

  get place(): Place {
    return { root: this.root, first: this.order, last: this.messages.at(-1)?.number ?? 0 }
  }

  get isSeveral(): boolean {
    return this.messages.length > 1
  }

  /** Takes out the first messages; what was tried, they were in it. */
  takeFirst(count: number): Batch {
    const messages = this.messages.splice(0, count)
    const bytes = messages.reduce((total, message) => total + message.bytes, 0)
    this.bytes -= bytes
    const first = new Batch(this.root, this.startedAt, messages, bytes)
    first.cause = this.cause
    first.id = this.id
    first.requests = this.requests
    return first
  }

  /** How many of its messages were accepted no later than this: the first ones. */
  countAcceptedBy(time: number): number {
    const kept = this.messages.findIndex(({ acceptedAt }) => acceptedAt > time)
    return kept < 0 ? this.messages.length : kept
  }

  /** Two pieces that begin anew. */
  halve(): readonly [Batch, Batch] {
    const first = this.takeFirst(Math.ceil(this.messages.length / 2))
    return [first, this.takeFirst(this.messages.length)]
  }
}

/** As it is settled. */
export const sentOf = ({ id, messages, bytes }: Batch): Sent => ({ batchId: id, messages, bytes })

export const messagesOf = (batches: Iterable<Batch>): ReadonlyArray<Pending> =>
  Array.from(batches).flatMap(({ messages }) => messages)
