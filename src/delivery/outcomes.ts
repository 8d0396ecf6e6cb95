import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { LazyArg } from "effect/Function"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Outcome } from "./Outcome.ts"

/** Outcomes for whoever reads them. Nobody need, and then none are made. */
export interface Outcomes {
  readonly publish: (outcome: LazyArg<Outcome>) => void
  /** There are no more. */
  readonly end: () => void
  readonly stream: Stream.Stream<Outcome>
}

/** How many outcomes a slow reader may be behind before it loses the oldest. */
const capacity = 1024

export const makeOutcomes = (): Outcomes => {
  const readers = new Set<Queue.Queue<Outcome, Cause.Done>>()
  let isOver = false

  const reader = Effect.acquireRelease(
    Effect.tap(Queue.sliding<Outcome, Cause.Done>(capacity), (queue) =>
      Effect.sync(() => {
        readers.add(queue)
        if (isOver) Queue.endUnsafe(queue)
      })
    ),
    (queue) => Effect.sync(() => readers.delete(queue))
  )

  return {
    publish: (outcome) => {
      if (readers.size === 0) return
      const made = outcome()
      for (const queue of readers) Queue.offerUnsafe(queue, made)
    },
    end: () => {
      isOver = true
      for (const queue of readers) Queue.endUnsafe(queue)
    },
    stream: Stream.unwrap(Effect.map(reader, (queue) => Stream.fromQueue(queue)))
  }
}
