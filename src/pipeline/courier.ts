import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Tracer from "effect/Tracer"
import type { Pending } from "../delivery/ledger.ts"
import { RetriesExhausted } from "../delivery/Outcome.ts"
import { idOf, logOf, type Sent, type Settlement, type SettlementOptions } from "../delivery/settlement.ts"
import type { Count } from "../telemetry/count.ts"
import { isDebug } from "../telemetry/log.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { type Refused, Unavailable } from "../transport/Attempt.ts"
import { closingWait } from "../transport/pace.ts"
import type { Transport } from "../transport/Transport.ts"
import { type Batch, messagesOf, sentOf } from "./Batch.ts"
import type { Expiry } from "./expiry.ts"
import type { Judge, Verdict } from "./judge.ts"
import type { Store } from "./Store.ts"
import type { Telling } from "./telling.ts"
import { ownWait } from "./turns.ts"
import { witnessedWait } from "./Witness.ts"

/** Carries a batch to the server once, and has it settled or puts it back: whole, or in halves. */
export interface Courier {
  readonly carry: (batch: Batch) => Effect.Effect<void>
  /** What it carries, which is nobody's any more. */
  readonly takeUnderWay: () => ReadonlyArray<Pending>
  /** Batches that are in a request. */
  readonly inFlight: () => number
}

export const makeCourier = Effect.fnUntraced(function* (
  { deliveryTimeout }: SettlementOptions,
  store: Store,
  expiry: Expiry,
  judge: Judge,
  transport: Transport,
  settlement: Settlement,
  telling: Telling,
  count: Count
) {
  const { pace } = transport
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const longestLife = Duration.toMillis(deliveryTimeout)
  const underWay = new Set<Batch>()
  let batchId = 0
  /** Answers of 429 in a row. */
  let limited = 0

  const now = (): number => monotonicMillis(clock)

  const begin = (batch: Batch): Sent => {
    if (batch.requests === 0) count.batch(batch.cause ?? "size", batch.messages.length)
    if (batch.attempts === 0) batch.id = ++batchId
    batch.triedAt = now()
    underWay.add(batch)
    batch.isInRequest = true
    judge.begin(batch)
    return sentOf(batch)
  }

  const end = (batch: Batch): void => {
    batch.isInRequest = false
    batch.attempts++
    batch.requests++
  }

  const attempt = (batch: Batch, sent: Sent): Effect.Effect<void, Refused | Unavailable> =>
    Effect.withFiber((fiber) => {
      const { batchId, messages, bytes } = sent
      const { attempts, place } = batch
      const sending = transport.attempt({ batchId, messages, attempts, place, isWitness: false })
      // Nobody sees a span without a tracer, and a request costs a tenth less.
      if (fiber.cache.tracer === undefined) return sending
      return Effect.withSpan(sending, "Analytics.deliver", {
        root: true,
        kind: "client",
        captureStackTrace: false,
        links: linksOf(messages),
        attributes: {
          "cdp_analytics.batch.id": batchId,
          "cdp_analytics.batch.bytes": bytes,
          "messaging.batch.message_count": messages.length
        }
      })
    })

  /** Looked through only where a rule asks for the others: there may be thousands, and many failures. */
  function* withoutOutcome(): Iterable<Batch> {
    yield* store.waiting
    yield* underWay
  }

  const putBack = (batch: Batch, batches: ReadonlyArray<Batch>): void => {
    underWay.delete(batch)
    store.back(batches)
    expiry.notice()
  }

  const sendHalves = (batch: Batch, sent: Sent, why: string): Effect.Effect<void> =>
    Effect.andThen(
      logDebug(sent, `${why}, sending each half`),
      Effect.sync(() => putBack(batch, batch.halve()))
    )

  /** Under way until it is settled: closing looks for what has no outcome. */
  const settle = (batch: Batch, settled: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.andThen(
      settled,
      Effect.sync(() => {
        underWay.delete(batch)
        store.end(batch)
      })
    )

  const giveUp = (batch: Batch, attempts: number, failure: Failure): Effect.Effect<void> =>
    settle(batch, settlement.fail(sentOf(batch), exhausted(batch, attempts, failure)))

  /** Those that let a batch pass are at fault once it was accepted. */
  const endPassed = ({ order }: Batch): Effect.Effect<void> => {
    const passed = store.waiting.filter((batch) => batch.isPassed && batch.order < order).length
    if (passed === 0) return Effect.void
    const taken = store.takeOldest((messages) => messages >= passed)
    for (const batch of taken) underWay.add(batch)
    return Effect.forEach(
      taken,
      (batch) => giveUp(batch, batch.requests, { status: 500, reason: () => "the message behind it was accepted" }),
      { discard: true }
    )
  }

  const accepted = (batch: Batch, sent: Sent): Effect.Effect<void> => {
    limited = 0
    judge.accept(batch, now())
    return Effect.andThen(
      settle(batch, settlement.deliver(sent)),
      Effect.suspend(() => endPassed(batch))
    )
  }

  const refused = (batch: Batch, sent: Sent, failure: Refused): Effect.Effect<void> => {
    limited = 0
    judge.refuse(batch)
    return failure.isAboutContent && batch.isSeveral
      ? sendHalves(batch, sent, "batch refused")
      : settle(batch, settlement.fail(sent, failure.error()))
  }

  const tryAgain = (batch: Batch, { status, isHeld }: Unavailable, longestWait: number): Effect.Effect<void> => {
    const waitAfter = (attempts: number) => Math.min(ownWait(attempts, random.nextDoubleUnsafe()), longestWait)
    batch.notBefore = now() + waitAfter(batch.attempts)
    // A 429 is about every request, a new batch's too. Where the server said for how long, everything waits already.
    if (status === 429 && !isHeld) pace.hold(now(), waitAfter(Math.max(batch.attempts, ++limited)))
    putBack(batch, [batch])
    return Effect.void
  }

  const follow = (verdict: Verdict, batch: Batch, sent: Sent, failure: Unavailable): Effect.Effect<void> => {
    switch (verdict) {
      case "halve":
        return sendHalves(batch, sent, "batch failed too often")
      case "end":
        return giveUp(batch, batch.requests, failure)
      case "soon":
        return tryAgain(batch, failure, witnessedWait(pace.isClosing()))
      case "again":
        return tryAgain(batch, failure, pace.isClosing() ? closingWait : Number.POSITIVE_INFINITY)
    }
  }

  /** What is too old is given up, and the rest goes on. */
  const unavailable = (batch: Batch, sent: Sent, failure: Unavailable): Effect.Effect<void> => {
    const { status, isFinal, attempts } = failure
    if (status !== 429) limited = 0
    if (isFinal) return giveUp(batch, attempts, failure)
    const judged = Effect.suspend(() => judge.fail(batch, status, withoutOutcome(), now())).pipe(
      Effect.flatMap((verdict) => follow(verdict, batch, sent, failure))
    )
    const tooOld = batch.countAcceptedBy(now() - longestLife)
    if (tooOld === 0) return judged
    const late = batch.takeFirst(tooOld)
    store.end(late)
    const isOver = batch.messages.length === 0
    if (isOver) underWay.delete(batch)
    const { await: handled } = settlement.giveUpLate(sentOf(late), batch.requests, status)
    return isOver ? handled : Effect.andThen(handled, judged)
  }

  const courier: Courier = {
    // In the step in which it is taken out of the store: closing looks there or here.
    carry: (batch) => {
      const sent = begin(batch)
      return logDebug(sent, "sending batch").pipe(
        Effect.andThen(attempt(batch, sent)),
        Effect.matchCauseEffect({
          onSuccess: () => {
            end(batch)
            return accepted(batch, sent)
          },
          onFailure: (cause) => {
            end(batch)
            const failure = Option.getOrElse(
              Cause.findErrorOption(cause),
              // A tracer that throws: everything else is in the error channel.
              () =>
                new Unavailable({
                  status: undefined,
                  reason: () => "sending the batch failed",
                  attempts: 0,
                  isFinal: true,
                  isHeld: false
                })
            )
            return failure._tag === "Refused" ? refused(batch, sent, failure) : unavailable(batch, sent, failure)
          }
        }),
        Effect.andThen(Effect.sync(telling.look))
      )
    },
    takeUnderWay: () => {
      const messages = messagesOf(underWay)
      underWay.clear()
      return messages
    },
    inFlight: () => Array.from(underWay).filter(({ isInRequest }) => isInRequest).length
  }
  return courier
})

type Failure = Pick<Unavailable, "status" | "reason">

const exhausted = ({ id, messages }: Batch, attempts: number, { status, reason }: Failure): RetriesExhausted =>
  new RetriesExhausted({
    batchId: id,
    messageIds: messages.map(idOf),
    attempts,
    reason: reason(),
    ...(status !== undefined && { status })
  })

const logDebug = (sent: Sent, line: string): Effect.Effect<void> =>
  Effect.withFiber((fiber) => (isDebug(fiber) ? logOf(sent, Effect.logDebug(line)) : Effect.void))

/** Each span once, however many of its messages are in the batch. */
const linksOf = (messages: ReadonlyArray<Pending>): ReadonlyArray<Tracer.SpanLink> => {
  const links = new Map<string, Tracer.SpanLink>()
  for (const { link } of messages) {
    if (link !== undefined) links.set(`${link.span.traceId}-${link.span.spanId}`, link)
  }
  return [...links.values()]
}
