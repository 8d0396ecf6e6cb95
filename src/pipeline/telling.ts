import { Clock, Effect } from "effect"
import type { Budget } from "../delivery/budget.ts"
import type { Count } from "../telemetry/count.ts"
import { quietly } from "../telemetry/log.ts"
import { makeAlarm } from "../time/alarm.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import type { Server } from "../transport/Server.ts"

/** Tells in the log and by a gauge whether the server is away. */
export interface Telling {
  /** Something was answered, or was not. */
  readonly look: () => void
}

/** No more than one line in so long. */
const lineMillis = 60_000

/** A warning when the server is away, one a minute while it is, and a line when it is back. */
export const makeTelling = Effect.fnUntraced(function* (server: Server, budget: Budget, count: Count) {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  let isAway = false
  let isToldAway = false
  let nextLine = Number.NEGATIVE_INFINITY

  const line = (isNew: boolean): Effect.Effect<void> => {
    if (!isAway) return Effect.logInfo("the server is back")
    const { status, reason } = server.lastFailure ?? {}
    return Effect.annotateLogs(Effect.logWarning(isNew ? "the server is away" : "the server is still away"), {
      count: budget.taken().messages,
      ...(status !== undefined && { status }),
      reason
    })
  }

  const nextLineIn = (): number => nextLine - monotonicMillis(clock)

  const tell = (): void => {
    if (isAway !== server.isAway) {
      isAway = !isAway
      count.away(isAway ? 1 : -1)
    }
    if (!(isAway || isToldAway) || nextLineIn() > 0) return
    nextLine = monotonicMillis(clock) + lineMillis
    const told = line(!isToldAway)
    isToldAway = isAway
    run(quietly(told))
  }

  const alarm = yield* makeAlarm(() => (isAway || isToldAway ? nextLineIn() : server.awayIn), tell)

  yield* Effect.addFinalizer(() => Effect.sync(() => isAway && count.away(-1)))

  const telling: Telling = {
    look: () => {
      if (!isAway && !isToldAway && server.awayIn === undefined) return
      tell()
      alarm.set()
    }
  }
  return telling
})
