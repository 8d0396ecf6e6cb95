import { Effect, Exit, Fiber, Latch, Schema } from "effect"
import type { DeliveryError } from "../AnalyticsError.ts"
import type { Undelivered } from "../Delivery.ts"
import { Message } from "../Message.ts"
import type { EncodedMessage } from "./encode.ts"
import { quietly } from "./log.ts"

/** How long the handler may take for a batch: one that never ends must not hold up the rest. */
const handlerTimeout = "10 seconds"

export type UndeliveredHandler = (undelivered: Undelivered) => Effect.Effect<unknown, unknown>

/** Runs the handler of undelivered messages, one batch after the other. */
export interface UndeliveredLine {
  /** Puts a batch into the line. The handler's fiber is its own: who waits for it may be interrupted. */
  readonly enter: (messages: ReadonlyArray<EncodedMessage>, error: DeliveryError) => Effect.Effect<Latch.Latch>
  /** Waits until every batch in the line so far was handled. */
  readonly awaitHandled: Effect.Effect<void>
  /** Gives up on whatever is in the line. */
  readonly stop: () => void
}

const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(Message)))

const handled = Latch.makeUnsafe(true)

export const makeUndeliveredLine = (handler: UndeliveredHandler | undefined): UndeliveredLine => {
  const fibers = new Set<Fiber.Fiber<void>>()
  let last = handled

  return {
    enter: (messages, error) => {
      if (handler === undefined || messages.length === 0) return Effect.succeed(handled)
      const before = last
      const done = Latch.makeUnsafe(false)
      last = done
      const handle = Effect.forEach(messages, ({ json }) => decode(json)).pipe(
        // What was encoded here can be decoded.
        Effect.orDie,
        // @effect-diagnostics-next-line anyUnknownInErrorContext:off - whatever it fails with ends here
        Effect.flatMap((messages) => Effect.exit(Effect.suspend(() => handler({ messages, error })))),
        // The handler is not ours: whatever it does, delivery goes on. What it says may hold data.
        Effect.flatMap((exit) =>
          Exit.isSuccess(exit) ? Effect.void : quietly(Effect.logError("onUndelivered failed"))
        )
      )
      return before.await.pipe(
        Effect.andThen(withinTime(handle)),
        Effect.ensuring(done.open),
        Effect.forkDetach({ startImmediately: true }),
        Effect.map((fiber) => {
          fibers.add(fiber)
          fiber.addObserver(() => fibers.delete(fiber))
          return done
        })
      )
    },
    awaitHandled: Effect.suspend(() => last.await),
    stop: () => {
      last = handled
      for (const fiber of fibers) fiber.interruptUnsafe()
    }
  }
}

/** In a fiber of its own, since what cannot be interrupted cannot be waited for. */
const withinTime = Effect.fnUntraced(function* (handle: Effect.Effect<unknown>) {
  const fiber = yield* Effect.forkDetach(handle, { startImmediately: true })
  yield* Fiber.await(fiber).pipe(
    Effect.timeoutOrElse({
      duration: handlerTimeout,
      orElse: () => quietly(Effect.logError(`onUndelivered took longer than ${handlerTimeout}`))
    }),
    Effect.ensuring(Effect.sync(() => fiber.interruptUnsafe()))
  )
})
