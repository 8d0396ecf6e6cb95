import * as Effect from "effect/Effect"
import { printableName } from "../message/printable.ts"
import { quietly } from "../telemetry/log.ts"
import { planViolations } from "../telemetry/metrics.ts"
import { makeRunDetached } from "../time/detached.ts"
import type { Violation } from "./contract.ts"
import type { PlannedEvent } from "./model.ts"

/** Names that a plan does not list may be made up without end: those that are too many count together. */
const maxPlaces = 1000

/** What a plan says of the messages that are sent. */
export interface Reporter {
  /** It is sent, though it is not allowed. */
  readonly violated: (violation: Violation) => void
  /** It is no longer to be used, and was. */
  readonly used: (event: PlannedEvent) => void
}

const usedInThisProcess = new Set<string>()

/** In the metrics and the log of where it is made. */
export const makeReporter = Effect.gen(function* () {
  const context = yield* Effect.context<never>()
  const run = yield* makeRunDetached
  const counters = new Map<string, ReturnType<typeof planViolations>>()

  const warn = (message: string, annotations: Record<string, unknown>) =>
    run(quietly(Effect.annotateLogs(Effect.logWarning(message), annotations)))

  const reporter: Reporter = {
    violated: ({ plan, type, name, path, reason }) => {
      const at = { plan, type, event: printableName(name ?? ""), path: path.replaceAll(/\[\d+\]/g, "[]") }
      const isRoom = counters.size < maxPlaces || counters.has(JSON.stringify(at))
      const place = isRoom ? at : { ...at, event: "other", path: "other" }
      const key = JSON.stringify(place)
      const known = counters.get(key)
      const counter = known ?? planViolations(place)
      counter.updateUnsafe(1, context)
      if (known !== undefined) return
      counters.set(key, counter)
      warn(`Sent as it is, but not allowed by the plan ${JSON.stringify(plan)}: ${reason}`, place)
    },
    used: ({ plan, type, name, version, deprecated }) => {
      const key = JSON.stringify([plan, type, name, version])
      if (usedInThisProcess.has(key)) return
      usedInThisProcess.add(key)
      const which = { plan, type, ...(name !== undefined && { event: printableName(name) }) }
      warn(`Deprecated by the plan ${JSON.stringify(plan)}: ${deprecated}`, {
        ...which,
        ...(version !== undefined && { version })
      })
    }
  }
  return reporter
})
