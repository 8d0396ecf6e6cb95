import { Effect, Latch, type Tracer } from "effect"
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
  readonly epoch: Epoch

  constructor({ messageId, json, bytes }: EncodedMessage, link: Tracer.SpanLink | undefined, epoch: Epoch) {
    this.messageId = messageId
    this.json = json
    this.bytes = bytes
    this.receipt = new PendingReceipt(messageId)
    this.link = link
    this.epoch = epoch
  }
}

/** The messages accepted between one flush and the next. */
interface Epoch {
  unsettled: number
  readonly counts: Counts
  /** The epoch after this one, once this one is sealed: nothing is accepted into it any more. */
  next: Epoch | undefined
  /** Open once each message of this epoch, and of every one before, has an outcome. */
  readonly settled: Latch.Latch
  /** The outcomes of this epoch and every one before, once it is settled. */
  totals: Counts
}

type Counts = { [Tag in Outcome["_tag"]]?: number }

/** The account of accepted messages: what became of them, and of how many it is not known yet. */
export interface Ledger {
  readonly accept: (message: EncodedMessage, link: Tracer.SpanLink | undefined) => Pending
  /** Ends the way of messages: delivered, or with a failure. Once for each. */
  readonly settle: (messages: ReadonlyArray<Pending>, failure: DeliveryError | undefined) => void
  /** A latch that opens when everything accepted so far has an outcome. */
  readonly seal: () => Latch.Latch
  /**
   * Seals at once, waits for that and for what comes after, and counts the outcomes that no earlier report has counted.
   */
  readonly reportAfter: (effect: Effect.Effect<void>) => Effect.Effect<FlushReport>
}

export const makeLedger = (): Ledger => {
  let current = makeEpoch()
  let oldestUnsettled = current
  let totals: Counts = {}
  let reported: Counts = {}

  /** Epochs settle in order, so that waiting for one is waiting for all before it. */
  const settleEpochs = (): void => {
    while (oldestUnsettled.next !== undefined && oldestUnsettled.unsettled === 0) {
      const epoch = oldestUnsettled
      oldestUnsettled = oldestUnsettled.next
      totals = combine(totals, epoch.counts, 1)
      epoch.totals = totals
      // Last: whoever waits may run at once, and ask for the next report.
      epoch.settled.openUnsafe()
    }
  }

  /** What is accepted from here on belongs to a new epoch. */
  const seal = (): Epoch => {
    const sealed = current
    current = makeEpoch()
    sealed.next = current
    settleEpochs()
    return sealed
  }

  return {
    accept: (message, link) => {
      current.unsettled++
      return new Pending(message, link, current)
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

    reportAfter: (effect) => {
      const before = reported
      const epoch = seal()
      return Effect.map(Effect.andThen(epoch.settled.await, effect), () => {
        if (sum(epoch.totals) > sum(reported)) reported = epoch.totals
        const { Delivered: delivered = 0, ...failed } = combine(epoch.totals, before, -1)
        return { delivered, failed }
      })
    }
  }
}

const makeEpoch = (): Epoch => ({
  unsettled: 0,
  counts: {},
  next: undefined,
  settled: Latch.makeUnsafe(false),
  totals: {}
})

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

const sum = (counts: Counts): number => tags.reduce((total, tag) => total + (counts[tag] ?? 0), 0)
