import { Clock, Effect, type Stream } from "effect"
import { makeBudget } from "../delivery/budget.ts"
import type { FlushReport } from "../delivery/Delivery.ts"
import { makeLedger } from "../delivery/ledger.ts"
import type { Outcome } from "../delivery/Outcome.ts"
import { makeSettlement } from "../delivery/settlement.ts"
import { makeUndeliveredLine, type UndeliveredHandler } from "../delivery/undelivered.ts"
import { makeCount } from "../telemetry/count.ts"
import type { Transport } from "../transport/Transport.ts"
import { type Accept, type AcceptOptions, makeAccept } from "./accept.ts"
import { type AdmissionOptions, makeAdmission } from "./admission.ts"
import { type ClosingOptions, closeAll } from "./closing.ts"
import { makeCourier } from "./courier.ts"
import { type FlusherOptions, makeFlusher } from "./flusher.ts"
import { makeQueue, type QueueLimits } from "./queue.ts"

export interface ClientOptions extends AcceptOptions, AdmissionOptions, QueueLimits, FlusherOptions, ClosingOptions {
  readonly onUndelivered: UndeliveredHandler | undefined
}

/** What a client does, whatever the shape of its calls. */
export interface Client {
  readonly accept: Accept
  readonly flush: Effect.Effect<FlushReport>
  /** A flush that leaves the counting to the next. */
  readonly drain: Effect.Effect<void>
  readonly outcomes: Stream.Stream<Outcome>
}

/** The way of a message: each stage knows only the one behind it, so the last one is made first. */
export const makeClient = Effect.fnUntraced(function* (options: ClientOptions, transport: Transport) {
  const clock = yield* Clock.Clock
  const count = makeCount(yield* Effect.context<never>())
  const budget = makeBudget(options, count.waiting)
  const store = makeQueue(options, clock, budget)
  const ledger = makeLedger()
  const undelivered = yield* makeUndeliveredLine(options.onUndelivered)
  const settlement = yield* makeSettlement(ledger, undelivered, count)
  const courier = makeCourier(transport, settlement, count)
  const flusher = yield* makeFlusher(options, store, courier)
  const admission = yield* makeAdmission(options, budget, ledger, store, flusher, settlement, count)
  const accept = yield* makeAccept(options, admission, count)
  yield* Effect.addFinalizer(() =>
    closeAll(options, admission, store, flusher, courier, transport, settlement, undelivered)
  )

  // In one step with what waits for it: what is accepted in between would wait for its interval.
  const flushed = <A>(effect: () => Effect.Effect<A>): Effect.Effect<A> =>
    Effect.suspend(() => {
      flusher.hurry("flush")
      return effect()
    })

  const client: Client = {
    accept,
    flush: flushed(() => ledger.reportAfter(undelivered.awaitHandled)),
    drain: flushed(() => ledger.seal().await),
    outcomes: settlement.outcomes
  }
  return client
})
