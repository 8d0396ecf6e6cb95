import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Ledger } from "../delivery/ledger.ts"
import type { Settlement } from "../delivery/settlement.ts"
import type { UndeliveredHandler, UndeliveredLine } from "../delivery/undelivered.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { closingWait, type Pace } from "../transport/pace.ts"
import type { Admission } from "./admission.ts"
import { messagesOf } from "./Batch.ts"
import type { Courier } from "./courier.ts"
import type { Flusher } from "./flusher.ts"
import type { Store } from "./Store.ts"

export interface ClosingOptions {
  readonly shutdownTimeout: Duration.Duration
  readonly onUndelivered: UndeliveredHandler | undefined
}

/** What closing leaves to `onUndelivered`, for what could not be sent in time: this, or half of what closing may take. */
const maxHandlerTime = Duration.seconds(2)

/** How many messages that is told of at a time: a handler that is cut off has dealt with most. */
const pieceSize = 500

/** In less there is time for one call, which does at least what needs no waiting. */
const minTimeForPieces = Duration.seconds(1)

/** Sends everything, and gives up on what is left in time. It waits for nothing that it interrupts. */
export const closeAll = (
  { shutdownTimeout, onUndelivered }: ClosingOptions,
  admission: Admission,
  store: Store,
  flusher: Flusher,
  courier: Courier,
  pace: Pace,
  ledger: Ledger,
  settlement: Settlement,
  undelivered: UndeliveredLine
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const handlerTime =
      onUndelivered === undefined
        ? Duration.zero
        : Duration.min(Duration.divideUnsafe(shutdownTimeout, 2), maxHandlerTime)
    const deadline = monotonicMillis(clock) + Duration.toMillis(shutdownTimeout)
    admission.close()
    pace.hasten(monotonicMillis(clock))
    store.hasten(monotonicMillis(clock) + closingWait, 0)
    flusher.hurry("close")
    yield* within(Effect.andThen(ledger.settled(), flusher.idle), Duration.subtract(shutdownTimeout, handlerTime))
    // In one step: what is interrupted may still come to its end.
    yield* Effect.suspend(() => {
      flusher.stop()
      const left = [...courier.takeUnderWay(), ...messagesOf(store.takeAll())]
      return settlement.giveUp(
        left,
        Duration.isLessThan(handlerTime, minTimeForPieces) ? Math.max(1, left.length) : pieceSize
      )
    })
    yield* admission.tellDropped
    yield* settlement.tellLate
    // Counted from here: how long a busy machine took to give thousands of messages up is not the handler's to lose.
    const left = Math.max(deadline - monotonicMillis(clock), Duration.toMillis(handlerTime))
    // In whole milliseconds, as timers count: what is less is lost to rounding.
    yield* within(undelivered.awaitHandled, Duration.millis(Math.floor(left)))
  }).pipe(Effect.ensuring(Effect.andThen(undelivered.stop, Effect.sync(settlement.end))))

/** As far as it comes in the time, also in a finalizer. */
export const within = (effect: Effect.Effect<unknown>, duration: Duration.Duration): Effect.Effect<unknown> =>
  effect.pipe(Effect.interruptible, Effect.timeoutOption(duration))
