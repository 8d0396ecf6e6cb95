import { Effect, Latch } from "effect"
import type { DeliveryError } from "../AnalyticsError.ts"
import type { FlushReport, Outcome } from "../Delivery.ts"
import type { EncodedMessage } from "./encode.ts"

/** An accepted message on the way to its one outcome. */
export interface Pending {
  readonly message: EncodedMessage
  /** In the queue, in the batch being made, in a request, or with an outcome. */
  place: "queue" | "batch" | "request" | "settled"
  readonly epoch: Epoch
}

/** The messages accepted between one flush and the next. */
interface Epoch {
  unsettled: number
  delivered: number
  readonly failed: Partial<Record<DeliveryError["_tag"], number>>
  isSealed: boolean
  /** Open once the epoch is sealed and each of its messages has an outcome. */
  readonly settled: Latch.Latch
}

/**
 * The one account of accepted messages: which wait, which are in a request, and what became of the rest. It bounds what
 * waits in number and in bytes, whichever stage of the pipeline holds it.
 */
export interface Ledger {
  readonly hasRoom: (bytes: number) => boolean
  /** Waits until a message may have left. Look again at `hasRoom`: another caller may have been faster. */
  readonly awaitRoom: Effect.Effect<void>
  /** Lets go of everyone in `awaitRoom`. */
  readonly releaseWaiters: () => void
  readonly accept: (message: EncodedMessage) => Pending
  /** Messages and bytes that wait to be sent. */
  readonly waiting: () => { readonly messages: number; readonly bytes: number }
  /** The message that has waited longest. */
  readonly oldest: () => Pending | undefined
  /** Moves those that still wait into a request, and returns them. */
  readonly claim: (batch: ReadonlyArray<Pending>) => ReadonlyArray<Pending>
  /** Gives messages their outcome. */
  readonly settle: (batch: Iterable<Pending>, tag: Outcome["_tag"]) => void
  /** Every message without an outcome, oldest first. */
  readonly unsettled: () => ReadonlyArray<Pending>
  /** Waits until everything accepted so far has an outcome. */
  readonly awaitSettled: Effect.Effect<void>
  /** The same, and counts the outcomes that no earlier report has counted. */
  readonly report: Effect.Effect<FlushReport>
}

export const makeLedger = (limits: { readonly queueCapacity: number; readonly queueBytes: number }): Ledger => {
  const waiting = new Set<Pending>()
  const requested = new Set<Pending>()
  let waitingBytes = 0
  const room = Latch.makeUnsafe(true)
  let epoch = makeEpoch()
  let unreported: ReadonlyArray<Epoch> = [epoch]

  const stopWaiting = (pending: Pending): boolean => {
    if (!waiting.delete(pending)) return false
    waitingBytes -= pending.message.bytes
    room.openUnsafe()
    return true
  }

  /** Waits for everything accepted so far; what is accepted from here on belongs to a new epoch. */
  const awaitEpochs = Effect.suspend(() => {
    const covered = unreported
    epoch.isSealed = true
    openIfSettled(epoch)
    epoch = makeEpoch()
    unreported = [...covered, epoch]
    return Effect.as(
      Effect.forEach(covered, ({ settled }) => settled.await, { discard: true }),
      covered
    )
  })

  return {
    hasRoom: (bytes) => waiting.size < limits.queueCapacity && waitingBytes + bytes <= limits.queueBytes,

    awaitRoom: Effect.suspend(() => {
      room.closeUnsafe()
      return room.await
    }),

    releaseWaiters: () => {
      room.openUnsafe()
    },

    accept: (message) => {
      const pending: Pending = { message, place: "queue", epoch }
      epoch.unsettled++
      waiting.add(pending)
      waitingBytes += message.bytes
      return pending
    },

    waiting: () => ({ messages: waiting.size, bytes: waitingBytes }),

    oldest: () => waiting.values().next().value,

    claim: (batch) =>
      batch.filter((pending) => {
        if (!stopWaiting(pending)) return false
        pending.place = "request"
        requested.add(pending)
        return true
      }),

    settle: (batch, tag) => {
      for (const pending of batch) {
        if (pending.place === "settled") continue
        pending.place = "settled"
        stopWaiting(pending)
        requested.delete(pending)
        const { epoch } = pending
        if (tag === "Delivered") epoch.delivered++
        else epoch.failed[tag] = (epoch.failed[tag] ?? 0) + 1
        epoch.unsettled--
        openIfSettled(epoch)
      }
    },

    unsettled: () => [...requested, ...waiting],

    awaitSettled: Effect.asVoid(awaitEpochs),

    report: Effect.map(awaitEpochs, (covered) => {
      unreported = unreported.filter((other) => !covered.includes(other))
      return count(covered)
    })
  }
}

const makeEpoch = (): Epoch => ({
  unsettled: 0,
  delivered: 0,
  failed: {},
  isSealed: false,
  settled: Latch.makeUnsafe(false)
})

const openIfSettled = (epoch: Epoch): void => {
  if (epoch.isSealed && epoch.unsettled === 0) epoch.settled.openUnsafe()
}

const count = (epochs: ReadonlyArray<Epoch>): FlushReport => {
  let delivered = 0
  const failed: { -readonly [Tag in keyof FlushReport["failed"]]: number } = {}
  for (const epoch of epochs) {
    delivered += epoch.delivered
    for (const tag of failureTags) {
      const failures = epoch.failed[tag]
      if (failures !== undefined) failed[tag] = (failed[tag] ?? 0) + failures
    }
  }
  return { delivered, failed }
}

const failureTags = ["Rejected", "Unauthorized", "RetriesExhausted", "ShutdownTimeout", "Dropped"] as const
