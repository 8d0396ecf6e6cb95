import { Analytics } from "cdp-analytics-effect"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { TrackedEvent } from "../contenders/Contender.ts"

/** Calls of a transaction, and transactions at once: what fills an outbox soon. */
const together = 500
const atOnce = 8

/** Tracks every event in large transactions. */
export const fillPostgres = Effect.fnUntraced(function* (events: Iterable<TrackedEvent>) {
  const sql = yield* SqlClient.SqlClient
  const rest = events[Symbol.iterator]()
  const take = (): ReadonlyArray<TrackedEvent> => {
    const taken: Array<TrackedEvent> = []
    while (taken.length < together) {
      const next = rest.next()
      if (next.done === true) break
      taken.push(next.value)
    }
    return taken
  }
  const filler = Effect.gen(function* () {
    for (;;) {
      const taken = take()
      if (taken.length === 0) return
      yield* sql.withTransaction(Effect.forEach(taken, (event) => Analytics.track(event), { discard: true }))
    }
  })
  yield* Effect.all(
    Array.from({ length: atOnce }, () => filler),
    { concurrency: "unbounded", discard: true }
  )
})
