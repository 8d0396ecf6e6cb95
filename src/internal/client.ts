import {
  Array as Arr,
  Cause,
  Clock,
  Context,
  DateTime,
  Effect,
  Exit,
  Fiber,
  LogLevel,
  Option,
  PubSub,
  Queue,
  References,
  Result,
  Schedule,
  Semaphore,
  Stream,
  type Take
} from "effect"
import { SecureRandom, WebCrypto } from "effect/crypto"
import {
  AnalyticsClosed,
  type CallError,
  type DeliveryError,
  Dropped,
  QueueFull,
  ShutdownTimeout
} from "../AnalyticsError.ts"
import type { ResolvedOptions } from "../AnalyticsOptions.ts"
import { Delivered, type FlushReport, type Outcome, type Receipt } from "../Delivery.ts"
import { AmbientContext } from "../EventContext.ts"
import type { MessageType } from "../Message.ts"
import type { Transport } from "../Transport.ts"
import { batchSink, FlushMark, type QueueItem } from "./batch.ts"
import { type EncodedMessage, makeEncode } from "./encode.ts"
import { makeLedger, type Pending } from "./ledger.ts"
import { makeRandomBytes } from "./randomBytes.ts"

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

const annotations = { package: "cdp-analytics-effect", module: "Analytics" }

export const makeClient = Effect.fnUntraced(function* (options: ResolvedOptions, transport: Transport) {
  const webCrypto = yield* WebCrypto.WebCrypto
  const defaultRandom = Option.getOrElse(yield* Effect.serviceOption(SecureRandom.SecureRandom), () =>
    SecureRandom.make(makeRandomBytes(webCrypto))
  )
  const encode = makeEncode(options)
  const ledger = makeLedger(options)
  // The ledger bounds what the queue holds: a bound of its own could count neither bytes nor what has left it.
  const queue = yield* Queue.unbounded<QueueItem, Cause.Done>()
  const outcomes = yield* PubSub.sliding<Take.Take<Outcome>>(outcomesCapacity)
  const line = Semaphore.makeUnsafe(1)
  let isClosed = false
  let isMarked = false
  let batchId = 0
  let unwarned = 0
  let nextWarning = Number.NEGATIVE_INFINITY

  const mark = (): void => {
    if (isMarked) return
    isMarked = true
    Queue.offerUnsafe(queue, FlushMark)
  }

  const settle = (batch: ReadonlyArray<Pending>, outcome: Outcome): void => {
    ledger.settle(batch, outcome._tag)
    PubSub.publishUnsafe(outcomes, [outcome])
  }

  const admit = (message: EncodedMessage): Receipt => {
    Queue.offerUnsafe(queue, ledger.accept(message))
    return { messageId: message.messageId }
  }

  const dropOldestFor = (bytes: number): void => {
    for (let oldest = ledger.oldest(); oldest !== undefined && !ledger.hasRoom(bytes); oldest = ledger.oldest()) {
      if (oldest.place === "queue") removeFromQueue(oldest)
      settle([oldest], new Dropped({ messageIds: [oldest.message.messageId] }))
      unwarned++
    }
  }

  // Once in a while: a server that is down drops a message with every call.
  const warnOfDropped = Effect.clockWith((clock) => {
    const now = clock.currentTimeMillisUnsafe()
    if (now < nextWarning) return Effect.void
    nextWarning = now + dropWarningMillis
    const count = unwarned
    unwarned = 0
    return Effect.annotateLogs(Effect.logWarning("queue full, oldest messages dropped"), { ...annotations, count })
  })

  // The oldest waiting message is the first in the queue, behind flush marks at most: those go to the end.
  const removeFromQueue = (oldest: Pending): void => {
    while (true) {
      const taken = Queue.takeUnsafe(queue)
      if (taken === undefined || taken._tag === "Failure" || taken.value === oldest) return
      Queue.offerUnsafe(queue, taken.value)
    }
  }

  const awaitRoomFor = (message: EncodedMessage): Effect.Effect<Receipt, AnalyticsClosed> =>
    Effect.suspend(() => {
      if (isClosed) return Effect.fail(new AnalyticsClosed())
      if (ledger.hasRoom(message.bytes)) return Effect.succeed(admit(message))
      mark()
      return Effect.andThen(ledger.awaitRoom, awaitRoomFor(message))
    })

  /** Takes the message in, or does what `whenFull` says. A full queue is sent without waiting for the interval. */
  const enqueue = (message: EncodedMessage): Effect.Effect<Receipt, QueueFull | AnalyticsClosed> => {
    if (ledger.hasRoom(message.bytes)) return Effect.succeed(admit(message))
    mark()
    switch (options.whenFull) {
      case "fail": {
        const { messages, bytes } = ledger.waiting()
        const { queueCapacity: capacity, queueBytes: capacityBytes } = options
        return Effect.fail(new QueueFull({ messages, bytes, capacity, capacityBytes }))
      }
      case "wait":
        // One waits for room and the rest behind it, so that they are let in in order.
        return line.withPermit(awaitRoomFor(message))
      case "dropOldest":
        dropOldestFor(message.bytes)
        return Effect.as(warnOfDropped, admit(message))
    }
  }

  const accept: Client["accept"] = (type, input) =>
    Effect.withFiber((fiber) => {
      const random = Context.getOrUndefined(fiber.context, SecureRandom.SecureRandom) ?? defaultRandom
      return Effect.flatMap(random.uuidV4(), (messageId): Effect.Effect<Receipt, CallError> => {
        if (isClosed) return Effect.fail(new AnalyticsClosed())
        const encoded = encode(type, input, {
          messageId,
          timestamp: DateTime.makeUnsafe(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()),
          context: fiber.getRef(AmbientContext)
        })
        if (Result.isFailure(encoded)) return Effect.fail(encoded.failure)
        const message = encoded.success
        if (!options.enabled) return Effect.succeed({ messageId: message.messageId })
        const enqueued = enqueue(message)
        return isDebug(fiber) ? Effect.tap(enqueued, logAccepted(message)) : enqueued
      })
    })

  const deliver = (batch: ReadonlyArray<Pending>): Effect.Effect<void> =>
    Effect.suspend(() => {
      isMarked = false
      const claimed = ledger.claim(batch)
      if (claimed.length === 0) return Effect.void
      const id = ++batchId
      const messages = claimed.map((pending) => pending.message)
      const details = { batchId: id, count: messages.length, bytes: totalBytes(messages) }
      return Effect.logDebug("sending batch").pipe(
        Effect.andThen(transport.send({ batchId: id, messages })),
        Effect.matchEffect({
          onSuccess: () => {
            settle(claimed, new Delivered({ batchId: id, messageIds: messages.map((message) => message.messageId) }))
            return Effect.logDebug("batch delivered")
          },
          onFailure: (error) => {
            settle(claimed, error)
            return logFailure(error)
          }
        }),
        Effect.annotateLogs({ ...annotations, ...details })
      )
    })

  const pull = Effect.flatMap(Queue.takeBetween(queue, 1, options.maxBatchSize), (items) => {
    for (const item of items) {
      if (item !== FlushMark && item.place === "queue") item.place = "batch"
    }
    return Arr.isReadonlyArrayNonEmpty(items) ? Effect.succeed(items) : Cause.done()
  })

  const flusher = Stream.fromPull(Effect.succeed(pull)).pipe(
    Stream.aggregateWithin(batchSink(options), Schedule.spaced(options.flushInterval)),
    // While every request is under way, the next batch is made and its interval runs.
    Stream.buffer({ capacity: 1 }),
    Stream.mapEffect(deliver, { concurrency: options.concurrency, unordered: true }),
    Stream.runDrain
  )

  const close = Effect.fnUntraced(function* (fiber: Fiber.Fiber<void>) {
    isClosed = true
    ledger.releaseWaiters()
    yield* transport.hasten
    yield* Queue.end(queue)
    yield* Fiber.await(fiber).pipe(Effect.interruptible, Effect.timeoutOption(options.shutdownTimeout))
    yield* Fiber.interrupt(fiber)
    const unsettled = ledger.unsettled()
    if (unsettled.length > 0) {
      const error = new ShutdownTimeout({ messageIds: unsettled.map((pending) => pending.message.messageId) })
      settle(unsettled, error)
      yield* Effect.annotateLogs(logFailure(error), { ...annotations, count: unsettled.length })
    }
    PubSub.endUnsafe(outcomes, Exit.void)
  })

  yield* Effect.acquireRelease(Effect.forkDetach(flusher, { startImmediately: true }), close)

  const requestFlush = Effect.sync(() => {
    isMarked = false
    mark()
  })

  const client: Client = {
    accept,
    flush: Effect.andThen(requestFlush, ledger.report),
    drain: Effect.andThen(requestFlush, ledger.awaitSettled),
    outcomes: Stream.fromPubSubTake(outcomes)
  }
  return client
})

const totalBytes = (messages: ReadonlyArray<EncodedMessage>): number =>
  messages.reduce((total, message) => total + message.bytes, 0)

const isDebug = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  !LogLevel.isGreaterThan(fiber.getRef(References.MinimumLogLevel), "Debug")

const logAccepted = ({ messageId, bytes }: EncodedMessage) =>
  Effect.annotateLogs(Effect.logDebug("message accepted"), { ...annotations, messageId, bytes })

const logFailure = (error: DeliveryError) => {
  const details = "status" in error ? { tag: error._tag, status: error.status } : { tag: error._tag }
  const log = error._tag === "Unauthorized" ? Effect.logError(error.message) : Effect.logWarning(error.message)
  return Effect.annotateLogs(log, details)
}
