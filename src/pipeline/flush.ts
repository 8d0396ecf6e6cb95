import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { FlushReport } from "../delivery/Delivery.ts"
import type { Ledger } from "../delivery/ledger.ts"
import type { UndeliveredLine } from "../delivery/undelivered.ts"
import type { Flusher } from "./flusher.ts"

export interface FlushOptions {
  /** How long a flush waits for outcomes. */
  readonly flushTimeout: Duration.Duration
}

export const makeFlush = (
  { flushTimeout }: FlushOptions,
  ledger: Ledger,
  flusher: Flusher,
  undelivered: UndeliveredLine
) => {
  // In one step with what waits for it: what is accepted in between would wait for its interval.
  const flushed = <A>(effect: () => Effect.Effect<A>): Effect.Effect<A> =>
    Effect.suspend(() => {
      flusher.flush()
      return effect()
    })

  const flush: Effect.Effect<FlushReport> = flushed(() => ledger.report(undelivered.awaitHandled, flushTimeout))
  /** Leaves the counting to the next. */
  const drain: Effect.Effect<void> = flushed(() => ledger.settled())
  return { flush, drain }
}
