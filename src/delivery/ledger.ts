import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Tracer from "effect/Tracer"
import type { EncodedMessage } from "../message/encode.ts"
import type { FlushReport } from "./Delivery.ts"
import type { Failure, Outcome } from "./Outcome.ts"
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
  /** How many flushes came before it. */
  readonly epoch: number
  /** Messages of a lane leave in order; 0 where there is no order. */
  readonly lane: number

  constructor(
    { messageId, json, bytes }: EncodedMessage,
    link: Tracer.SpanLink | undefined,
    number: number,
    acceptedAt: number,
    epoch: number,
    lane: number
  ) {
    this.messageId = messageId
    this.json = json
    this.bytes = bytes
    this.receipt = new PendingReceipt(messageId)
    this.link = link
    this.number = number
    this.acceptedAt = acceptedAt
    this.epoch = epoch
    this.lane = lane
  }
}

/** What waits for the messages that were accepted before it. */
interface Waiter {
  /** Messages of an earlier epoch than this are its own. */
  readonly epoch: number
  /** Of its own, those without an outcome. */
  unsettled: number
  /** Outcomes of its own that no report had told when it began. */
  readonly counts: Counts
  readonly settled: Latch.Latch
}

type Counts = { [Tag in Outcome["_tag"]]?: number }

/** The account of accepted messages: what became of them, and of how many it is not known yet. */
export interface Ledger {
  /** With the number that it has already, where it has one. */
  readonly accept: (
    message: EncodedMessage,
    link: Tracer.SpanLink | undefined,
    acceptedAt: number,
    lane: number,
    number?: number
  ) => Pending
  /** Ends the way of messages: delivered, or with a failure. Once for each. */
  readonly settle: (messages: ReadonlyArray<Pending>, failure: Failure | undefined) => void
  /** They are on the way no more, and without an outcome here. */
  readonly forget: (messages: ReadonlyArray<Pending>) => void
  /** Waits until everything accepted so far has an outcome. To be made in the same step as what asks for it. */
  readonly settled: () => Effect.Effect<void>
  /**
   * The same, and then waits for what comes after, but in all no longer than so long, and counts the outcomes that no
   * earlier report has counted.
   */
  readonly report: (effect: Effect.Effect<void>, timeout: Duration.Duration) => Effect.Effect<FlushReport>
}

export const makeLedger = (): Ledger => {
  let accepted = 0
  let unsettled = 0
  let epoch = 0
  const waiters = new Set<Waiter>()
  /** By the epoch of their messages, the outcomes that no report has told. */
  const untold = new Map<number, Counts>()

  const begin = (): Waiter => {
    epoch++
    const counts: Counts = {}
    for (const each of untold.values()) addAll(counts, each)
    // As long as nobody waits, nobody needs to tell them apart.
    if (waiters.size === 0 && untold.size > 1) {
      untold.clear()
      untold.set(epoch - 1, { ...counts })
    }
    const waiter = { epoch, unsettled, counts, settled: Latch.makeUnsafe(unsettled === 0) }
    waiters.add(waiter)
    return waiter
  }

  const untilOver = <A>(waiter: Waiter, effect: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.ensuring(
      effect,
      Effect.sync(() => waiters.delete(waiter))
    )

  /** So many messages of one epoch are done with, with an outcome or without. */
  const count = (of: number, tag: Outcome["_tag"] | undefined, messages: number): void => {
    unsettled -= messages
    if (tag !== undefined) {
      const counts = untold.get(of) ?? {}
      untold.set(of, counts)
      add(counts, tag, messages)
    }
    for (const waiter of waiters) {
      if (of >= waiter.epoch) continue
      waiter.unsettled -= messages
      if (tag !== undefined) add(waiter.counts, tag, messages)
    }
  }

  const countAll = (messages: ReadonlyArray<Pending>, tag: Outcome["_tag"] | undefined): void => {
    for (let index = 0; index < messages.length; ) {
      const from = index
      const of = messages[from]?.epoch ?? 0
      while (messages[index]?.epoch === of) index++
      count(of, tag, index - from)
    }
  }

  const releaseWaiters = (): void => {
    for (const waiter of waiters) if (waiter.unsettled === 0) waiter.settled.openUnsafe()
  }

  return {
    accept: (message, link, acceptedAt, lane, number = ++accepted) => {
      unsettled++
      return new Pending(message, link, number, acceptedAt, epoch, lane)
    },

    settle: (messages, failure) => {
      const exit = failure === undefined ? Effect.void : Effect.fail(failure)
      countAll(messages, failure?._tag ?? "Delivered")
      for (const { receipt } of messages) receipt.settle(exit)
      // Last: whoever waits may run at once, and ask for the next report.
      releaseWaiters()
    },

    forget: (messages) => {
      countAll(messages, undefined)
      releaseWaiters()
    },

    settled: () => {
      const waiter = begin()
      return untilOver(waiter, waiter.settled.await)
    },

    report: (effect, timeout) => {
      const waiter = begin()
      const done = Effect.andThen(waiter.settled.await, effect)
      return untilOver(
        waiter,
        Effect.map(Duration.isFinite(timeout) ? Effect.timeoutOption(done, timeout) : done, () => {
          for (const of of untold.keys()) if (of < waiter.epoch) untold.delete(of)
          const { Delivered: delivered = 0, ...failed } = waiter.counts
          return { delivered, failed, waiting: waiter.unsettled }
        })
      )
    }
  }
}

const add = (counts: Counts, tag: Outcome["_tag"], messages: number): void => {
  counts[tag] = (counts[tag] ?? 0) + messages
}

const addAll = (counts: Counts, others: Counts): void => {
  for (const tag of tags) {
    const messages = others[tag]
    if (messages !== undefined) add(counts, tag, messages)
  }
}

const tags = ["Delivered", "Rejected", "Unauthorized", "RetriesExhausted", "ShutdownTimeout", "Dropped"] as const
