import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type { EncodedMessage } from "../message/encode.ts"
import type { Message } from "../message/Message.ts"
import { messageFromJson } from "../message/messageFromJson.ts"
import { quietly } from "../telemetry/log.ts"
import { makeRunDetached } from "../time/detached.ts"
import type { Undelivered } from "./Delivery.ts"
import type { Failure } from "./Outcome.ts"

/** How long the handler may take for a batch: one that never ends must not hold up the rest. */
const handlerTimeout = "10 seconds"

/** How many batches may stand in line before who brings one waits for it: the handler's speed bounds what it holds. */
const maxInLine = 16

/**
 * What the option `onUndelivered` is: what is to become of messages that were not delivered. Whatever it fails with is logged.
 *
 * @category options
 * @since 0.1.0
 */
export type UndeliveredHandler = (undelivered: Undelivered) => Effect.Effect<unknown, unknown>

/** Runs the handler of undelivered messages, one batch after the other, in a fiber of its own. */
export interface UndeliveredLine {
  /** Puts a batch into the line at once. The latch is to be waited for; it is open unless the line is long. */
  readonly enter: (messages: ReadonlyArray<EncodedMessage>, error: Failure) => Latch.Latch
  /** Waits until every batch in the line so far was handled. */
  readonly awaitHandled: Effect.Effect<void>
  /** Gives up on whatever is in the line, and says so. */
  readonly stop: Effect.Effect<void>
}

const open = Latch.makeUnsafe(true)

export const makeUndeliveredLine = Effect.fnUntraced(function* (handler: UndeliveredHandler | undefined) {
  if (handler === undefined) {
    const line: UndeliveredLine = { enter: () => open, awaitHandled: Effect.void, stop: Effect.void }
    return line
  }
  const run = yield* makeRunDetached
  const queue = yield* Queue.unbounded<{
    readonly messages: ReadonlyArray<EncodedMessage>
    readonly error: Failure
    readonly done: Latch.Latch
  }>()
  /** How many messages each has. */
  const unfinished = new Map<Latch.Latch, number>()
  let last = open

  const handle = (messages: ReadonlyArray<EncodedMessage>, error: Failure): Effect.Effect<void> =>
    read(messages).pipe(
      // @effect-diagnostics-next-line anyUnknownInErrorContext:off - whatever it fails with ends here
      Effect.flatMap((read) => Effect.exit(Effect.suspend(() => handler({ ...read, error })))),
      // The handler is not ours: whatever it does, delivery goes on. What it says may hold data.
      Effect.flatMap((exit) => (Exit.isSuccess(exit) ? Effect.void : tell("onUndelivered failed", messages.length)))
    )

  const finish = (done: Latch.Latch): void => {
    unfinished.delete(done)
    done.openUnsafe()
  }

  const worker = run(
    Queue.take(queue).pipe(
      Effect.flatMap(({ messages, error, done }) =>
        Effect.ensuring(
          withinTime(handle(messages, error), messages.length),
          Effect.sync(() => finish(done))
        )
      ),
      Effect.forever
    )
  )

  const line: UndeliveredLine = {
    enter: (messages, error) => {
      if (messages.length === 0) return open
      const done = Latch.makeUnsafe(false)
      last = done
      unfinished.set(done, messages.length)
      Queue.offerUnsafe(queue, { messages, error, done })
      return unfinished.size > maxInLine ? done : open
    },
    awaitHandled: Effect.suspend(() => last.await),
    stop: Effect.suspend(() => {
      // First: what is interrupted is finished.
      const count = Array.from(unfinished.values()).reduce((total, messages) => total + messages, 0)
      worker.interruptUnsafe()
      for (const done of unfinished.keys()) finish(done)
      return count === 0 ? Effect.void : tell("onUndelivered was cut off by closing", count)
    })
  }
  return line
})

/** Each by itself: one that cannot be read must not take the others with it. */
const read = Effect.fnUntraced(function* (encoded: ReadonlyArray<EncodedMessage>) {
  const messages: Array<typeof Message.Type> = []
  const unreadable: Array<string> = []
  for (const { json } of encoded) {
    const message = messageFromJson(json)
    // Some keys JSON.parse takes for others: https://github.com/nodejs/node/issues/63785
    if (Result.isSuccess(message) && JSON.stringify(message.success) === json) messages.push(message.success)
    else unreadable.push(json)
  }
  if (unreadable.length === 0) return { messages }
  yield* tell("undelivered messages do not fit their Schema", unreadable.length)
  return { messages, unreadable }
})

const tell = (line: string, count: number): Effect.Effect<void> =>
  quietly(Effect.annotateLogs(Effect.logError(line), { count }))

/** In a fiber of its own, since what cannot be interrupted cannot be waited for. */
const withinTime = Effect.fnUntraced(function* (handle: Effect.Effect<void>, count: number) {
  const fiber = yield* Effect.forkDetach(handle, { startImmediately: true })
  yield* Fiber.await(fiber).pipe(
    Effect.timeoutOrElse({
      duration: handlerTimeout,
      orElse: () => tell(`onUndelivered took longer than ${handlerTimeout}`, count)
    }),
    Effect.ensuring(Effect.sync(() => fiber.interruptUnsafe()))
  )
})
