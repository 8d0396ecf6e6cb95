import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { sleepUnref } from "../time/unref.ts"
import { quietly } from "./log.ts"

/** A failure of a call, which names the call. */
export interface QuietFailure {
  readonly _tag: string
  readonly type: string
  readonly event?: string
  readonly message: string
}

/** How long a line stands for all failures of its kind. */
const lineMillis = 10_000

/** Names of events may be made up without end: those that are too many count together. */
const maxKinds = 1000

/** What happened of one kind, by its tag and event. */
interface Kind {
  failure: QuietFailure
  untold: number
}

/** Says failures in the log: a line for each kind of them in 10 seconds, with how many there were. `fork` runs what counts. */
export const makeQuietFailures = (fork: (watch: Effect.Effect<void>) => Effect.Effect<unknown>) => {
  const kinds = new Map<string, Kind>()

  const tell = (kind: Kind): Effect.Effect<void> => {
    const { message, _tag: tag, type, event } = kind.failure
    const count = kind.untold
    kind.untold = 0
    return quietly(
      Effect.annotateLogs(Effect.logWarning(message), { tag, type, ...(event !== undefined && { event }), count })
    )
  }

  /** As long as there are more of them. */
  const watch = (key: string, kind: Kind): Effect.Effect<void> =>
    Clock.clockWith((clock) => sleepUnref(clock, lineMillis)).pipe(
      Effect.andThen(
        Effect.suspend(() => {
          if (kind.untold > 0) return Effect.andThen(tell(kind), watch(key, kind))
          kinds.delete(key)
          return Effect.void
        })
      )
    )

  return (failure: QuietFailure): Effect.Effect<void> =>
    Effect.suspend(() => {
      const named = `${failure._tag} ${failure.event ?? failure.type}`
      const key = kinds.has(named) || kinds.size < maxKinds ? named : failure._tag
      const known = kinds.get(key)
      if (known !== undefined) {
        known.failure = failure
        known.untold++
        return Effect.void
      }
      const kind = { failure, untold: 1 }
      kinds.set(key, kind)
      return Effect.andThen(tell(kind), fork(watch(key, kind)))
    })
}
