import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Settlement, SettlementOptions } from "../delivery/settlement.ts"
import { makeAlarm } from "../time/alarm.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { sentOf } from "./Batch.ts"
import type { Store } from "./Store.ts"
import type { Telling } from "./telling.ts"

/** Gives up messages that are in no request when they are older than `deliveryTimeout`. */
export interface Expiry {
  /** The store is not empty. */
  readonly notice: () => void
}

export const makeExpiry = Effect.fnUntraced(function* (
  { deliveryTimeout }: SettlementOptions,
  store: Store,
  settlement: Settlement,
  telling: Telling
) {
  if (!Duration.isFinite(deliveryTimeout)) return { notice: () => {} } satisfies Expiry
  const clock = yield* Clock.Clock
  const longestLife = Duration.toMillis(deliveryTimeout)

  const alarm = yield* makeAlarm(
    () => {
      const oldest = store.oldest()
      return oldest === undefined ? undefined : oldest + longestLife - monotonicMillis(clock)
    },
    () => {
      for (const late of store.takeAcceptedBy(monotonicMillis(clock) - longestLife)) {
        settlement.giveUpLate(sentOf(late), late.requests, undefined)
      }
      telling.look()
    }
  )
  return { notice: alarm.set } satisfies Expiry
})
