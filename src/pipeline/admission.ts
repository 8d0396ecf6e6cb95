import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { Budget, BudgetLimits } from "../delivery/budget.ts"
import type { Receipt } from "../delivery/Delivery.ts"
import type { Ledger } from "../delivery/ledger.ts"
import type { Settlement } from "../delivery/settlement.ts"
import { makeWaitingLine } from "../delivery/waitingLine.ts"
import { nameCall } from "../message/callName.ts"
import type { EncodedCall } from "../message/encode.ts"
import type { Count } from "../telemetry/count.ts"
import { makeTally } from "../telemetry/tally.ts"
import { makeMonotonicAt } from "../time/monotonic.ts"
import { messagesOf } from "./Batch.ts"
import { AnalyticsClosed, type OutboxError, QueueFull } from "./CallError.ts"
import type { Expiry } from "./expiry.ts"
import type { Flusher } from "./flusher.ts"
import { laneOf } from "./lane.ts"
import type { Store } from "./Store.ts"

/**
 * What happens to a call when the queue is full: `fail` with `QueueFull` at once, `wait` for room, or `dropOldest`, which
 * accepts the message and reports the oldest waiting one as `Dropped`.
 *
 * @category options
 * @since 0.1.0
 */
export type WhenFull = "fail" | "wait" | "dropOldest"

/**
 * Which messages leave in the order of their calls where several requests are under way at a time: `none`, or those of a
 * `person`.
 *
 * @category options
 * @since 0.1.0
 */
export type Order = "none" | "person"

export interface AdmissionOptions extends BudgetLimits {
  readonly whenFull: WhenFull
  readonly order: Order
}

/** The end of the way of a call. */
export interface Entrance {
  readonly isClosed: () => boolean
  readonly admit: (message: EncodedCall, link: Tracer.SpanLink | undefined) => Effect.Effect<Receipt, EntranceError>
}

export type EntranceError = QueueFull | AnalyticsClosed | OutboxError

/** Lets messages in while there is room, and does what `whenFull` says when there is none. */
export interface Admission extends Entrance {
  /** Lets nothing in any more, and whoever waits for room go. */
  readonly close: () => void
  /** Tells what it dropped and has not told yet. */
  readonly tellDropped: Effect.Effect<void>
}

const tellDroppedMillis = 10_000

export const makeAdmission = Effect.fnUntraced(function* (
  options: AdmissionOptions,
  budget: Budget,
  ledger: Ledger,
  store: Store,
  expiry: Expiry,
  flusher: Flusher,
  settlement: Settlement,
  count: Count
) {
  const clock = yield* Clock.Clock
  const monotonicAt = makeMonotonicAt(clock)
  // A server that is down drops a message with every call.
  const droppedTally = yield* makeTally("queue full, oldest messages dropped", tellDroppedMillis)
  const isOrdered = options.order === "person"
  const line = makeWaitingLine()
  let isClosed = false

  const refuse = <E extends QueueFull | AnalyticsClosed>(error: E): Effect.Effect<never, E> => {
    count.refused(error._tag)
    return Effect.fail(error)
  }

  const letIn = (message: EncodedCall, link: Tracer.SpanLink | undefined): Receipt => {
    const lane = isOrdered ? laneOf(message.person) : 0
    const pending = ledger.accept(message, link, monotonicAt(clock.currentTimeMillisUnsafe()), lane)
    budget.take(pending.bytes)
    const change = store.offer(pending)
    if (change !== undefined) {
      expiry.notice()
      flusher.notice(change)
    }
    count.accepted()
    return pending.receipt
  }

  /** Takes a message in, and drops the oldest that are in no request: itself, where all others are in one. */
  const displaceFor = (message: EncodedCall, link: Tracer.SpanLink | undefined): Effect.Effect<Receipt> => {
    const receipt = letIn(message, link)
    const dropped = messagesOf(store.takeOldest(budget.fitsAfter))
    const handled = settlement.drop(dropped)
    droppedTally.add(dropped.length)
    return Effect.as(handled.await, receipt)
  }

  const awaitRoomFor = (
    message: EncodedCall,
    link: Tracer.SpanLink | undefined
  ): Effect.Effect<Receipt, AnalyticsClosed> =>
    Effect.suspend(() => {
      if (isClosed) return refuse(new AnalyticsClosed(nameCall(message.type, message.event)))
      if (budget.hasRoom(message.bytes)) return Effect.succeed(letIn(message, link))
      flusher.hurry("full")
      return Effect.andThen(budget.nextRoom().await, awaitRoomFor(message, link))
    })

  const admission: Admission = {
    isClosed: () => isClosed,
    admit: (message, link) => {
      if (line.isEmpty() && budget.hasRoom(message.bytes)) return Effect.succeed(letIn(message, link))
      // A full queue is sent without waiting for the interval.
      flusher.hurry("full")
      switch (options.whenFull) {
        case "fail": {
          const { queueCapacity: capacity, queueBytes: capacityBytes } = options
          const call = nameCall(message.type, message.event)
          return refuse(new QueueFull({ ...call, ...budget.taken(), capacity, capacityBytes }))
        }
        case "wait":
          return line.wait(awaitRoomFor(message, link))
        case "dropOldest":
          return displaceFor(message, link)
      }
    },
    close: () => {
      isClosed = true
      budget.releaseWaiters()
    },
    tellDropped: droppedTally.tell
  }
  return admission
})
