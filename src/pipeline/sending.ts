import * as Effect from "effect/Effect"
import type { Budget } from "../delivery/budget.ts"
import type { Settlement, SettlementOptions } from "../delivery/settlement.ts"
import type { Count } from "../telemetry/count.ts"
import type { Transport } from "../transport/Transport.ts"
import { Alone } from "./Alone.ts"
import type { Order } from "./admission.ts"
import { makeCourier } from "./courier.ts"
import { makeExpiry } from "./expiry.ts"
import { type FlusherOptions, makeFlusher } from "./flusher.ts"
import { makeJudge } from "./judge.ts"
import { makeLanes } from "./lanes.ts"
import { makeQueue, type QueueLimits } from "./queue.ts"
import type { Store } from "./Store.ts"
import { makeTelling } from "./telling.ts"

export interface SendingOptions extends QueueLimits, FlusherOptions, SettlementOptions {
  readonly order: Order
}

/** The way from the store to the server: each stage knows only the one behind it, so the last one is made first. */
export const makeSending = Effect.fnUntraced(function* (
  options: SendingOptions,
  transport: Transport,
  watch: (store: Store) => Store,
  budget: Pick<Budget, "taken">,
  settlement: Settlement,
  count: Count
) {
  const { pace, server } = transport
  const way = options.order === "person" ? "lanes" : options.concurrency === 1 ? "lane" : "open"
  const alone = new Alone()
  const first: Alone["first"] = (waiting) => (server.silence.isGeneral ? alone.first(waiting) : undefined)
  const turns = { isLane: way === "lane", first }
  const store = watch(way === "lanes" ? makeLanes(options, turns) : makeQueue(options, turns))
  const telling = yield* makeTelling(server, store, budget, count)
  const expiry = yield* makeExpiry(options, store, settlement, telling)
  const judge = yield* makeJudge(way, alone, store, transport)
  const courier = yield* makeCourier(options, store, expiry, judge, transport, settlement, telling, count)
  const flusher = yield* makeFlusher(options, store, pace, courier)
  return { store, expiry, courier, flusher }
})
