import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { repetitions } from "../support/repetitions.ts"
import { calmAfter, playHerd, sumOf } from "./herd.ts"
import { minutes, seconds } from "./Scenario.ts"
import { timeout } from "./settings.ts"

describe("a herd of clients, when a server that takes less than they have is back after ten minutes", () => {
  it.effect(
    "asks seldom while it is away, and does not run it over",
    () =>
      Effect.gen(function* () {
        const clients = repetitions.herd
        const limit = (clients * 2) / 5
        const backAt = minutes(10)
        const herd = {
          clients,
          limit,
          backAt,
          until: minutes(14),
          every: seconds(5),
          count: 5
        }
        const report = yield* playHerd(herd)
        // Some of what is left was taken, and the answer is on its way.
        assert.isAtLeast(report.stored, report.accepted - report.left)
        assert.isAtMost(report.stored, report.accepted)
        const away = sumOf(report.seconds.slice(0, backAt / 1000))
        const back = sumOf(report.seconds.slice(backAt / 1000))
        const perClient = away.asked / herd.clients
        assert.isAtMost(perClient, 80)
        // Not much more is refused than is taken.
        assert.isAtMost(back.asked / back.taken, 2.5)
        assert.isAtMost(Math.max(...report.seconds.slice(backAt / 1000).map(({ asked }) => asked)), herd.limit * 6)
        assert.isAtMost(calmAfter(report, backAt), 200)
      }),
    timeout
  )
})
