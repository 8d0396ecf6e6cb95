import { assert, describe, it } from "@effect/vitest"
import type { Status } from "cdp-analytics-effect"
import { DateTime, Effect } from "effect"
import { countEnded, unstored } from "./figures.ts"
import { keepsWireLaws } from "./laws.ts"
import { type Look, play } from "./play.ts"
import {
  answer,
  between,
  brownOut,
  hanging,
  healthy,
  hours,
  minutes,
  refusedConnection,
  type Scenario,
  seconds
} from "./Scenario.ts"

/** Plays it, and asks for the status at these times. */
const watch = Effect.fnUntraced(function* (scenario: Scenario, times: ReadonlyArray<number>) {
  const seen: Array<Status> = []
  const look: Look = (analytics) => Effect.map(analytics.status, (status) => void seen.push(status))
  const played = yield* play(
    scenario,
    times.map((at) => [at, look] as const)
  )
  keepsWireLaws(scenario, played)
  return { played, seen, servers: seen.map(({ server }) => server) }
})

const everyMinute = (until: number) =>
  Array.from({ length: until / minutes(1) - 1 }, (_, index) => minutes(index + 1) + 7)

describe("status", () => {
  it.effect("is unknown, up, away and up again, with what waits", () =>
    Effect.gen(function* () {
      const from = minutes(1)
      const { seen, servers } = yield* watch(
        {
          script: between(from, from + hours(1), () => answer(503)),
          arrivals: [{ from: seconds(1), every: seconds(5), count: 20, until: from + minutes(5) }],
          until: from + hours(1) + minutes(5)
        },
        [500, seconds(59.5), from + seconds(10), from + seconds(12), from + minutes(30), from + hours(1) + minutes(3)]
      )
      assert.deepStrictEqual(servers, ["unknown", "up", "up", "away", "away", "up"])
      assert.deepStrictEqual(seen[0]?.waiting, { messages: 0, bytes: 0 })
      assert.isUndefined(seen[1]?.lastFailure)
      assert.strictEqual(seen[3]?.lastFailure?.status, 503)
      // All that came since.
      assert.strictEqual(seen[4]?.waiting.messages, 20 * 60)
      assert.isAbove(seen[4]?.waiting.bytes ?? 0, 20 * 60 * 100)
      assert.isAtMost(seen[4]?.inFlight ?? Number.NaN, 4)
      assert.deepStrictEqual(seen[5]?.waiting, { messages: 0, bytes: 0 })
      const since = seen.map((one) => DateTime.toEpochMillis(one.since))
      assert.isTrue((since[4] ?? 0) >= from && (since[4] ?? 0) < from + seconds(12), `away since ${since[4]}`)
      assert.isAtLeast(since[5] ?? 0, from + hours(1))
    })
  )

  it.effect.each([
    ["refuses connections", refusedConnection],
    ["says nothing", hanging],
    ["answers 500", answer(500)]
  ] as const)("is away where a server %s", ([, wrong]) =>
    Effect.gen(function* () {
      const { servers } = yield* watch(
        {
          script: between(minutes(1), minutes(11), () => wrong),
          arrivals: [{ every: seconds(1), count: 20, until: minutes(13) }],
          until: minutes(15)
        },
        [seconds(59.5), minutes(2), minutes(10), minutes(14)]
      )
      assert.deepStrictEqual(servers, ["up", "away", "away", "up"])
    })
  )

  it.effect("is never away for a poison message in a service with an event a minute", () =>
    Effect.gen(function* () {
      const { servers, played } = yield* watch(
        {
          script: healthy,
          arrivals: [{ every: seconds(60), count: 1, until: hours(3), poison: (time) => (time === 4 ? 1 : 0) }],
          until: hours(3)
        },
        everyMinute(hours(3))
      )
      assert.deepStrictEqual(new Set(servers), new Set(["up"]))
      assert.strictEqual(played.poison.size, 1)
    })
  )

  it.effect("is hardly ever away in a brown-out, and says so once a minute at most", () =>
    Effect.gen(function* () {
      const { servers } = yield* watch(
        {
          script: brownOut(0.7, answer(500)),
          arrivals: [{ every: seconds(1), count: 20, until: minutes(10) }],
          until: minutes(20)
        },
        everyMinute(minutes(10))
      )
      assert.isAtMost(servers.filter((server) => server === "away").length, 2)
    })
  )

  // One batch alone fails there, and with 500: the witness is who tells.
  it.effect("is away where one at a time meets an hour of 500", () =>
    Effect.gen(function* () {
      const { servers, played } = yield* watch(
        {
          options: { concurrency: 1 },
          script: between(minutes(1), minutes(61), () => answer(500)),
          arrivals: [{ every: seconds(10), count: 20, until: minutes(62) }],
          until: minutes(70)
        },
        [seconds(59.5), minutes(10), minutes(60), minutes(69)]
      )
      assert.deepStrictEqual(servers, ["up", "away", "away", "up"])
      assert.isAbove(played.lines.length, 30)
    })
  )
})

describe("flush while the server is away", () => {
  it.effect("returns after flushTimeout and says how many wait; a later one counts them", () =>
    Effect.gen(function* () {
      const from = minutes(1)
      const back = from + minutes(10)
      const scenario: Scenario = {
        script: between(from, back, () => answer(503)),
        arrivals: [{ every: seconds(10), count: 20, until: from + minutes(5) }],
        flushAt: [from + minutes(6), back + minutes(2)],
        until: back + minutes(4)
      }
      const played = yield* play(scenario)
      keepsWireLaws(scenario, played)
      const [first, second] = played.flushes
      assert.strictEqual((first?.until ?? 0) - (first?.from ?? 0), seconds(30))
      const before = [...played.accepted.values()].filter((at) => at < from).length
      const during = played.accepted.size - before
      assert.deepStrictEqual(first?.report, { delivered: before, failed: {}, waiting: during })
      assert.deepStrictEqual(second?.report, { delivered: during, failed: {}, waiting: 0 })
    })
  )

  it.effect("flushTimeout is as given", () =>
    Effect.gen(function* () {
      const played = yield* play({
        options: { flushTimeout: "3 seconds" },
        script: () => refusedConnection,
        arrivals: [{ every: hours(1), count: 7, until: 1 }],
        flushAt: [seconds(1)],
        until: minutes(1)
      })
      assert.deepStrictEqual(played.flushes, [
        { from: seconds(1), until: seconds(4), report: { delivered: 0, failed: {}, waiting: 7 } }
      ])
    })
  )
})

describe("deliveryTimeout", () => {
  it.effect("is as given; what was never tried says so", () =>
    Effect.gen(function* () {
      const scenario: Scenario = {
        options: { deliveryTimeout: "4 minutes" },
        // Nothing starts for five minutes after the first.
        script: () => answer(503, 86_400),
        arrivals: [{ every: seconds(30), count: 1, until: minutes(3) }],
        until: minutes(20)
      }
      const played = yield* play(scenario)
      for (const [id, at] of played.accepted) {
        assert.deepStrictEqual(played.ended.get(id)?.tag, "RetriesExhausted")
        assert.isAtMost(Math.abs((played.ended.get(id)?.at ?? 0) - at - minutes(4)), 60)
      }
      const untried = [...played.accepted.keys()].filter((id) => !played.requests.some(({ ids }) => ids.includes(id)))
      assert.isAbove(untried.length, 0)
      for (const failure of played.failures) {
        if (failure._tag !== "RetriesExhausted") return assert.fail(failure._tag)
        const isUntried = failure.messageIds.some((id) => untried.includes(id))
        assert.strictEqual(failure.attempts === 0, isUntried, JSON.stringify(failure))
        assert.strictEqual(failure.batchId === 0, isUntried, JSON.stringify(failure))
      }
    })
  )

  it.effect("infinity ends nothing", () =>
    Effect.gen(function* () {
      const played = yield* play({
        options: { deliveryTimeout: Number.POSITIVE_INFINITY },
        script: between(0, hours(14), () => answer(503)),
        arrivals: [{ every: minutes(10), count: 20, until: hours(14) }],
        until: hours(15)
      })
      assert.deepStrictEqual(unstored(played), [])
      assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
    })
  )
})
