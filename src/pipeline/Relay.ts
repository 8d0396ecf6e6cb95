import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Budget } from "../delivery/budget.ts"
import { makeLedger, type Pending } from "../delivery/ledger.ts"
import { RetriesExhausted } from "../delivery/Outcome.ts"
import { type Keeper, makeSettlement } from "../delivery/settlement.ts"
import { makeUndeliveredLine } from "../delivery/undelivered.ts"
import type { EncodedMessage } from "../message/encode.ts"
import { makeCount } from "../telemetry/count.ts"
import type { Exchange } from "../transport/exchange.ts"
import { type Holding, makeTransport, type TransportOptions } from "../transport/Transport.ts"
import { type ClosingOptions, within } from "./closing.ts"
import { statusOf } from "./Status.ts"
import type { Store } from "./Store.ts"
import { makeSending, type SendingOptions } from "./sending.ts"

export { type Exchange, makeExchange } from "../transport/exchange.ts"

export interface RelayOptions extends TransportOptions, SendingOptions, ClosingOptions {}

/** Messages that are kept beyond the process, of which a relay has those in its store that are next. */
export interface Kept {
  readonly watch: (store: Store) => Store
  readonly keeper: Keeper
  readonly holding: Holding
  /** All that waits. */
  readonly usage: Budget["taken"]
}

/** Where a message stands among those that are kept. */
export interface KeptPlace {
  readonly lane: number
  readonly number: number
  /** In monotonic milliseconds. */
  readonly acceptedAt: number
}

/** The way of a message that is kept: what is in no request when the relay closes stays where it is. */
export const makeRelay = Effect.fnUntraced(function* (options: RelayOptions, exchange: Exchange, kept: Kept) {
  const { shutdownTimeout } = options
  const transport = yield* makeTransport(options, exchange, kept.holding)
  const count = makeCount(yield* Effect.context<never>())
  const budget = { taken: kept.usage, giveBack: () => {} }
  const ledger = makeLedger()
  const undelivered = yield* makeUndeliveredLine(options.onUndelivered)
  const settlement = yield* makeSettlement(budget, ledger, undelivered, count, options, kept.keeper)
  const { store, courier, flusher } = yield* makeSending(options, transport, kept.watch, budget, settlement, count)

  const close = Effect.gen(function* () {
    flusher.rest()
    yield* within(flusher.idle, shutdownTimeout)
    flusher.stop()
    yield* within(undelivered.awaitHandled, Duration.min(shutdownTimeout, handlerTime))
  }).pipe(Effect.ensuring(Effect.andThen(undelivered.stop, Effect.sync(settlement.end))))
  yield* Effect.addFinalizer(() => close)

  return {
    accept: (message: EncodedMessage, { lane, number, acceptedAt }: KeptPlace): Pending =>
      ledger.accept(message, undefined, acceptedAt, lane, number),
    /** What was accepted is to leave. */
    offer: (message: Pending): void => {
      const change = store.offer(message)
      if (change !== undefined) flusher.notice(change)
    },
    /** What was accepted fits no request. */
    refuse: (message: Pending, reason: string): Effect.Effect<void> =>
      settlement.fail(
        { batchId: 0, messages: [message], bytes: message.bytes },
        new RetriesExhausted({ batchId: 0, messageIds: [message.messageId], attempts: 0, reason })
      ),
    /** They are not to be delivered here any more. */
    forget: (isForgotten: (message: Pending) => boolean): ReadonlyArray<Pending> => {
      const forgotten = store.takeThose(isForgotten)
      ledger.forget(forgotten)
      return forgotten
    },
    /** What has been offered leaves without waiting for more. */
    hurry: () => flusher.hurry("flush"),
    /** The same for what waits for its next attempt, and one request may start against the pace. */
    flush: () => flusher.flush(),
    status: Effect.sync(() => statusOf(transport.server, budget, courier.inFlight())),
    outcomes: settlement.outcomes
  }
})

/** What closing leaves to `onUndelivered`, at most. */
const handlerTime = Duration.seconds(2)
