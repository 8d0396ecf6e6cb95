import * as Effect from "effect/Effect"
import type { Count } from "../telemetry/count.ts"
import { Detach } from "../time/detached.ts"
import { KeepAlive } from "../time/unref.ts"
import { type BudgetLimits, makeBudget } from "./budget.ts"
import { makeLedger } from "./ledger.ts"
import { makeSettlement, type SettlementOptions } from "./settlement.ts"
import { makeUndeliveredLine, type UndeliveredHandler } from "./undelivered.ts"

export interface DeliveryOptions extends BudgetLimits, SettlementOptions {
  readonly onUndelivered: UndeliveredHandler | undefined
}

/** What becomes of messages, and the room that they take until then. */
export const makeDelivery = Effect.fnUntraced(function* (options: DeliveryOptions, count: Count) {
  const budget = makeBudget(options, count.waiting, new KeepAlive(yield* Detach))
  const ledger = makeLedger()
  const undelivered = yield* makeUndeliveredLine(options.onUndelivered)
  const settlement = yield* makeSettlement(budget, ledger, undelivered, count, options, undefined)
  return { budget, ledger, undelivered, settlement }
})
