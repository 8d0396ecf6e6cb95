import { Effect, Latch, type Tracer } from "effect"
import type { DeliveryError } from "../AnalyticsError.ts"
import type { FlushReport, Outcome } from "../Delivery.ts"
import type { EncodedMessage } from "./encode.ts"
import { type InLine, makeLine } from "./line.ts"
import { PendingReceipt } from "./receipt.ts"

/** An accepted message on the way to its one outcome. */
export interface Pending extends InLine<Pending> {
  readonly message: EncodedMessage
  readonly receipt: PendingReceipt
  /** The caller's span, where there is one. */
  readonly link: Tracer.SpanLink | undefined
  /** Waiting to be sent, in a request, or with an outcome. */
  place: "waiting" | "request" | "settled"
  readonly epoch: Epoch
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

/**
 * The one account of accepted messages: which wait, which are in a request, and what became of the rest. It bounds what
 * waits in number and in bytes, whichever stage of the pipeline holds it.
 */
export interface Ledger {
  readonly hasRoom: (bytes: number) => boolean
  /**
   * A latch that opens when a message leaves from now on: to be asked for in the same step as `hasRoom`. Look again then,
   * another caller may have been faster.
   */
  readonly nextRoom: () => Latch.Latch
  /** Opens it for everyone. */
  readonly releaseWaiters: () => void
  readonly accept: (message: EncodedMessage, link: Tracer.SpanLink | undefined) => Pending
  /** Messages and bytes that wait to be sent. */
  readonly waiting: () => { readonly messages: number; readonly bytes: number }
  /** Those that have waited longest: as many as have to go to make room. */
  readonly oldestFor: (bytes: number) => ReadonlyArray<Pending>
  /** Moves those that still wait into a request, and returns them. */
  readonly claim: (batch: ReadonlyArray<Pending>) => ReadonlyArray<Pending>
  /** Ends the way of messages, of those that have not ended: delivered, or with a failure. Says how many. */
  readonly settle: (batch: ReadonlyArray<Pending>, failure: DeliveryError | undefined) => number
  /** Every message without an outcome, oldest first. */
  readonly unsettled: () => ReadonlyArray<Pending>
  /** A latch that opens when everything accepted so far has an outcome. */
  readonly seal: () => Latch.Latch
  /**
   * Seals at once, waits for that and for what comes after, and counts the outcomes that no earlier report has counted.
   */
  readonly reportAfter: (effect: Effect.Effect<void>) => Effect.Effect<FlushReport>
}

export const makeLedger = (
  limits: { readonly queueCapacity: number; readonly queueBytes: number },
  onWaitingChange: (messages: number, bytes: number) => void
): Ledger => {
  const waiting = makeLine<Pending>()
  const requested = makeLine<Pending>()
  let waitingMessages = 0
  let waitingBytes = 0
  const room = Latch.makeUnsafe(true)
  let current = makeEpoch()
  let oldestUnsettled = current
  let totals: Counts = {}
  let reported: Counts = {}

  const changeWaiting = (messages: number, bytes: number): void => {
    if (messages === 0) return
    waitingMessages += messages
    waitingBytes += bytes
    onWaitingChange(messages, bytes)
    if (messages < 0) room.openUnsafe()
  }

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

  const hasRoom = (bytes: number): boolean =>
    waitingMessages < limits.queueCapacity && waitingBytes + bytes <= limits.queueBytes

  return {
    hasRoom,

    nextRoom: () => {
      room.closeUnsafe()
      return room
    },

    releaseWaiters: () => {
      room.openUnsafe()
    },

    accept: (message, link) => {
      const receipt = new PendingReceipt(message.messageId)
      const pending: Pending = {
        message,
        receipt,
        link,
        place: "waiting",
        epoch: current,
        previous: undefined,
        next: undefined
      }
      current.unsettled++
      waiting.add(pending)
      changeWaiting(1, message.bytes)
      return pending
    },

    waiting: () => ({ messages: waitingMessages, bytes: waitingBytes }),

    oldestFor: (bytes) => {
      const oldest: Array<Pending> = []
      let messages = waitingMessages - limits.queueCapacity + 1
      let excess = waitingBytes + bytes - limits.queueBytes
      for (const pending of waiting.items()) {
        if (messages <= 0 && excess <= 0) break
        oldest.push(pending)
        messages--
        excess -= pending.message.bytes
      }
      return oldest
    },

    claim: (batch) => {
      const claimed = batch.filter((pending) => pending.place !== "settled")
      let bytes = 0
      for (const pending of claimed) {
        waiting.remove(pending)
        requested.add(pending)
        pending.place = "request"
        bytes += pending.message.bytes
      }
      changeWaiting(-claimed.length, -bytes)
      return claimed
    },

    settle: (batch, failure) => {
      const tag = failure?._tag ?? "Delivered"
      const exit = failure === undefined ? Effect.void : Effect.fail(failure)
      let settled = 0
      let waited = 0
      let waitedBytes = 0
      for (const pending of batch) {
        if (pending.place === "settled") continue
        settled++
        if (pending.place === "request") requested.remove(pending)
        else {
          waiting.remove(pending)
          waited++
          waitedBytes += pending.message.bytes
        }
        pending.place = "settled"
        pending.epoch.counts[tag] = (pending.epoch.counts[tag] ?? 0) + 1
        pending.epoch.unsettled--
        pending.receipt.settle(exit)
      }
      changeWaiting(-waited, -waitedBytes)
      settleEpochs()
      return settled
    },

    unsettled: () => [...requested.items(), ...waiting.items()],

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
