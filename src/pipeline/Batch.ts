import type { Pending } from "../delivery/ledger.ts"
import type { Sent } from "../delivery/settlement.ts"
import type { FlushCause } from "../telemetry/metrics.ts"
import type { Place } from "../transport/Attempt.ts"
import { Suspicion } from "./Suspicion.ts"
import { Trial } from "./Trial.ts"
import { takeThose } from "./takeThose.ts"

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
  readonly place: Place

  constructor(root: number, startedAt: number, messages: Array<Pending> = [], bytes = 0, first = 0, end = 1) {
    this.root = root
    this.startedAt = startedAt
    this.messages = messages
    this.bytes = bytes
    this.place = { root, first, end }
  }

  add(message: Pending): void {
    this.messages.push(message)
    this.bytes += message.bytes
  }

  /** Batches in the order of their messages. */
  get order(): number {
    return this.messages[0]?.number ?? 0
  }

  get isSeveral(): boolean {
    return this.messages.length > 1
  }

  /** Takes out the first messages; what was tried, they were in it. */
  takeFirst(count: number): Batch {
    const { first, end } = this.place
    const piece = this.#pieceOf(this.messages.splice(0, count), first, end)
    this.bytes -= piece.bytes
    return piece
  }

  #pieceOf(messages: Array<Pending>, first: number, end: number): Batch {
    const bytes = messages.reduce((total, message) => total + message.bytes, 0)
    const piece = new Batch(this.root, this.startedAt, messages, bytes, first, end)
    piece.cause = this.cause
    piece.id = this.id
    piece.requests = this.requests
    return piece
  }

  /** Takes these out. */
  takeThose(isTaken: (message: Pending) => boolean): ReadonlyArray<Pending> {
    const taken = takeThose(this.messages, isTaken)
    for (const { bytes } of taken) this.bytes -= bytes
    return taken
  }

  /** How many of its messages were accepted no later than this: the first ones. */
  countAcceptedBy(time: number): number {
    const kept = this.messages.findIndex(({ acceptedAt }) => acceptedAt > time)
    return kept < 0 ? this.messages.length : kept
  }

  /** Two pieces that begin anew: half of the lanes each, where there are several, so that neither waits for the other. */
  halve(): readonly [Batch, Batch] {
    const lanes = [...new Set(this.messages.map(({ lane }) => lane))]
    const oldest = new Set(lanes.slice(0, Math.ceil(lanes.length / 2)))
    const half = Math.ceil(this.messages.length / 2)
    const isFirst = ({ lane }: Pending, index: number) => (lanes.length > 1 ? oldest.has(lane) : index < half)
    const isSecond = (message: Pending, index: number) => !isFirst(message, index)
    const { first, end } = this.place
    const middle = (first + end) / 2
    return [
      this.#pieceOf(this.messages.filter(isFirst), first, middle),
      this.#pieceOf(this.messages.filter(isSecond), middle, end)
    ]
  }
}

/** As it is settled. */
export const sentOf = ({ id, messages, bytes }: Batch): Sent => ({ batchId: id, messages, bytes })

export const messagesOf = (batches: Iterable<Batch>): ReadonlyArray<Pending> =>
  Array.from(batches).flatMap(({ messages }) => messages)
