import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { laneOf } from "../../src/pipeline/lane.ts"
import { makeRandom } from "../support/random.ts"
import { isFull } from "../support/repetitions.ts"
import { countEnded, latencies, quantile, requestsBetween, unstored } from "./figures.ts"
import { keepsWireLaws } from "./laws.ts"
import { personOf, play } from "./play.ts"
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

/** Plays it with the order of each person kept; that it is, is one of the laws. */
const playPeople = Effect.fnUntraced(function* (given: Scenario) {
  const scenario: Scenario = { people: 40, ...given, options: { ...given.options, order: "person" } }
  const played = yield* play(scenario)
  keepsWireLaws(scenario, played)
  return played
})

/** The first two in `npm test`. */
const few = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => (isFull ? values : values.slice(0, 2))

const wrongs = few([
  ["answers 500", answer(500)],
  ["says nothing", hanging],
  ["answers 503", answer(503)],
  ["refuses connections", refusedConnection]
] as const)

const brownOuts = few([
  ["9 of 10 with 500", 0.9, answer(500)],
  ["1 of 3 with a hang of 10 s", 1 / 3, { status: undefined, after: seconds(10) }],
  ["7 of 10 with 500", 0.7, answer(500)],
  ["9 of 10 with 503", 0.9, answer(503)]
] as const)

describe("the messages of each person in the order in which they were accepted", () => {
  it.effect.each(wrongs)(
    "a minute and an hour of a server that %s",
    ([, wrong]) =>
      Effect.gen(function* () {
        for (const length of isFull ? [minutes(1), hours(1)] : [minutes(1)]) {
          const from = minutes(1)
          const played = yield* playPeople({
            script: between(from, from + length, () => wrong),
            arrivals: [{ every: length / 60, count: 20, until: from + length + minutes(1) }],
            until: from + length + minutes(10)
          })
          assert.deepStrictEqual(unstored(played), [])
          assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
          if (length < hours(1)) continue
          const perMinute = requestsBetween(played, from + minutes(10), from + length).length / 50
          assert.isAtLeast(perMinute, 1.2)
          assert.isAtMost(perMinute, 7)
        }
      }),
    timeout
  )

  it.effect.each(brownOuts)(
    "a brown-out of %s",
    ([, share, wrong]) =>
      Effect.gen(function* () {
        const length = isFull ? hours(1) : minutes(2)
        const played = yield* playPeople({
          script: between(seconds(20), length, brownOut(share, wrong)),
          arrivals: [{ every: seconds(5), count: 20, until: length }],
          until: length + minutes(10)
        })
        assert.deepStrictEqual(unstored(played), [])
        assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
      }),
    timeout
  )

  it.effect("one who sends what the server chokes on holds up whom the same lane has, and nobody else", () =>
    Effect.gen(function* () {
      const people = 100
      const played = yield* playPeople({
        people,
        script: healthy,
        arrivals: [{ every: seconds(1), count: 5, until: minutes(10), poison: (time) => (time === 20 ? 1 : 0) }],
        until: minutes(15)
      })
      assert.deepStrictEqual(unstored(played), [])
      assert.strictEqual(countEnded(played, "RetriesExhausted"), 1)
      const laneOfId = (id: string) => laneOf(personOf(id, people))
      const [poison = ""] = played.poison
      const [own, others] = [true, false].map((isOwn) =>
        latencies(played, (id) => (laneOfId(id) === laneOfId(poison)) === isOwn)
      )
      assert.isAbove(quantile(own ?? [], 1), seconds(30))
      assert.isAtMost(quantile(others ?? [], 1), seconds(10))
    })
  )

  it.effect("where nobody else is there, what the server chokes on is judged by witnesses", () =>
    Effect.gen(function* () {
      const played = yield* playPeople({
        people: 1,
        script: healthy,
        arrivals: [{ every: seconds(1), count: 1, until: minutes(1), poison: (time) => (time === 20 ? 1 : 0) }],
        until: minutes(2)
      })
      assert.deepStrictEqual(unstored(played), [])
      assert.strictEqual(countEnded(played, "RetriesExhausted"), 1)
      assert.isAtMost(quantile(latencies(played), 1), seconds(20))
    })
  )

  it.effect(
    "two servers that take turns, one of which answers 500, end nothing",
    () =>
      Effect.gen(function* () {
        const length = isFull ? hours(2) : minutes(1)
        for (const people of [1, 40]) {
          let turn = 0
          const played = yield* playPeople({
            people,
            script: (asked) =>
              asked.at > seconds(20) && asked.at < length && turn++ % 2 === 0 ? answer(500) : answer(200),
            arrivals: [{ every: seconds(1), count: 20, until: length }],
            until: length + minutes(10)
          })
          assert.deepStrictEqual(unstored(played), [])
          assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
        }
      }),
    timeout
  )

  it.effect.each([[[0]], [[0, 1]], [[0, 10]], [[7]], [[19]]] as const)(
    "a script of 20 people that then ends, with poison at %j",
    ([poison]) =>
      Effect.gen(function* () {
        const played = yield* playPeople({
          script: healthy,
          arrivals: Array.from({ length: 20 }, (_, index) => ({
            every: hours(100),
            until: 1,
            count: 1,
            poison: () => (poison.some((place) => place === index) ? 1 : 0)
          })),
          closeAt: 1,
          until: seconds(25)
        })
        assert.strictEqual(played.stored.size, 20 - poison.length)
        assert.isAtMost(played.closedAt ?? Number.NaN, 1 + seconds(20))
      })
  )

  it.effect.each([1, 10, 100])(
    "costs no request more at %i calls a second",
    (perSecond) =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= (isFull ? 50 : 1); seed++) {
          const random = makeRandom(seed)
          const arrivals: Array<Arrivals> = []
          for (let at = 0; arrivals.length < 200; at += Math.ceil((random() * 2000) / perSecond)) {
            arrivals.push({ from: at, every: hours(1), until: at + 1, count: 1 })
          }
          const count = (order: "none" | "person") =>
            Effect.map(
              play({ seed, people: 40, script: healthy, arrivals, until: minutes(10), options: { order } }),
              ({ requests }) => requests.length
            )
          assert.isAtMost(yield* count("person"), yield* count("none"))
        }
      }),
    timeout
  )
})
