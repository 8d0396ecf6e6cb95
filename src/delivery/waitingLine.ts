import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/** Of those who wait for room: one looks for it and the rest stand behind it, so that they are let in in order. */
export interface WaitingLine {
  readonly isEmpty: () => boolean
  readonly wait: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

export const makeWaitingLine = (): WaitingLine => {
  const first = Semaphore.makeUnsafe(1)
  let waiting = 0
  return {
    isEmpty: () => waiting === 0,
    wait: (effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          waiting++
        }),
        () => first.withPermit(effect),
        () =>
          Effect.sync(() => {
            waiting--
          })
      )
  }
}
