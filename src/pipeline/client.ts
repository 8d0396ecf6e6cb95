import {
  Cause,
  Clock,
  Context,
  Duration,
  Effect,
  Exit,
  type Fiber,
  type Latch,
  LogLevel,
  Option,
  PubSub,
  Result,
  Semaphore,
  Stream,
  type Take,
  Tracer
} from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as WebCrypto from "effect/crypto/WebCrypto"
import type { LazyArg } from "effect/Function"
import type { FlushReport, Receipt } from "../delivery/Delivery.ts"
import { makeLedger } from "../delivery/ledger.ts"
import {
  Delivered,
  type DeliveryError,
  Dropped,
  type Outcome,
  RetriesExhausted,
  ShutdownTimeout
} from "../delivery/Outcome.ts"
import { deliveredReceipt } from "../delivery/receipt.ts"
import { makeUndeliveredLine, type UndeliveredHandler } from "../delivery/undelivered.ts"
import { AmbientContext } from "../message/EventContext.ts"
import { type EncodedMessage, type EncodeOptions, makeEncode } from "../message/encode.ts"
import type { MessageType } from "../message/Message.ts"
import { makeCount } from "../telemetry/count.ts"
import { quietly } from "../telemetry/log.ts"
import type { FlushCause } from "../telemetry/metrics.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import type { Transport } from "../transport/Transport.ts"
import { AnalyticsClosed, type CallError, QueueFull } from "./CallError.ts"
import { type Flusher, type FlusherOptions, makeFlusher } from "./flusher.ts"
import { type Batch, makeQueue, type QueueLimits, takeFirst } from "./queue.ts"

/**
 * What happens to a call when the queue is full: `fail` with `QueueFull` at once, `wait` for room, or `dropOldest`, which
 * accepts the message and reports the oldest waiting one as `Dropped`.
 *
 * @category models
 * @since 0.1.0
 */
export type WhenFull = "fail" | "wait" | "dropOldest"

export interface ClientOptions extends EncodeOptions, QueueLimits, FlusherOptions {
  readonly whenFull: WhenFull
  readonly onUndelivered: UndeliveredHandler | undefined
  readonly shutdownTimeout: Duration.Duration
  /** Otherwise messages are validated and go nowhere. */
  readonly enabled: boolean
}

/** What a client does, whatever the shape of its calls. */
export interface Client {
  /** Without a type, the message names its own. */
  readonly accept: (type: MessageType | undefined, input: unknown) => Effect.Effect<Receipt, CallError>
  readonly flush: Effect.Effect<FlushReport>
  /** A flush that leaves the counting to the next. */
  readonly drain: Effect.Effect<void>
  readonly outcomes: Stream.Stream<Outcome>
}

/** How many outcomes a slow reader may be behind before it loses the oldest. */
const outcomesCapacity = 1024

const dropWarningMillis = 10_000

/** What closing leaves to `onUndelivered`, for what could not be sent in time: a tenth of it, and never more than this. */
const maxHandlerTime = Duration.seconds(2)

export const makeClient = Effect.fnUntraced(function* (options: ClientOptions, transport: Transport) {
  const webCrypto = yield* WebCrypto.WebCrypto
  const defaultRandom =
    Option.getOrUndefined(yield* Effect.serviceOption(SecureRandom.SecureRandom)) ?? makeRandom(webCrypto)
  const clock = yield* Clock.Clock
  const count = makeCount(yield* Effect.context<never>())
  const encode = makeEncode(options)
  const queue = makeQueue(options, clock, count.waiting)
  const ledger = makeLedger()
  const undelivered = yield* makeUndeliveredLine(options.onUndelivered)
  const outcomes = yield* PubSub.sliding<Take.Take<Outcome>>(outcomesCapacity)
  /** What left the queue and has no outcome yet. */
  const unsettled = new Set<Batch>()
  const line = Semaphore.makeUnsafe(1)
  let inLine = 0
  let isClosed = false
  let batchId = 0
  let isKeyRefused = false
  let unwarned = 0
  let nextWarning = Number.NEGATIVE_INFINITY

  const admit = (message: EncodedMessage, link: Tracer.SpanLink | undefined): Receipt => {
    const pending = ledger.accept(message, link)
    queue.add(pending)
    flusher.notice()
    count.accepted()
    return pending.receipt
  }

  const refuse = <E extends CallError>(error: E): Effect.Effect<never, E> => {
    count.refused(error._tag)
    return Effect.fail(error)
  }

  /** Once for each batch. */
  const settle = (batch: Batch, failure: DeliveryError | undefined): void => {
    unsettled.delete(batch)
    ledger.settle(batch.messages, failure)
    count.settled(failure?._tag ?? "Delivered", batch.messages.length)
  }

  /** Nobody need read outcomes, and then none are made. */
  const publish = (outcome: LazyArg<Outcome>): void => {
    if (outcomes.subscribers.size > 0) PubSub.publishUnsafe(outcomes, [outcome()])
  }

  /** Gives batches their failure at once, and hands them to `onUndelivered`. The latch is to be waited for. */
  const fail = (batches: ReadonlyArray<Batch>, error: DeliveryError): Latch.Latch => {
    // Before they are settled: a flush that this lets go looks for what is being handled.
    const entered = undelivered.enter(messagesOf(batches), error)
    for (const batch of batches) settle(batch, error)
    publish(() => error)
    return entered
  }

  /** Makes room for a message and takes it in. */
  const displaceFor = (
    message: EncodedMessage,
    link: Tracer.SpanLink | undefined
  ): Effect.Effect<Receipt, AnalyticsClosed> => {
    const victims = queue.takeOldestFor(message.bytes)
    const messageIds = messagesOf(victims).map(idOf)
    unwarned += messageIds.length
    const receipt = admit(message, link)
    return fail(victims, new Dropped({ messageIds })).await.pipe(Effect.andThen(warnOfDropped), Effect.as(receipt))
  }

  // Once in a while: a server that is down drops a message with every call.
  const warnOfDropped = Effect.suspend(() => {
    const now = monotonicMillis(clock)
    if (unwarned === 0 || (now < nextWarning && !isClosed)) return Effect.void
    nextWarning = now + dropWarningMillis
    const dropped = unwarned
    unwarned = 0
    return quietly(Effect.annotateLogs(Effect.logWarning("queue full, oldest messages dropped"), { count: dropped }))
  })

  const awaitRoomFor = (
    message: EncodedMessage,
    link: Tracer.SpanLink | undefined
  ): Effect.Effect<Receipt, AnalyticsClosed> =>
    Effect.suspend(() => {
      if (isClosed) return refuse(new AnalyticsClosed())
      if (queue.hasRoom(message.bytes)) return Effect.succeed(admit(message, link))
      flusher.hurry("full")
      return Effect.andThen(queue.nextRoom().await, awaitRoomFor(message, link))
    })

  /** One waits for room and the rest behind it, so that they are let in in order. */
  const queueUpFor = (
    message: EncodedMessage,
    link: Tracer.SpanLink | undefined
  ): Effect.Effect<Receipt, AnalyticsClosed> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        inLine++
      }),
      () => line.withPermit(awaitRoomFor(message, link)),
      () =>
        Effect.sync(() => {
          inLine--
        })
    )

  /** Takes the message in, or does what `whenFull` says. */
  const enqueue = (
    message: EncodedMessage,
    link: Tracer.SpanLink | undefined
  ): Effect.Effect<Receipt, QueueFull | AnalyticsClosed> => {
    if (inLine === 0 && queue.hasRoom(message.bytes)) return Effect.succeed(admit(message, link))
    // A full queue is sent without waiting for the interval.
    flusher.hurry("full")
    switch (options.whenFull) {
      case "fail": {
        const { messages, bytes } = queue.waiting()
        const { queueCapacity: capacity, queueBytes: capacityBytes } = options
        return refuse(new QueueFull({ messages, bytes, capacity, capacityBytes }))
      }
      case "wait":
        return queueUpFor(message, link)
      case "dropOldest":
        return displaceFor(message, link)
    }
  }

  const accept: Client["accept"] = (type, input) =>
    Effect.withFiber((fiber) => {
      const random = Context.getOrUndefined(fiber.context, SecureRandom.SecureRandom) ?? defaultRandom
      return random === undefined
        ? acceptAs(webCrypto.randomUUID(), type, input, fiber)
        : Effect.flatMap(random.uuidV4(), (messageId) => acceptAs(messageId, type, input, fiber))
    })

  const acceptAs = (
    messageId: string,
    type: MessageType | undefined,
    input: unknown,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Effect.Effect<Receipt, CallError> => {
    if (isClosed) return refuse(new AnalyticsClosed())
    const encoded = encode(type, input, {
      messageId,
      timestamp: fiber.getRef(Clock.Clock).currentTimeMillisUnsafe(),
      contexts: fiber.getRef(AmbientContext)
    })
    if (Result.isFailure(encoded)) return refuse(encoded.failure)
    const message = encoded.success
    if (!options.enabled) return Effect.succeed(deliveredReceipt(message.messageId))
    const enqueued = enqueue(message, linkOf(fiber))
    return isDebug(fiber) ? Effect.tap(enqueued, logAccepted(message)) : enqueued
  }

  const deliver = (batch: Batch, cause: FlushCause): Effect.Effect<void> => {
    count.batch(cause, batch.messages.length)
    unsettled.add(batch)
    return Effect.andThen(send(batch), warnOfDropped)
  }

  /** Sends a batch, in halves where the server refuses it for what is in it: what it refuses in the end stands alone. */
  const send = (batch: Batch): Effect.Effect<void> =>
    Effect.withFiber((fiber) => {
      const id = ++batchId
      const { messages } = batch
      const details = { batchId: id, count: messages.length, bytes: batch.bytes }
      const log = (line: Effect.Effect<void>) => quietly(Effect.annotateLogs(line, details))
      const logDebug = (line: string) => (isDebug(fiber) ? log(Effect.logDebug(line)) : Effect.void)
      const sending = transport.send({ batchId: id, messages })
      return logDebug("sending batch").pipe(
        Effect.andThen(
          // Nobody sees a span without a tracer, and a request costs a tenth less.
          fiber.cache.tracer === undefined
            ? sending
            : Effect.withSpan(sending, "Analytics.deliver", {
                root: true,
                kind: "client",
                captureStackTrace: false,
                links: linksOf(batch),
                attributes: {
                  "cdp_analytics.batch.id": id,
                  "cdp_analytics.batch.bytes": details.bytes,
                  "messaging.batch.message_count": details.count
                }
              })
        ),
        Effect.matchCauseEffect({
          onSuccess: () => {
            if (!unsettled.has(batch)) return Effect.void
            settle(batch, undefined)
            publish(() => new Delivered({ batchId: id, messageIds: messages.map(idOf) }))
            return isKeyRefused ? log(logKeyAccepted) : logDebug("batch delivered")
          },
          onFailure: (cause) => {
            const error = Option.getOrElse(
              Cause.findErrorOption(cause),
              // A tracer that throws: everything else is in the error channel.
              () =>
                new RetriesExhausted({
                  batchId: id,
                  messageIds: messages.map(idOf),
                  attempts: 0,
                  reason: "sending the batch failed"
                })
            )
            if (isSplittable(error) && messages.length > 1 && unsettled.has(batch)) {
              const half = takeFirst(batch, Math.ceil(messages.length / 2))
              unsettled.add(half)
              return logDebug("batch refused, sending each half").pipe(
                Effect.andThen(send(half)),
                Effect.andThen(send(batch))
              )
            }
            return Effect.andThen(
              log(logFailure(error)),
              Effect.suspend(() => (unsettled.has(batch) ? fail([batch], error).await : Effect.void))
            )
          }
        })
      )
    })

  const logKeyAccepted = Effect.suspend(() => {
    isKeyRefused = false
    return Effect.logInfo("The API key is accepted again")
  })

  const logFailure = (error: DeliveryError): Effect.Effect<void> =>
    Effect.suspend(() => {
      const details = "status" in error ? { tag: error._tag, status: error.status } : { tag: error._tag }
      if (error._tag !== "Unauthorized") return Effect.annotateLogs(Effect.logWarning(error.message), details)
      // Once: every batch will be refused until somebody mends the key.
      const isKnown = isKeyRefused
      isKeyRefused = true
      return Effect.annotateLogs(isKnown ? Effect.logDebug(error.message) : Effect.logError(error.message), details)
    })

  /** Sends everything, and gives up on what is left in time. It waits for nothing that it interrupts. */
  const close = Effect.fnUntraced(
    function* (flusher: Flusher) {
      const handlerTime =
        options.onUndelivered === undefined
          ? Duration.zero
          : Duration.min(Duration.divideUnsafe(options.shutdownTimeout, 10), maxHandlerTime)
      const deadline = monotonicMillis(clock) + Duration.toMillis(options.shutdownTimeout)
      isClosed = true
      queue.releaseWaiters()
      yield* transport.hasten
      flusher.hurry("close")
      yield* within(flusher.idle, Duration.subtract(options.shutdownTimeout, handlerTime))
      flusher.stop()
      const batches = [...unsettled, ...queue.takeAll()]
      if (batches.length > 0) {
        const messageIds = messagesOf(batches).map(idOf)
        const error = new ShutdownTimeout({ messageIds })
        // At once: what was interrupted may still come to its end.
        fail(batches, error)
        yield* quietly(Effect.annotateLogs(logFailure(error), { count: messageIds.length }))
      }
      yield* warnOfDropped
      // In whole milliseconds, as timers count: what is less is lost to rounding.
      const left = Math.floor(deadline - monotonicMillis(clock))
      yield* within(undelivered.awaitHandled, Duration.millis(Math.max(0, left)))
    },
    Effect.ensuring(
      Effect.sync(() => {
        undelivered.stop()
        PubSub.endUnsafe(outcomes, Exit.void)
      })
    )
  )

  const flusher = yield* Effect.acquireRelease(makeFlusher(options, queue, deliver), close)

  const client: Client = {
    accept,
    // Both in one step: what is accepted in between would wait for its interval.
    flush: Effect.suspend(() => {
      flusher.hurry("flush")
      return ledger.reportAfter(undelivered.awaitHandled)
    }),
    drain: Effect.suspend(() => {
      flusher.hurry("flush")
      return ledger.seal().await
    }),
    outcomes: Stream.fromPubSubTake(outcomes)
  }
  return client
})

/** What makes ids where the platform's own may not, or cannot: browsers do in secure contexts only. */
const makeRandom = (crypto: Crypto): SecureRandom.SecureRandom["Service"] | undefined =>
  crypto === globalThis.crypto && typeof crypto.randomUUID === "function"
    ? undefined
    : SecureRandom.make((size) => crypto.getRandomValues(new Uint8Array(size)))

/** As far as it comes in the time, also in a finalizer. */
const within = (effect: Effect.Effect<unknown>, duration: Duration.Duration): Effect.Effect<unknown> =>
  effect.pipe(Effect.interruptible, Effect.timeoutOption(duration))

const messagesOf = (batches: ReadonlyArray<Batch>): ReadonlyArray<EncodedMessage> =>
  batches.flatMap(({ messages }) => messages)

const idOf = (message: EncodedMessage): string => message.messageId

/** Refused for what is in it, so that a part may be taken: malformed or too large. */
const isSplittable = (error: DeliveryError): boolean =>
  error._tag === "Rejected" && (error.status === 400 || error.status === 413)

/** The caller's span, without what it holds. */
const linkOf = (fiber: Fiber.Fiber<unknown, unknown>): Tracer.SpanLink | undefined => {
  const { span } = fiber.cache
  if (span === undefined || !span.sampled) return undefined
  const { spanId, traceId } = span
  return { span: Tracer.externalSpan({ spanId, traceId }), attributes: {} }
}

/** Each span once, however many of its messages are in the batch. */
const linksOf = ({ messages }: Batch): ReadonlyArray<Tracer.SpanLink> => {
  const links = new Map<string, Tracer.SpanLink>()
  for (const { link } of messages) {
    if (link !== undefined) links.set(`${link.span.traceId}-${link.span.spanId}`, link)
  }
  return [...links.values()]
}

const isDebug = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  !LogLevel.isGreaterThan(fiber.cache.minimumLogLevel, "Debug")

const logAccepted = ({ messageId, bytes }: EncodedMessage) =>
  quietly(Effect.annotateLogs(Effect.logDebug("message accepted"), { messageId, bytes }))
