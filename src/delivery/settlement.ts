import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Stream from "effect/Stream"
import type { Count } from "../telemetry/count.ts"
import { isDebug, quietly } from "../telemetry/log.ts"
import { makeTally } from "../telemetry/tally.ts"
import type { Budget } from "./budget.ts"
import type { Ledger, Pending } from "./ledger.ts"
import { Delivered, Dropped, type Failure, type Outcome, RetriesExhausted, ShutdownTimeout } from "./Outcome.ts"
import { makeOutcomes } from "./outcomes.ts"
import type { UndeliveredLine } from "./undelivered.ts"

/** Messages that were in one request. */
export interface Sent {
  readonly batchId: number
  readonly messages: ReadonlyArray<Pending>
  readonly bytes: number
}

/** Where messages are kept beyond the process: they have their outcome once they are gone from there. */
export interface Keeper {
  /** Delivered, or with a failure. Returns those that are gone: others are somebody else's, and have their outcome there. */
  readonly settle: (
    messages: ReadonlyArray<Pending>,
    failure: Failure | undefined
  ) => Effect.Effect<ReadonlyArray<Pending>>
}

/** Gives messages their one outcome, and tells everyone who wants to know: receipts, outcomes, metrics, log, handler. */
export interface Settlement {
  readonly deliver: (sent: Sent) => Effect.Effect<void>
  /** Waits where the handler is far behind. */
  readonly fail: (sent: Sent, error: Failure) => Effect.Effect<void>
  /** Of messages that are older than they may become, at once. The latch is to be waited for. */
  readonly giveUpLate: (sent: Sent, attempts: number, status: number | undefined) => Latch.Latch
  /** At once. The latch is to be waited for. */
  readonly drop: (messages: ReadonlyArray<Pending>) => Latch.Latch
  /**
   * Of those that have no outcome yet, at once, whatever becomes of a request that they are in, with an outcome for so many of
   * them; the effect only logs it. Nothing is settled after.
   */
  readonly giveUp: (messages: ReadonlyArray<Pending>, pieceSize: number) => Effect.Effect<void>
  /** Tells what was too late and was not told yet. */
  readonly tellLate: Effect.Effect<void>
  readonly outcomes: Stream.Stream<Outcome>
  /** There are no more outcomes. */
  readonly end: () => void
}

export interface SettlementOptions {
  /** How old a message may become. */
  readonly deliveryTimeout: Duration.Duration
}

const tellLateMillis = 60_000

export const makeSettlement = Effect.fnUntraced(function* (
  budget: Pick<Budget, "giveBack">,
  ledger: Ledger,
  undelivered: UndeliveredLine,
  count: Count,
  { deliveryTimeout }: SettlementOptions,
  keeper: Keeper | undefined
) {
  // An outage that is too long ends messages one after the other.
  const lateTally = yield* makeTally("messages given up, the server was away for too long", tellLateMillis)
  const outcomes = makeOutcomes()
  let isKeyRefused = false
  let isOver = false

  const settle = (messages: ReadonlyArray<Pending>, failure: Failure | undefined): void => {
    // First: whoever waits for the outcome may run at once, and find room.
    budget.giveBack(messages.length, bytesOf(messages))
    ledger.settle(messages, failure)
    count.settled(failure?._tag ?? "Delivered", messages.length)
  }

  const end = (messages: ReadonlyArray<Pending>, error: Failure): Latch.Latch => {
    // Before they are settled: a flush that this lets go looks for what is being handled.
    const entered = undelivered.enter(messages, error)
    // Before they are settled, too: closing may be waiting for just that, and ends the stream.
    outcomes.publish(() => error)
    settle(messages, error)
    return entered
  }

  const logFailure = (error: Failure): Effect.Effect<void> =>
    Effect.suspend(() => {
      const details = {
        tag: error._tag,
        ...("status" in error && { status: error.status }),
        ...("type" in error && { type: error.type }),
        ...("event" in error && { event: error.event })
      }
      if (error._tag !== "Unauthorized") return Effect.annotateLogs(Effect.logWarning(error.message), details)
      // Once: every batch will be refused until somebody mends the key.
      const isKnown = isKeyRefused
      isKeyRefused = true
      return Effect.annotateLogs(isKnown ? Effect.logDebug(error.message) : Effect.logError(error.message), details)
    })

  const logDelivered: Effect.Effect<void> = Effect.withFiber((fiber) => {
    if (isKeyRefused) {
      isKeyRefused = false
      return Effect.logInfo("The API key is accepted again")
    }
    return isDebug(fiber) ? Effect.logDebug("batch delivered") : Effect.void
  })

  const delivered = (sent: Sent): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (isOver) return Effect.void
      outcomes.publish(() => new Delivered({ batchId: sent.batchId, messageIds: sent.messages.map(idOf) }))
      settle(sent.messages, undefined)
      return logOf(sent, logDelivered)
    })

  const failed = (sent: Sent, error: Failure): Effect.Effect<void> =>
    Effect.andThen(
      logOf(sent, logFailure(error)),
      Effect.suspend(() => (isOver ? Effect.void : end(sent.messages, error).await))
    )

  const kept = (
    { settle }: Keeper,
    sent: Sent,
    failure: Failure | undefined,
    settled: (gone: Sent) => Effect.Effect<void>
  ): Effect.Effect<void> =>
    Effect.flatMap(settle(sent.messages, failure), (gone) => {
      if (gone.length === sent.messages.length) return settled(sent)
      const lost = sent.messages.filter((message) => !gone.includes(message))
      budget.giveBack(lost.length, bytesOf(lost))
      ledger.forget(lost)
      return gone.length === 0 ? Effect.void : settled({ ...sent, messages: gone, bytes: bytesOf(gone) })
    })

  const settlement: Settlement = {
    deliver: keeper === undefined ? delivered : (sent) => kept(keeper, sent, undefined, delivered),
    fail: keeper === undefined ? failed : (sent, error) => kept(keeper, sent, error, (gone) => failed(gone, error)),
    giveUpLate: ({ batchId, messages }, attempts, status) => {
      if (isOver || messages.length === 0) return Latch.makeUnsafe(true)
      lateTally.add(messages.length)
      const reason = `not delivered within ${Duration.format(deliveryTimeout)}`
      const messageIds = messages.map(idOf)
      return end(
        messages,
        new RetriesExhausted({ batchId, messageIds, attempts, reason, ...(status !== undefined && { status }) })
      )
    },
    drop: (messages) => end(messages, new Dropped({ messageIds: messages.map(idOf) })),
    giveUp: (pending, pieceSize) => {
      isOver = true
      const messages = pending.filter(({ receipt }) => !receipt.isSettled)
      if (messages.length === 0) return Effect.void
      for (let start = 0; start < messages.length; start += pieceSize) {
        const piece = messages.slice(start, start + pieceSize)
        end(piece, new ShutdownTimeout({ messageIds: piece.map(idOf) }))
      }
      const all = new ShutdownTimeout({ messageIds: messages.map(idOf) })
      return quietly(Effect.annotateLogs(logFailure(all), { count: messages.length }))
    },
    tellLate: lateTally.tell,
    outcomes: outcomes.stream,
    end: outcomes.end
  }
  return settlement
})

/** A line about a batch. */
export const logOf = ({ batchId, messages, bytes }: Sent, line: Effect.Effect<void>): Effect.Effect<void> =>
  quietly(Effect.annotateLogs(line, { batchId, count: messages.length, bytes }))

const bytesOf = (messages: ReadonlyArray<Pending>): number =>
  messages.reduce((total, message) => total + message.bytes, 0)

export const idOf = ({ messageId }: Pending): string => messageId
