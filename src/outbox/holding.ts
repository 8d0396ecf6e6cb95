import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Kept } from "../pipeline/Relay.ts"
import { quietly } from "../telemetry/log.ts"
import { monotonicMillis } from "../time/monotonic.ts"

const lineMillis = 60_000

/**
 * What the server says of the key or the endpoint is about no message: all is held and tried on. An error in the log each
 * minute says so; at a 401 the key is read again, in case it was changed.
 */
export const makeHolding = Effect.fnUntraced(function* (readKey: Effect.Effect<Redacted.Redacted<string> | undefined>) {
  const clock = yield* Clock.Clock
  let nextLine = Number.NEGATIVE_INFINITY

  const holding: Kept["holding"] = {
    refused: (status, reason) =>
      Effect.suspend(() => {
        const now = monotonicMillis(clock)
        const readIfDue = status === 401 ? readKey : Effect.undefined
        if (now < nextLine) return readIfDue
        nextLine = now + lineMillis
        const line = Effect.logError("the server takes nothing with this key at this endpoint, everything is kept")
        return Effect.andThen(quietly(Effect.annotateLogs(line, { status, reason: reason() })), readIfDue)
      })
  }
  return holding
})
