import { Cause, Clock, Duration, Effect, Option, Random, type Tracer } from "effect"
import type { Pending } from "../delivery/ledger.ts"
import { RetriesExhausted } from "../delivery/Outcome.ts"
import { idOf, logOf, type Sent, type Settlement, type SettlementOptions } from "../delivery/settlement.ts"
import type { Count } from "../telemetry/count.ts"
import { isDebug } from "../telemetry/log.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { type Parcel, type Refused, Unavailable } from "../transport/Attempt.ts"
import { closingWait } from "../transport/pace.ts"
import type { Transport } from "../transport/Transport.ts"
import type { Alone } from "./Alone.ts"
import { type Batch, messagesOf, sentOf } from "./Batch.ts"
import type { Store } from "./Store.ts"
import { FirstTries } from "./Suspicion.ts"
import type { Telling } from "./telling.ts"
import { ownWait } from "./turns.ts"
import { howManyWitnesses, letPass, type Witness, witnessedWait, witnessRoot } from "./Witness.ts"

/** Carries a batch to the server once, and has it settled or puts it back: whole, or in halves. */
export interface Courier {
  readonly carry: (batch: Batch) => Effect.Effect<void>
  /** What it carries. */
  readonly underWay: () => ReadonlyArray<Pending>
  /** Requests, that is. */
  readonly inFlight: () => number
  /** No wait is longer than a second any more. */
  readonly hasten: () => void
}

export const makeCourier = Effect.fnUntraced(function* (
  { deliveryTimeout }: SettlementOptions,
  store: Store,
  alone: Alone,
  /** In a lane. */
  witness: Witness | undefined,
  transport: Transport,
  settlement: Settlement,
  telling: Telling,
  count: Count
) {
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const longestLife = Duration.toMillis(deliveryTimeout)
  const underWay = new Set<Batch>()
  const others = new FirstTries()
  let batchId = 0
  let isClosing = false
  /** Answers of 429 in a row. */
  let limited = 0

  const now = (): number => monotonicMillis(clock)

  const begin = (batch: Batch): Sent => {
    if (batch.requests === 0) count.batch(batch.cause ?? "size", batch.messages.length)
    underWay.add(batch)
    batch.id = ++batchId
    batch.triedAt = now()
    batch.suspicion.begin(others)
    return { batchId: batch.id, messages: batch.messages, bytes: batch.bytes }
  }

  const attempt = (batch: Batch, sent: Sent): Effect.Effect<void, Refused | Unavailable> =>
    Effect.withFiber((fiber) => {
      const { batchId, messages, bytes } = sent
      const { attempts, root } = batch
      const sending = transport.attempt({ batchId, messages, attempts, root, isWitness: false })
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

  /** An attempt ended, which is known of other batches if it was the first. */
  const end = (batch: Batch, result: "accepted" | "failed" | undefined): void => {
    batch.attempts++
    batch.requests++
    if (batch.attempts > 1) return
    others.tried++
    if (result !== undefined) others[result]++
  }

  const putBack = (batch: Batch, ...batches: ReadonlyArray<Batch>): void => {
    underWay.delete(batch)
    store.back(batches)
  }

  /** Under way until it is settled: closing looks for what has no outcome. */
  const settle = (batch: Batch, settled: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.andThen(
      settled,
      Effect.sync(() => underWay.delete(batch))
    )

  const accepted = (batch: Batch, sent: Sent): Effect.Effect<void> => {
    end(batch, "accepted")
    limited = 0
    alone.accept(batch)
    witness?.remember(sent.messages.at(-1), now())
    return Effect.andThen(
      settle(batch, settlement.deliver(sent)),
      Effect.suspend(() => endPassed(batch))
    )
  }

  const refused = (batch: Batch, sent: Sent, failure: Refused): Effect.Effect<void> => {
    end(batch, undefined)
    if (!(failure.isAboutContent && batch.isSeveral)) return settle(batch, settlement.fail(sent, failure.error()))
    putBack(batch, ...batch.halve())
    return logDebug(sent, "batch refused, sending each half")
  }

  /** Those that let a batch pass are at fault once it was accepted. */
  const endPassed = ({ order }: Batch): Effect.Effect<void> => {
    const passed = store.waiting.filter((batch) => batch.isPassed && batch.order < order)
    if (passed.length === 0) return Effect.void
    const count = messagesOf(passed).length
    return Effect.forEach(
      store.takeOldest((messages) => messages >= count),
      (batch) => {
        underWay.add(batch)
        return endAtFault(batch, { status: 500, reason: "the message behind it was accepted" })
      },
      { discard: true }
    )
  }

  /** Of a batch whose attempt failed, what is too old is given up, and the rest goes on. */
  const giveUpLate = (batch: Batch, status: number | undefined): Effect.Effect<void> => {
    const late = batch.takeAcceptedBy(now() - longestLife)
    if (late === undefined) return Effect.void
    return settlement.giveUpLate(sentOf(late), late.requests, status).await
  }

  const tryAgain = (batch: Batch, { status, isHeld }: Unavailable, longestWait: number): Effect.Effect<void> => {
    const longest = isClosing ? Math.min(closingWait, longestWait) : longestWait
    const waitAfter = (attempts: number) => Math.min(ownWait(attempts, random.nextDoubleUnsafe()), longest)
    batch.notBefore = now() + waitAfter(batch.attempts)
    // A 429 is about every request, a new batch's too. Where the server said for how long, everything waits already.
    if (status === 429 && !isHeld) transport.pace.hold(now(), waitAfter(Math.max(batch.attempts, ++limited)))
    putBack(batch, batch)
    return Effect.void
  }

  const endAtFault = (batch: Batch, failure: Failure): Effect.Effect<void> =>
    settle(batch, settlement.fail(sentOf(batch), exhausted(batch, batch.requests, failure)))

  /** In a lane a message alone is judged by witnesses. */
  const judge = (batch: Batch, failure: Unavailable, witness: Witness): Effect.Effect<void> => {
    batch.trial.fail(failure.status)
    const message = witness.at(now())
    if (!batch.trial.needsWitness || transport.pace.heldFor(now()) > 0) {
      return tryAgain(batch, failure, Number.POSITIVE_INFINITY)
    }
    if (message === undefined) {
      if (isClosing) letPass(batch, store)
      return tryAgain(batch, failure, Number.POSITIVE_INFINITY)
    }
    const parcel: Parcel = { batchId: batch.id, messages: [message], attempts: 0, root: witnessRoot, isWitness: true }
    return Effect.suspend(() => transport.attempt(parcel)).pipe(
      Effect.repeat({ times: howManyWitnesses(random.nextDoubleUnsafe()) - 1 }),
      Effect.match({ onFailure: () => false, onSuccess: () => true }),
      Effect.flatMap((areAccepted) => {
        telling.look()
        batch.trial.hear(areAccepted)
        if (batch.trial.isAtFault) return endAtFault(batch, failure)
        return tryAgain(batch, failure, areAccepted ? witnessedWait(isClosing) : Number.POSITIVE_INFINITY)
      })
    )
  }

  const unavailable = (batch: Batch, sent: Sent, failure: Unavailable): Effect.Effect<void> => {
    end(batch, "failed")
    const { status, isFinal, attempts } = failure
    if (isFinal) return settle(batch, settlement.fail(sent, exhausted(batch, attempts, failure)))
    return Effect.andThen(
      giveUpLate(batch, status),
      Effect.suspend(() => {
        if (batch.messages.length === 0) return Effect.sync(() => underWay.delete(batch))
        if (witness === undefined) batch.suspicion.fail(others, batch.attempts, status)
        if (batch.isSeveral) {
          const isAlone = status === 500 && alone.fail(batch, [...store.waiting, ...underWay])
          if (!isAlone && !batch.suspicion.isEnough) return tryAgain(batch, failure, Number.POSITIVE_INFINITY)
          putBack(batch, ...batch.halve())
          return logDebug(sent, "batch failed too often, sending each half")
        }
        if (batch.suspicion.isCertain) return endAtFault(batch, failure)
        return witness === undefined
          ? tryAgain(batch, failure, Number.POSITIVE_INFINITY)
          : judge(batch, failure, witness)
      })
    )
  }

  const ended = (): void => {
    const oldest = store.oldest()
    count.oldest(oldest === undefined ? 0 : now() - oldest)
    telling.look()
  }

  const courier: Courier = {
    carry: (batch) =>
      Effect.suspend(() => {
        const sent = begin(batch)
        return logDebug(sent, "sending batch").pipe(
          Effect.andThen(attempt(batch, sent)),
          Effect.matchCauseEffect({
            onSuccess: () => accepted(batch, sent),
            onFailure: (cause) => {
              const failure = Option.getOrElse(
                Cause.findErrorOption(cause),
                // A tracer that throws: everything else is in the error channel.
                () =>
                  new Unavailable({
                    status: undefined,
                    reason: "sending the batch failed",
                    attempts: 0,
                    isFinal: true,
                    isHeld: false
                  })
              )
              return failure._tag === "Refused" ? refused(batch, sent, failure) : unavailable(batch, sent, failure)
            }
          }),
          Effect.andThen(Effect.sync(ended))
        )
      }),
    underWay: () => messagesOf(underWay),
    inFlight: () => underWay.size,
    hasten: () => {
      isClosing = true
      store.hasten(now() + closingWait, 0)
    }
  }
  return courier
})

type Failure = Pick<Unavailable, "status" | "reason">

const exhausted = ({ id, messages }: Batch, attempts: number, { status, reason }: Failure): RetriesExhausted =>
  new RetriesExhausted({
    batchId: id,
    messageIds: messages.map(idOf),
    attempts,
    reason,
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
