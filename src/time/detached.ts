import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/**
 * Begins what outlives the call that causes it, outside of what the platform keeps for that call: on Node, the stores of
 * `AsyncLocalStorage`, which timers, sockets and fibers otherwise take over and keep.
 */
export const Detach = Context.Reference<<A>(begin: () => A) => A>("cdp-analytics-effect/time/detached/Detach", {
  defaultValue: () => (begin) => begin()
})

/** Runs effects so, in the context of where this is. */
export const makeRunDetached = Effect.gen(function* () {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const detach = yield* Detach
  return <A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> => detach(() => run(effect))
})

/** Runs an effect so until the scope closes, which does not wait for it. */
export const runWhileOpen = Effect.fnUntraced(function* (effect: Effect.Effect<void>) {
  const run = yield* makeRunDetached
  yield* Effect.acquireRelease(
    Effect.sync(() => run(effect)),
    (fiber) => Effect.sync(() => fiber.interruptUnsafe())
  )
})
