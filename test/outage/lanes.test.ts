import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isFull } from "../support/repetitions.ts"
import { countEnded, latencies, quantile, requestsBetween, unstored } from "./figures.ts"
import { keepsLaws, keepsWireLaws } from "./laws.ts"
import { play } from "./play.ts"
import {
  type Arrivals,
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
import { timeout } from "./settings.ts"
import { simulate } from "./simulate.ts"

/** Plays it one request at a time, with the client and the model; the laws include that all arrives in its order. */
const playLane = Effect.fnUntraced(function* (given: Scenario) {
  const scenario = { ...given, options: { ...given.options, concurrency: 1 } }
  keepsLaws(scenario, simulate(scenario))
  const played = yield* play(scenario)
  keepsWireLaws(scenario, played)
  return played
})

describe("one request at a time, everything in the order in which it was accepted", () => {
  it.effect.each([
    ["answers 503", answer(503), 3],
    ["refuses connections", refusedConnection, 3],
    ["says nothing", hanging, 3],
    // And each time a witness.
    ["answers 500", answer(500), 7]
  ] as const)(
    "a minute, an hour and 11 hours of a server that %s",
    ([, wrong, mostPerMinute]) =>
      Effect.gen(function* () {
        for (const length of [minutes(1), hours(1), hours(11)]) {
          const from = minutes(1)
          const played = yield* playLane({
            script: between(from, from + length, () => wrong),
            arrivals: [{ every: length / 60, count: 20, until: from + length + minutes(1) }],
            until: from + length + minutes(10)
          })
          assert.deepStrictEqual(unstored(played), [])
          assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
          if (length < hours(1)) continue
          const settled = requestsBetween(played, from + minutes(10), from + length).length
          const perMinute = settled / ((length - minutes(10)) / minutes(1))
          assert.isAtLeast(perMinute, 1.2)
          assert.isAtMost(perMinute, mostPerMinute)
        }
      }),
    timeout
  )

  it.effect(
    "13 hours end each message at its 12",
    () =>
      Effect.gen(function* () {
        const played = yield* playLane({
          script: between(0, hours(13), () => answer(503)),
          arrivals: [{ every: minutes(5), count: 3, until: hours(13) }],
          until: hours(13.25)
        })
        for (const [id, at] of played.accepted) {
          if (at > hours(1) - seconds(30)) continue
          assert.strictEqual(played.ended.get(id)?.tag, "RetriesExhausted", id)
          assert.isAtMost(Math.abs((played.ended.get(id)?.at ?? 0) - at - hours(12)), seconds(1))
        }
        assert.isAbove(countEnded(played, "Delivered"), 400)
      }),
    timeout
  )

  it.effect.each([
    ["7 of 10 with 500", 0.7, answer(500)],
    ["9 of 10 with 500", 0.9, answer(500)],
    ["9 of 10 with 503", 0.9, answer(503)],
    ["1 of 3 with a hang of 10 s", 1 / 3, { status: undefined, after: seconds(10) }]
  ] as const)(
    "a brown-out of %s",
    ([, share, wrong]) =>
      Effect.gen(function* () {
        const length = isFull ? hours(1) : minutes(4)
        const played = yield* playLane({
          script: between(seconds(20), length, brownOut(share, wrong)),
          arrivals: [{ every: seconds(5), count: 20, until: length }],
          until: length + minutes(10)
        })
        assert.deepStrictEqual(unstored(played), [])
        assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
      }),
    timeout
  )

  /** Which of the 20 calls of a script are poison. */
  const script = (poison: ReadonlyArray<number>): ReadonlyArray<Arrivals> =>
    Array.from({ length: 20 }, (_, index) => ({
      every: hours(100),
      until: 1,
      count: 1,
      poison: () => (poison.includes(index) ? 1 : 0)
    }))

  it.effect.each([[[0]], [[0, 1]], [[0, 10]], [[7]], [[19]]] as const)(
    "a script of 20 that then ends, with poison at %j",
    ([poison]) =>
      Effect.gen(function* () {
        const played = yield* playLane({
          script: healthy,
          arrivals: script(poison),
          closeAt: 1,
          until: seconds(25)
        })
        assert.strictEqual(played.stored.size, 20 - poison.length)
        assert.deepStrictEqual(unstored(played), [])
        assert.isAtMost(played.closedAt ?? Number.NaN, 1 + seconds(20))
      })
  )

  it.effect(
    "five poison messages in a row in a healthy service",
    () =>
      Effect.gen(function* () {
        const played = yield* playLane({
          script: healthy,
          arrivals: [
            { every: seconds(1), count: 5, until: minutes(10), poison: (time) => (time === 20 ? 5 : 0) },
            { from: minutes(10), every: seconds(10), count: 5, until: hours(2) }
          ],
          until: hours(2.1)
        })
        assert.deepStrictEqual(unstored(played), [])
        assert.strictEqual(countEnded(played, "RetriesExhausted"), 5)
        // They stand in everybody's way, a dozen seconds each.
        assert.isAtMost(quantile(latencies(played), 1), minutes(2))
      }),
    timeout
  )

  it.effect(
    "poison that comes during an hour of 500",
    () =>
      Effect.gen(function* () {
        const played = yield* playLane({
          script: between(seconds(20), hours(1), () => answer(500)),
          arrivals: [
            { every: seconds(10), count: 20, until: hours(2), poison: (time) => (time === 30 || time === 32 ? 1 : 0) }
          ],
          until: hours(2.5)
        })
        assert.deepStrictEqual(unstored(played), [])
        assert.strictEqual(countEnded(played, "RetriesExhausted"), 2)
        for (const id of played.poison) assert.isAtLeast(played.ended.get(id)?.at ?? 0, hours(1))
      }),
    timeout
  )

  it.effect(
    "two servers that take turns, one of which answers 500, end nothing",
    () =>
      Effect.gen(function* () {
        const length = isFull ? hours(2) : minutes(10)
        let turn = 0
        const played = yield* playLane({
          script: (asked) =>
            asked.at > seconds(20) && asked.at < length && turn++ % 2 === 0 ? answer(500) : answer(200),
          arrivals: [{ every: seconds(1), count: 20, until: length }],
          until: length + minutes(10)
        })
        assert.deepStrictEqual(unstored(played), [])
        assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
      }),
    timeout
  )

  it.effect("poison at the head of a lane in which nothing was ever accepted waits", () =>
    Effect.gen(function* () {
      const played = yield* playLane({ script: healthy, arrivals: script([0]), until: hours(2) })
      assert.strictEqual(played.ended.size, 0)
      assert.strictEqual(played.stored.size, 0)
      assert.isAtMost(played.requests.length, 2 * 60 * 4)
    })
  )
})
