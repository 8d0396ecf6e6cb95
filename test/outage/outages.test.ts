import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { countEnded, deliveredBy, latencies, quantile, requestsBetween, unstored } from "./figures.ts"
import { keepsLaws, keepsWireLaws } from "./laws.ts"
import { play } from "./play.ts"
import {
  type Answer,
  answer,
  between,
  hanging,
  hours,
  minutes,
  refusedConnection,
  type Scenario,
  seconds
} from "./Scenario.ts"
import { timeout } from "./settings.ts"
import { simulate } from "./simulate.ts"

const kinds: ReadonlyArray<readonly [string, Answer]> = [
  ["answers 503", answer(503)],
  ["refuses connections", refusedConnection],
  ["takes requests and says nothing", hanging],
  ["answers 500", answer(500)]
]

/** One after a while of health, so that there is somebody to remember. */
const outage = (
  length: number,
  wrong: Answer,
  arrivals: { readonly every: number; readonly count: number }
): Scenario => {
  const from = minutes(1)
  return {
    script: between(from, from + length, () => wrong),
    arrivals: [{ ...arrivals, until: from + length + minutes(1) }],
    until: from + length + minutes(10)
  }
}

const all = kinds.flatMap(([kind, wrong]) =>
  [
    { name: "a minute", length: minutes(1), every: seconds(1), count: 2 },
    { name: "an hour", length: hours(1), every: seconds(10), count: 10 },
    { name: "11 hours", length: hours(11), every: minutes(2), count: 10 }
  ].map((one) => ({ ...one, kind, wrong }))
)

describe("a server that is away loses nothing of what there was room for", () => {
  it.effect.each(all)(
    "$name of one that $kind",
    ({ length, wrong, every, count }) =>
      Effect.gen(function* () {
        const scenario = outage(length, wrong, { every, count })
        const played = yield* play(scenario)
        keepsWireLaws(scenario, played)
        const modelled = simulate(scenario)
        keepsLaws(scenario, modelled)

        assert.deepStrictEqual(unstored(played), [])
        assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
        assert.strictEqual(played.refused, 0)

        const from = minutes(1)
        const asked = requestsBetween(played, from, from + length).length
        const expected = requestsBetween(modelled, from, from + length).length
        assert.isAtMost(asked, expected * 1.35 + 5)
        assert.isAtLeast(asked, expected * 0.65 - 5)

        // Settled: what is 30 s apart is two a minute.
        if (length > minutes(20)) {
          const settled = requestsBetween(played, from + minutes(10), from + length).length
          const perMinute = settled / ((length - minutes(10)) / minutes(1))
          assert.isAtLeast(perMinute, 1.6)
          assert.isAtMost(perMinute, 2.5)
        }

        // Known to be back with the next that is asked, at most a pace and a half of it after; all the rest at once.
        const pace = Math.min(seconds(30), length / 10)
        const back = from + length
        const backlog = [...played.accepted.values()].filter((at) => at < back).length
        assert.isAtLeast(deliveredBy(played, back + 1.5 * pace + seconds(60)), backlog)
        assert.isAtLeast(played.lines.length, length >= minutes(1) ? 2 : 0, "away, and back")
      }),
    timeout
  )

  it.effect(
    "an hour with more than there is room for",
    () =>
      Effect.gen(function* () {
        const scenario = outage(hours(1), answer(503), { every: seconds(5), count: 20 })
        const played = yield* play(scenario)
        keepsWireLaws(scenario, played)
        assert.isAbove(played.refused, 1000)
        assert.isAtLeast(played.accepted.size, 10_000)
        assert.deepStrictEqual(unstored(played), [])
      }),
    timeout
  )

  it.effect(
    "every few minutes, for an hour",
    () =>
      Effect.gen(function* () {
        const scenario: Scenario = {
          script: (asked) => between(0, minutes(2), () => answer(502))({ ...asked, at: asked.at % minutes(5) }),
          arrivals: [{ every: seconds(5), count: 20, until: hours(1) }],
          until: hours(1.25)
        }
        const played = yield* play(scenario)
        keepsWireLaws(scenario, played)
        assert.deepStrictEqual(unstored(played), [])
        // Within the two minutes and the pace of their end.
        assert.isAtMost(quantile(latencies(played), 1), minutes(2) + seconds(30))
      }),
    timeout
  )
})

describe("a server that is away is asked about twice a minute", () => {
  it.effect.each([
    ["20 calls", 20],
    ["one call", 1],
    ["60 calls", 60]
  ] as const)(
    "by a program that made %s before hours of 500",
    ([, count]) =>
      Effect.gen(function* () {
        const scenario: Scenario = {
          script: between(0, hours(4), () => answer(500)),
          arrivals: [{ every: hours(9), count, until: 1 }],
          until: hours(4) + minutes(2)
        }
        keepsLaws(scenario, simulate(scenario))
        const played = yield* play(scenario)
        keepsWireLaws(scenario, played)
        assert.deepStrictEqual(unstored(played), [])
        assert.isAtMost(requestsBetween(played, hours(1), hours(4)).length, 3 * 60 * 3)
      }),
    timeout
  )
})

describe("deliveryTimeout", () => {
  it.effect(
    "13 hours end each message at its 12, and what is younger arrives",
    () =>
      Effect.gen(function* () {
        const scenario: Scenario = {
          script: between(0, hours(13), () => answer(503)),
          arrivals: [{ every: seconds(60), count: 3, until: hours(13) }],
          until: hours(13.25)
        }
        const played = yield* play(scenario)
        keepsWireLaws(scenario, played)
        let ended = 0
        for (const [id, at] of played.accepted) {
          const end = played.ended.get(id)
          if (at <= hours(1) - seconds(30)) {
            ended++
            assert.strictEqual(end?.tag, "RetriesExhausted", id)
            // One that is in a request ends with it.
            assert.isAtLeast(end?.at ?? 0, at + hours(12) - 1, id)
            assert.isAtMost(end?.at ?? 0, at + hours(12) + seconds(1), id)
          } else if (at > hours(1)) assert.strictEqual(end?.tag, "Delivered", id)
        }
        assert.isAbove(ended, 150)
        assert.strictEqual(countEnded(played, "Delivered"), played.stored.size)
      }),
    timeout
  )

  it.effect(
    "one that is in a request ends when that attempt has failed",
    () =>
      Effect.gen(function* () {
        const scenario: Scenario = {
          script: between(0, hours(13), () => hanging),
          arrivals: [{ every: seconds(1), count: 1, until: minutes(2) }],
          until: hours(12) + minutes(5)
        }
        const played = yield* play(scenario)
        keepsWireLaws(scenario, played)
        assert.strictEqual(countEnded(played, "RetriesExhausted"), 120)
        for (const [id, { at }] of played.ended) {
          const dueAt = played.accepted.get(id)! + hours(12)
          const meanwhile = played.requests.find((one) => one.at < dueAt && one.endsAt >= dueAt && one.ids.includes(id))
          assert.isAtLeast(at, dueAt - 1)
          assert.isAtMost(at, (meanwhile?.endsAt ?? dueAt) + 1)
          // Nothing is sent after its end.
          assert.isFalse(played.requests.some((one) => one.at > at && one.ids.includes(id)))
        }
      }),
    timeout
  )
})

describe("sentAt", () => {
  it.effect(
    "is when the attempt starts, after all waiting, and the messages stay as they are",
    () =>
      Effect.gen(function* () {
        const scenario: Scenario = {
          script: ({ at }) => (at < minutes(30) ? answer(503, at < minutes(10) ? 8 : undefined) : answer(200)),
          arrivals: [{ every: hours(1), count: 20, until: 1 }],
          until: minutes(31)
        }
        const played = yield* play(scenario)
        // That includes what `sentAt` and the messages are in each request.
        keepsWireLaws(scenario, played)
        assert.strictEqual(played.stored.size, 20)
        const stamps = played.requests.map(({ sentAt }) => sentAt)
        assert.isAbove(stamps.length, 50)
        assert.strictEqual(new Set(stamps).size, stamps.length)
      }),
    timeout
  )
})
