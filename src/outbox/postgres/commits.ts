import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { makeRunDetached } from "../../time/detached.ts"
import { sleepUnref } from "../../time/unref.ts"
import type { Ask } from "./ask.ts"

/** Of the database: the payload says of which schema and process. A name of the application's own is unlikely to be this one. */
export const channel = "cdp_analytics_outbox"

/** Who wants to know that something was committed. */
export interface Commits {
  /** Tells those of this process at once, and the other processes soon. */
  readonly tell: () => void
  /** Tells those of this process. */
  readonly hear: () => void
  readonly onCommit: (listener: () => void) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * Other processes are told at most ten times a second, by a statement of its own: a NOTIFY in the transactions themselves would
 * make their commits wait for each other.
 */
export const makeCommits = Effect.fnUntraced(function* (ask: Ask, payload: string) {
  const clock = yield* Clock.Clock
  const run = yield* makeRunDetached
  const listeners = new Set<() => void>()

  let isDue = false
  let isOver = false
  let telling: Fiber.Fiber<void> | undefined

  const tellOthers = Effect.gen(function* () {
    while (isDue) {
      isDue = false
      // Who is not told looks once a second.
      yield* Effect.ignore(ask("select pg_notify($1::text, $2::text)", [channel, payload]))
      yield* sleepUnref(clock, 100)
    }
    telling = undefined
  })

  const hear = (): void => {
    for (const listener of listeners) listener()
  }

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isOver = true
      telling?.interruptUnsafe()
    })
  )

  const commits: Commits = {
    hear,
    tell: () => {
      hear()
      isDue = true
      if (telling === undefined && !isOver) telling = run(tellOthers)
    },
    onCommit: (listener) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          // Of its own: the same listener may be given twice.
          const own = () => listener()
          listeners.add(own)
          return own
        }),
        (own) => Effect.sync(() => listeners.delete(own))
      )
  }
  return commits
})
