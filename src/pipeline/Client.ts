import { Clock, Effect, type Stream } from "effect"
import { makeBudget } from "../delivery/budget.ts"
import type { FlushReport } from "../delivery/Delivery.ts"
import { makeLedger } from "../delivery/ledger.ts"
import type { Outcome } from "../delivery/Outcome.ts"
import { makeSettlement, type SettlementOptions } from "../delivery/settlement.ts"
import { makeUndeliveredLine, type UndeliveredHandler } from "../delivery/undelivered.ts"
import { makeCount } from "../telemetry/count.ts"
import type { Transport } from "../transport/Transport.ts"
import { Alone } from "./Alone.ts"
import { type Accept, type AcceptOptions, makeAccept } from "./accept.ts"
import { type AdmissionOptions, makeAdmission } from "./admission.ts"
import { type ClosingOptions, closeAll } from "./closing.ts"
import { makeCourier } from "./courier.ts"
import { makeExpiry } from "./expiry.ts"
import { type FlushOptions, makeFlush } from "./flush.ts"
import { type FlusherOptions, makeFlusher } from "./flusher.ts"
import { makeJudge } from "./judge.ts"
import { makeQueue, type QueueLimits } from "./queue.ts"
import { type Status, statusOf } from "./Status.ts"
import { makeTelling } from "./telling.ts"

export interface ClientOptions
  extends AcceptOptions,
    AdmissionOptions,
    QueueLimits,
    FlusherOptions,
    SettlementOptions,
    FlushOptions,
    ClosingOptions {
  readonly onUndelivered: UndeliveredHandler | undefined
}

/** What a client does, whatever the shape of its calls. */
export interface Client {
  readonly accept: Accept
  readonly flush: Effect.Effect<FlushReport>
  /** A flush that leaves the counting to the next. */
  readonly drain: Effect.Effect<void>
  readonly status: Effect.Effect<Status>
  readonly outcomes: Stream.Stream<Outcome>
}

/** The way of a message: each stage knows only the one behind it, so the last one is made first. */
export const makeClient = Effect.fnUntraced(function* (options: ClientOptions, transport: Transport) {
  const { pace, server } = transport
  const isLane = options.concurrency === 1
  const count = makeCount(yield* Effect.context<never>())
  const budget = makeBudget(options, count.waiting)
  const alone = new Alone()
  const store = makeQueue(
    options,
    { isLane, first: (waiting) => (server.silence.isGeneral ? alone.first(waiting) : undefined) },
    yield* Clock.Clock
  )
  const ledger = makeLedger()
  const undelivered = yield* makeUndeliveredLine(options.onUndelivered)
  const settlement = yield* makeSettlement(budget, ledger, undelivered, count, options)
  const expiry = yield* makeExpiry(options, store, settlement)
  const telling = yield* makeTelling(server, budget, count)
  const judge = yield* makeJudge(isLane, alone, store, transport)
  const courier = yield* makeCourier(options, store, expiry, judge, transport, settlement, telling, count)
  const flusher = yield* makeFlusher(options, store, pace, courier)
  const admission = yield* makeAdmission(options, budget, ledger, store, expiry, flusher, settlement, count)
  const accept = yield* makeAccept(options, admission, count)
  const { flush, drain } = makeFlush(options, ledger, flusher, undelivered)
  yield* Effect.addFinalizer(() =>
    closeAll(options, admission, store, flusher, courier, pace, ledger, settlement, undelivered)
  )

  const client: Client = {
    accept,
    flush,
    drain,
    status: Effect.sync(() => statusOf(server, budget, courier.inFlight())),
    outcomes: settlement.outcomes
  }
  return client
})
