import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Budget } from "../delivery/budget.ts"
import type { Count } from "../telemetry/count.ts"
import { quietly } from "../telemetry/log.ts"
import { makeAlarm } from "../time/alarm.ts"
import { makeRunDetached } from "../time/detached.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import type { Server } from "../transport/Server.ts"
import type { Store } from "./Store.ts"
import { Told } from "./Told.ts"

/** Tells in the log and by gauges whether the server is away, and how long the oldest message waits. */
export interface Telling {
  /** Something was answered, or was not, or has left the store. */
  readonly look: () => void
}

/** The gauge of the oldest message's age is not to move with every request. */
const ageStep = 1000

export const makeTelling = Effect.fnUntraced(function* (
  server: Server,
  store: Store,
  budget: Pick<Budget, "taken">,
  count: Count
) {
  const run = yield* makeRunDetached
  const clock = yield* Clock.Clock
  const told = new Told()
  let isCounted = false
  let toldAge = 0

  const lines = {
    away: () => Effect.annotateLogs(Effect.logWarning("the server is away"), details()),
    "still away": () => Effect.annotateLogs(Effect.logWarning("the server is still away"), details()),
    back: () => Effect.logInfo("the server is back")
  }

  const details = () => {
    const { status, reason } = server.lastFailure ?? {}
    return { count: budget.taken().messages, ...(status !== undefined && { status }), reason }
  }

  const setGauge = (isAway: boolean): void => {
    if (isCounted === isAway) return
    isCounted = isAway
    count.away(isAway ? 1 : -1)
  }

  const setAge = (age: number): void => {
    if (Math.abs(age - toldAge) < ageStep) return
    toldAge = age
    count.oldest(age)
  }

  const lookAtAge = (): void => {
    const oldest = store.oldest()
    setAge(oldest === undefined ? 0 : monotonicMillis(clock) - oldest)
  }

  const tell = (): void => {
    setGauge(server.isAway)
    const line = told.look(monotonicMillis(clock), server.isAway)
    if (line !== undefined) run(quietly(lines[line]()))
  }

  const alarm = yield* makeAlarm(() => {
    const at = told.nextAt(server.isAway)
    return at === undefined ? server.awayIn : at - monotonicMillis(clock)
  }, tell)

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      setGauge(false)
      setAge(0)
    })
  )

  const telling: Telling = {
    look: () => {
      lookAtAge()
      // Most often nothing is wrong, and nothing was.
      if (server.silence.since === undefined && !isCounted && told.nextAt(false) === undefined) return
      tell()
      alarm.set()
    }
  }
  return telling
})
