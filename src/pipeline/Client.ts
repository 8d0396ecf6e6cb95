import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { type DeliveryOptions, makeDelivery } from "../delivery/makeDelivery.ts"
import { makeCount, showAll } from "../telemetry/count.ts"
import type { Transport } from "../transport/Transport.ts"
import { type AcceptOptions, makeAccept } from "./accept.ts"
import { type AdmissionOptions, makeAdmission } from "./admission.ts"
import { type ClosingOptions, closeAll } from "./closing.ts"
import { type FlushOptions, makeFlush } from "./flush.ts"
import { statusOf } from "./Status.ts"
import { makeSending, type SendingOptions } from "./sending.ts"

type StageOptions = AcceptOptions & AdmissionOptions & SendingOptions & FlushOptions & ClosingOptions

export interface ClientOptions extends StageOptions, DeliveryOptions {}

/** What a client does, whatever the shape of its calls. */
export type Client = Effect.Success<ReturnType<typeof makeClient>>

/** Shows what there is to count, and for how much there is room while the client is there. */
const makeClientCount = Effect.fnUntraced(function* ({ queueCapacity, queueBytes }: ClientOptions) {
  const context = yield* Effect.context<never>()
  const count = makeCount(context)
  showAll(context)
  yield* Effect.acquireRelease(
    Effect.sync(() => count.capacity(queueCapacity, queueBytes)),
    () => Effect.sync(() => count.capacity(-queueCapacity, -queueBytes))
  )
  return count
})

/** The way of a message: each stage knows only the one behind it, so the last one is made first. */
export const makeClient = Effect.fnUntraced(function* (options: ClientOptions, transport: Transport) {
  const { pace, server } = transport
  const count = yield* makeClientCount(options)
  const { budget, ledger, undelivered, settlement } = yield* makeDelivery(options, count)
  const { store, expiry, courier, flusher } = yield* makeSending(
    options,
    transport,
    identity,
    budget,
    settlement,
    count
  )
  const admission = yield* makeAdmission(options, budget, ledger, store, expiry, flusher, settlement, count)
  const accept = yield* makeAccept(options, admission, count)
  const { flush, drain } = makeFlush(options, ledger, flusher, undelivered)
  yield* Effect.addFinalizer(() =>
    closeAll(options, admission, store, flusher, courier, pace, ledger, settlement, undelivered)
  )
  const status = Effect.sync(() => statusOf(server, budget, courier.inFlight()))
  return { accept, flush, drain, status, outcomes: settlement.outcomes }
})
