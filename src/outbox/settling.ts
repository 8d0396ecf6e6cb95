import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { OutboxError } from "../pipeline/CallError.ts"
import { Detach } from "../time/detached.ts"
import { KeepAlive, sleepUnref } from "../time/unref.ts"
import type { Trouble } from "./trouble.ts"

/** Waits for what becomes of messages. */
export interface Settling {
  /** These were settled here. */
  readonly tell: (messages: ReadonlyArray<{ readonly id: number }>) => void
  /**
   * Asks the database until it knows: again when the message was settled here, or any where none is named, and now and then,
   * since others settle messages too. Nothing where nothing is delivered here any more, and the database did not know.
   */
  readonly until: <A>(ask: Effect.Effect<A | undefined, OutboxError>, id?: number) => Effect.Effect<A | undefined>
}

interface Waiter {
  readonly id: number | undefined
  readonly changed: Latch.Latch
}

/** What was settled elsewhere is seen after so long. */
const lookMillis = 500

/** Many may wait for a message each: they look ever more seldom, up to this. */
const mostMillis = 5000

/** For all who wait when the layer closes, to ask once more. */
const lastLook = "1 second"

export const makeSettling = Effect.fnUntraced(function* (trouble: Trouble) {
  const clock = yield* Clock.Clock
  const keepAlive = new KeepAlive(yield* Detach)
  const waiters = new Set<Waiter>()
  const nobodyWaits = Latch.makeUnsafe(true)
  let isOver = false

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      isOver = true
      for (const { changed } of waiters) changed.openUnsafe()
      return Effect.timeoutOption(Effect.interruptible(nobodyWaits.await), lastLook)
    })
  )

  const settling: Settling = {
    tell: (messages) => {
      if (waiters.size === 0) return
      const ids = new Set(messages.map(({ id }) => id))
      for (const { id, changed } of waiters) if (id === undefined || ids.has(id)) changed.openUnsafe()
    },
    until: (ask, id) => {
      const changed = Latch.makeUnsafe(false)
      const waiter = { id, changed }
      const askUntil = (millis: number): ReturnType<typeof settling.until<Effect.Success<typeof ask>>> =>
        Effect.suspend(() => {
          changed.closeUnsafe()
          const isLast = isOver
          return ask.pipe(
            Effect.catch((error) => Effect.as(isLast ? Effect.void : trouble.tell(error), undefined)),
            Effect.flatMap((answer) => {
              if (answer !== undefined || isLast) return Effect.succeed(answer)
              const wait = Effect.raceFirst(changed.await, sleepUnref(clock, millis))
              return Effect.andThen(wait, askUntil(id === undefined ? millis : Math.min(2 * millis, mostMillis)))
            })
          )
        })
      return Effect.acquireUseRelease(
        Effect.sync(() => {
          waiters.add(waiter)
          keepAlive.hold()
          nobodyWaits.closeUnsafe()
        }),
        () => askUntil(lookMillis),
        () =>
          Effect.sync(() => {
            waiters.delete(waiter)
            if (waiters.size > 0) return
            keepAlive.release()
            nobodyWaits.openUnsafe()
          })
      )
    }
  }
  return settling
})
