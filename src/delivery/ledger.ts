import { Duration, Effect, Latch, type Tracer } from "effect"
import type { EncodedMessage } from "../message/encode.ts"
import type { FlushReport } from "./Delivery.ts"
import type { DeliveryError, Outcome } from "./Outcome.ts"
import { PendingReceipt } from "./receipt.ts"

/**
 * An accepted message on the way to its one outcome. A class, because V8 moves the literals of a place in the code to its
 * old generation when many of them have lived long, and there each would keep its JSON after it is sent.
 */
export class Pending implements EncodedMessage {
  readonly messageId: string
  readonly json: string
  readonly bytes: number
  readonly receipt: PendingReceipt
  /** The caller's span, where there is one. */
  readonly link: Tracer.SpanLink | undefined
  /** Messages are numbered in the order in which they are accepted, from 1. */
  readonly number: number
  /** In monotonic milliseconds. */
  readonly acceptedAt: number
  readonly epoch: Epoch

  constructor(
    { messageId, json, bytes }: EncodedMessage,
    link: Tracer.SpanLink | undefined,
    number: number,
    acceptedAt: number,
    epoch: Epoch
  ) {
    this.messageId = messageId
    this.json = json
    this.bytes = bytes
    this.receipt = new PendingReceipt(messageId)
    this.link = link
    this.number = number
    this.acceptedAt = acceptedAt
    this.epoch = epoch
  }
}

/** The messages accepted between one flush and the next. */
interface Epoch {
  isEmpty: boolean
  unsettled: number
  readonly counts: Counts
  /** Of the counts, what a report has told. */
  reported: Counts
  /** The epoch after this one, once this one is sealed: nothing is accepted into it any more. */
  next: Epoch | undefined
  /** Open once each message of this epoch, and of every one before, has an outcome. */
  readonly settled: Latch.Latch
}

type Counts = { [Tag in Outcome["_tag"]]?: number }

/** The account of accepted messages: what became of them, and of how many it is not known yet. */
export interface Ledger {
  readonly accept: (message: EncodedMessage, link: Tracer.SpanLink | undefined, acceptedAt: number) => Pending
  /** Ends the way of messages: delivered, or with a failure. Once for each. */
  readonly settle: (messages: ReadonlyArray<Pending>, failure: DeliveryError | undefined) => void
  /** A latch that opens when everything accepted so far has an outcome. */
  readonly seal: () => Latch.Latch
  /**
   * Seals at once, waits for that and for what comes after, but no longer than so long, and counts the outcomes that no
   * earlier report has counted.
   */
  readonly report: (effect: Effect.Effect<void>, timeout: Duration.Duration) => Effect.Effect<FlushReport>
}

export const makeLedger = (): Ledger => {
  let accepted = 0
  let current = makeEpoch()
  let oldestUnsettled = current
  let oldestUnreported = current
  let lastSealed: Epoch | undefined

  /** Epochs settle in order, so that waiting for one is waiting for all before it. */
  const settleEpochs = (): void => {
    while (oldestUnsettled.next !== undefined && oldestUnsettled.unsettled === 0) {
      const { settled, next } = oldestUnsettled
      oldestUnsettled = next
      // Last: whoever waits may run at once, and ask for the next report.
      settled.openUnsafe()
    }
  }

  /** What is accepted from here on belongs to a new epoch. */
  const seal = (): Epoch => {
    // Whoever asks again and again makes no more of them.
    if (current.isEmpty && lastSealed !== undefined) return lastSealed
    const sealed = current
    lastSealed = sealed
    current = makeEpoch()
    sealed.next = current
    settleEpochs()
    return sealed
  }

  /** What is known of the epochs is told. */
  const markReported = (epochs: Iterable<Epoch>): void => {
    for (const epoch of epochs) epoch.reported = { ...epoch.counts }
    while (
      oldestUnreported !== oldestUnsettled &&
      isReported(oldestUnreported) &&
      oldestUnreported.next !== undefined
    ) {
      oldestUnreported = oldestUnreported.next
    }
  }

  return {
    accept: (message, link, acceptedAt) => {
      current.isEmpty = false
      current.unsettled++
      return new Pending(message, link, ++accepted, acceptedAt, current)
    },

    settle: (messages, failure) => {
      const tag = failure?._tag ?? "Delivered"
      const exit = failure === undefined ? Effect.void : Effect.fail(failure)
      for (const { receipt, epoch } of messages) {
        epoch.counts[tag] = (epoch.counts[tag] ?? 0) + 1
        epoch.unsettled--
        receipt.settle(exit)
      }
      settleEpochs()
    },

    seal: () => seal().settled,

    report: (effect, timeout) => {
      const oldest = oldestUnreported
      const last = seal()
      const epochs = () => epochsFrom(oldest, last)
      const before = total(epochs(), ({ reported }) => reported)
      const settled = Effect.andThen(last.settled.await, effect)
      return (Duration.isFinite(timeout) ? Effect.timeoutOption(settled, timeout) : settled).pipe(
        Effect.map(() => {
          const { Delivered: delivered = 0, ...failed } = combine(
            total(epochs(), ({ counts }) => counts),
            before,
            -1
          )
          const waiting = Array.from(epochs()).reduce((sum, { unsettled }) => sum + unsettled, 0)
          markReported(epochs())
          return { delivered, failed, waiting }
        })
      )
    }
  }
}

const makeEpoch = (): Epoch => ({
  isEmpty: true,
  unsettled: 0,
  counts: {},
  reported: {},
  next: undefined,
  settled: Latch.makeUnsafe(false)
})

function* epochsFrom(first: Epoch, last: Epoch): Iterable<Epoch> {
  for (let epoch: Epoch | undefined = first; epoch !== undefined; epoch = epoch === last ? undefined : epoch.next) {
    yield epoch
  }
}

const total = (epochs: Iterable<Epoch>, countsOf: (epoch: Epoch) => Counts): Counts => {
  let total: Counts = {}
  for (const epoch of epochs) total = combine(total, countsOf(epoch), 1)
  return total
}

const isReported = ({ counts, reported }: Epoch): boolean => tags.every((tag) => counts[tag] === reported[tag])

const tags = ["Delivered", "Rejected", "Unauthorized", "RetriesExhausted", "ShutdownTimeout", "Dropped"] as const

/** Leaves out what comes to nothing. */
const combine = (counts: Counts, others: Counts, sign: 1 | -1): Counts => {
  const combined: Counts = {}
  for (const tag of tags) {
    const count = (counts[tag] ?? 0) + sign * (others[tag] ?? 0)
    if (count !== 0) combined[tag] = count
  }
  return combined
}
