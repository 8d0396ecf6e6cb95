import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Receipt } from "../delivery/Delivery.ts"
import { makeWaitingLine } from "../delivery/waitingLine.ts"
import { nameCall } from "../message/callName.ts"
import type { EncodedCall } from "../message/encode.ts"
import { type AcceptOptions, makeAccept } from "../pipeline/accept.ts"
import type { Entrance, EntranceError } from "../pipeline/admission.ts"
import { AnalyticsClosed, OutboxError, QueueFull } from "../pipeline/CallError.ts"
import { laneOf } from "../pipeline/lane.ts"
import { makeCount, showAll } from "../telemetry/count.ts"
import { sleepUnref } from "../time/unref.ts"
import type { Appended, OutboxDatabase } from "./OutboxStore.ts"

export interface WritingOptions extends AcceptOptions {
  readonly whenFull: "fail" | "wait"
  readonly shutdownTimeout: Duration.Duration
}

/** Who waits for room looks again after so long: others may have made some. */
const lookMillis = 100

/** A call returns once its message is committed, or is part of the caller's transaction. */
export const makeWriting = Effect.fnUntraced(function* (
  options: WritingOptions,
  database: OutboxDatabase,
  receiptOf: (messageId: string, appended: Appended) => Receipt
) {
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const count = makeCount(context)
  showAll(context)
  const line = makeWaitingLine()
  const idle = Latch.makeUnsafe(true)
  let committing = 0
  let committingBytes = 0
  let last = 0
  let isClosed = false

  const refuse = <E extends EntranceError>(error: E): Effect.Effect<never, E> => {
    count.refused(error._tag)
    return Effect.fail(error)
  }

  const hasRoom = (bytes: number): boolean => {
    const usage = database.usage()
    return (
      usage.messages + committing < database.maxMessages && usage.bytes + committingBytes + bytes <= database.maxBytes
    )
  }

  const fail = ({ type, event }: EncodedCall): Effect.Effect<never, QueueFull> => {
    const { maxMessages: capacity, maxBytes: capacityBytes } = database
    return refuse(new QueueFull({ ...nameCall(type, event), ...database.usage(), capacity, capacityBytes }))
  }

  const change = (by: 1 | -1, bytes: number): void => {
    committing += by
    committingBytes += by * bytes
    if (committing === 0) idle.openUnsafe()
    else idle.closeUnsafe()
  }

  const append = ({ messageId, type, event, person, json, bytes }: EncodedCall): Effect.Effect<Receipt, OutboxError> =>
    Effect.suspend(() => {
      change(1, bytes)
      const appended = database.append({ messageId, type, lane: laneOf(person), json, bytes }, count.accepted)
      return Effect.matchEffect(
        Effect.onExitPrimitive(appended, () => {
          change(-1, bytes)
          return undefined
        }),
        {
          onFailure: ({ reason, outbox, detail }) =>
            refuse(new OutboxError({ ...nameCall(type, event), reason, outbox, detail })),
          onSuccess: (appended) => {
            last = Math.max(last, appended.id)
            return Effect.succeed(receiptOf(messageId, appended))
          }
        }
      )
    })

  const awaitRoomFor = (message: EncodedCall): Effect.Effect<void, AnalyticsClosed> =>
    Effect.suspend(() => {
      if (isClosed) return refuse(new AnalyticsClosed(nameCall(message.type, message.event)))
      return hasRoom(message.bytes) ? Effect.void : Effect.andThen(sleepUnref(clock, lookMillis), awaitRoomFor(message))
    })

  const entrance: Entrance = {
    isClosed: () => isClosed,
    admit: (message) => {
      if (line.isEmpty() && hasRoom(message.bytes)) return append(message)
      if (options.whenFull === "fail") return fail(message)
      // A transaction that waits holds what others wait for.
      return Effect.flatMap(
        database.isInTransaction,
        (isInside): Effect.Effect<Receipt, EntranceError> =>
          isInside ? fail(message) : line.wait(Effect.andThen(awaitRoomFor(message), append(message)))
      )
    }
  }

  yield* Effect.addFinalizer(() =>
    Effect.andThen(
      Effect.sync(() => {
        isClosed = true
      }),
      idle.await.pipe(Effect.interruptible, Effect.timeoutOption(options.shutdownTimeout))
    )
  )

  // What there can never be room for is not to wait for it.
  const maxMessageBytes = Math.min(options.maxMessageBytes, database.maxBytes)

  return {
    accept: yield* makeAccept({ ...options, maxMessageBytes }, entrance, count),
    /** Waits until what is being committed is. */
    committed: idle.await,
    /** The greatest id that was given to a message here. */
    last: () => last
  }
})
