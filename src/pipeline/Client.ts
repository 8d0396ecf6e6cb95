import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type DeliveryOptions, makeDelivery } from "../delivery/makeDelivery.ts"
import { makeCount, showAll } from "../telemetry/count.ts"
import type { Transport } from "../transport/Transport.ts"
import { Alone } from "./Alone.ts"
import { type AcceptOptions, makeAccept } from "./accept.ts"
import { type AdmissionOptions, makeAdmission } from "./admission.ts"
import { type ClosingOptions, closeAll } from "./closing.ts"
import { makeCourier } from "./courier.ts"
import { makeExpiry } from "./expiry.ts"
import { type FlushOptions, makeFlush } from "./flush.ts"
import { type FlusherOptions, makeFlusher } from "./flusher.ts"
import { makeJudge } from "./judge.ts"
import { makeQueue, type QueueLimits } from "./queue.ts"
import { statusOf } from "./Status.ts"
import { makeTelling } from "./telling.ts"

type StageOptions = AcceptOptions & AdmissionOptions & QueueLimits & FlusherOptions & FlushOptions & ClosingOptions

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
  const isLane = options.concurrency === 1
  const count = yield* makeClientCount(options)
  const alone = new Alone()
  const first: Alone["first"] = (waiting) => (server.silence.isGeneral ? alone.first(waiting) : undefined)
  const store = makeQueue(options, { isLane, first }, yield* Clock.Clock)
  const { budget, ledger, undelivered, settlement } = yield* makeDelivery(options, count)
  const telling = yield* makeTelling(server, store, budget, count)
  const expiry = yield* makeExpiry(options, store, settlement, telling)
  const judge = yield* makeJudge(isLane, alone, store, transport)
  const courier = yield* makeCourier(options, store, expiry, judge, transport, settlement, telling, count)
  const flusher = yield* makeFlusher(options, store, pace, courier)
  const admission = yield* makeAdmission(options, budget, ledger, store, expiry, flusher, settlement, count)
  const accept = yield* makeAccept(options, admission, count)
  const { flush, drain } = makeFlush(options, ledger, flusher, undelivered)
  yield* Effect.addFinalizer(() =>
    closeAll(options, admission, store, flusher, courier, pace, ledger, settlement, undelivered)
  )
  const status = Effect.sync(() => statusOf(server, budget, courier.inFlight()))
  return { accept, flush, drain, status, outcomes: settlement.outcomes }
})
