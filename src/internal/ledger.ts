import { Effect, Latch, type Tracer } from "effect"
import type { FlushReport, Outcome } from "../Delivery.ts"
import type { EncodedMessage } from "./encode.ts"
import { PendingReceipt } from "./receipt.ts"

/** An accepted message on the way to its one outcome. */
export interface Pending {
  readonly message: EncodedMessage
  readonly receipt: PendingReceipt
  /** The caller's span, where there is one. */
  readonly link: Tracer.SpanLink | undefined
  /** In the queue, in the batch being made, in a request, or with an outcome. */
  place: "queue" | "batch" | "request" | "settled"
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
  /** Lets go of those that have waited longest, until there is room, and returns them: they are to be settled at once. */
  readonly evictFor: (bytes: number) => ReadonlyArray<Pending>
  /** Moves those that still wait into a request, and returns them. */
  readonly claim: (batch: ReadonlyArray<Pending>) => ReadonlyArray<Pending>
  /** Gives messages their outcome, those that have none, and says how many. */
  readonly settle: (batch: ReadonlyArray<Pending>, outcome: Outcome) => number
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
  const waiting = new Set<Pending>()
  const requested = new Set<Pending>()
  let waitingBytes = 0
  const room = Latch.makeUnsafe(true)
  let current = makeEpoch()
  let oldestUnsettled = current
  let totals: Counts = {}
  let reported: Counts = {}

  const stopWaiting = (pending: Pending): boolean => {
    if (!waiting.delete(pending)) return false
    waitingBytes -= pending.message.bytes
    onWaitingChange(-1, -pending.message.bytes)
    room.openUnsafe()
    return true
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
    waiting.size < limits.queueCapacity && waitingBytes + bytes <= limits.queueBytes

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
      const pending: Pending = { message, receipt, link, place: "queue", epoch: current }
      current.unsettled++
      waiting.add(pending)
      waitingBytes += message.bytes
      onWaitingChange(1, message.bytes)
      return pending
    },

    waiting: () => ({ messages: waiting.size, bytes: waitingBytes }),

    evictFor: (bytes) => {
      const evicted: Array<Pending> = []
      for (const pending of waiting) {
        if (hasRoom(bytes)) break
        stopWaiting(pending)
        evicted.push(pending)
      }
      return evicted
    },

    claim: (batch) =>
      batch.filter((pending) => {
        if (!stopWaiting(pending)) return false
        pending.place = "request"
        requested.add(pending)
        return true
      }),

    settle: (batch, outcome) => {
      const exit = outcome._tag === "Delivered" ? Effect.void : Effect.fail(outcome)
      let settled = 0
      for (const pending of batch) {
        if (pending.place === "settled") continue
        settled++
        pending.place = "settled"
        stopWaiting(pending)
        requested.delete(pending)
        pending.epoch.counts[outcome._tag] = (pending.epoch.counts[outcome._tag] ?? 0) + 1
        pending.epoch.unsettled--
        pending.receipt.settle(exit)
      }
      settleEpochs()
      return settled
    },

    unsettled: () => [...requested, ...waiting],

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
