import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { countEnded, latencies, quantile, unstored } from "./figures.ts"
import { keepsLaws, keepsWireLaws } from "./laws.ts"
import { type Played, play } from "./play.ts"
import { type Arrivals, answer, between, healthy, hours, minutes, type Scenario, seconds } from "./Scenario.ts"
import { timeout } from "./settings.ts"
import { simulate } from "./simulate.ts"

/** All at once, so many of them poison. */
const atOnce = (count: number, poison: number, from = 0): Arrivals => ({
  from,
  every: hours(100),
  until: from + 1,
  count,
  poison: () => poison
})

/** A batch a second, and then one every ten until the poison has ended. */
const service: ReadonlyArray<Arrivals> = [
  { every: seconds(1), count: 20, until: minutes(5) },
  { from: minutes(5), every: seconds(10), count: 20, until: hours(2) }
]

/** Plays it with the client and the model. */
const playBoth = Effect.fnUntraced(function* (scenario: Scenario) {
  keepsLaws(scenario, simulate(scenario))
  const played = yield* play(scenario)
  keepsWireLaws(scenario, played)
  return played
})

const endedPoison = ({ ended, poison }: Played) => [...poison].map((id) => ended.get(id)?.tag)

/** In no request together with poison. */
const latenciesOfHealthy = (played: Played) => {
  const touched = new Set(played.requests.flatMap(({ ids }) => (ids.some((id) => played.poison.has(id)) ? ids : [])))
  return latencies(played, (id) => !touched.has(id))
}

/** Its own attempt, and at most one of another and a step of the pace: a healthy batch a second keeps it short. */
const undelayed = 50 + 50 + 200

describe("a message that the server chokes on takes no other down", () => {
  it.effect.each([
    ["is the first", 20, [atOnce(20, 1)]],
    ["is one of three at once", 60, [atOnce(20, 0), atOnce(20, 1), atOnce(20, 0)]],
    // It began together with one that is accepted.
    ["is in the second batch of two", 40, [atOnce(20, 0), atOnce(20, 1)]],
    ["is last in a batch", 20, [atOnce(19, 0), atOnce(1, 1)]]
  ] as const)("in a script that then ends, where it %s", ([, count, arrivals]) =>
    Effect.gen(function* () {
      const played = yield* playBoth({ script: healthy, arrivals, closeAt: 1, until: seconds(25) })
      assert.strictEqual(played.stored.size, count - 1)
      assert.deepStrictEqual(unstored(played), [])
      assert.deepStrictEqual(endedPoison(played), ["ShutdownTimeout"])
      assert.isAtMost(played.closedAt ?? Number.NaN, 1 + seconds(20))
      assert.isAtMost(quantile(latencies(played), 1), seconds(10))
    })
  )

  it.effect("while a script of 20 waits for its end, for hours", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({ script: healthy, arrivals: [atOnce(20, 1)], until: hours(3) })
      assert.strictEqual(played.stored.size, 19)
      assert.isAtMost(quantile(latencies(played), 1), seconds(10))
      // Nobody knows whose fault it is: it waits, and is asked for as seldom as a server that is away.
      assert.isAtMost(played.requests.length, 3 * 60 * 4)
    })
  )

  it.effect("five batches at once: what shares no batch with one is not delayed", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({
        script: healthy,
        arrivals: [...Array.from({ length: 5 }, () => atOnce(20, 1, seconds(30.5))), ...service],
        until: hours(2.1)
      })
      assert.deepStrictEqual(unstored(played), [])
      assert.isAtMost(quantile(latenciesOfHealthy(played), 1), undelayed)
      // Of those that do, for some seconds.
      assert.isAtMost(quantile(latencies(played), 1), seconds(60))
      assert.deepStrictEqual(new Set(endedPoison(played)), new Set(["RetriesExhausted"]))
    })
  )

  it.effect("twelve batches at once, as many as would hold every slot three times", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({
        script: healthy,
        arrivals: [...Array.from({ length: 12 }, () => atOnce(20, 1, seconds(30.5))), ...service],
        until: hours(2.1)
      })
      assert.deepStrictEqual(unstored(played), [])
      // Those twelve were never tried either, and came before: that is a second at the pace of a server that may be away.
      assert.isAtMost(quantile(latenciesOfHealthy(played), 1), 500)
      assert.deepStrictEqual(new Set(endedPoison(played)), new Set(["RetriesExhausted"]))
    })
  )

  it.effect("in a service with an event a minute, which is never called away", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({
        script: healthy,
        arrivals: [{ every: seconds(60), count: 1, until: hours(6), poison: (time) => (time === 4 ? 1 : 0) }],
        until: hours(6.1)
      })
      assert.deepStrictEqual(unstored(played), [])
      // A batch of one waits for its interval.
      assert.isAtMost(quantile(latenciesOfHealthy(played), 1), seconds(5) + undelayed)
      assert.deepStrictEqual(endedPoison(played), ["RetriesExhausted"])
      // One line, when it ends.
      assert.strictEqual(played.lines.length, 1)
    })
  )

  it.effect("in a service with a batch a minute", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({
        script: healthy,
        arrivals: [{ every: seconds(60), count: 20, until: hours(6), poison: (time) => (time === 4 ? 1 : 0) }],
        until: hours(6.1)
      })
      assert.deepStrictEqual(unstored(played), [])
      assert.isAtMost(quantile(latenciesOfHealthy(played), 1), undelayed)
      assert.deepStrictEqual(endedPoison(played), ["RetriesExhausted"])
      assert.strictEqual(played.lines.length, 1)
    })
  )

  it.effect("a whole batch of it at the start of a service", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({
        script: healthy,
        arrivals: [
          atOnce(20, 20),
          ...service.map((arrivals) => ({ ...arrivals, from: (arrivals.from ?? 0) + seconds(20) }))
        ],
        until: hours(2.1)
      })
      assert.deepStrictEqual(unstored(played), [])
      assert.isAtMost(quantile(latencies(played), 0.99), undelayed)
      assert.isAtMost(quantile(latencies(played), 1), seconds(45))
      assert.deepStrictEqual(new Set(endedPoison(played)), new Set(["RetriesExhausted"]))
    })
  )

  it.effect.each([
    ["503", answer(503)],
    ["500", answer(500)]
  ] as const)(
    "during an hour of %s",
    ([, wrong]) =>
      Effect.gen(function* () {
        const from = minutes(1)
        const played = yield* playBoth({
          script: between(from, from + hours(1), () => wrong),
          arrivals: [{ every: seconds(10), count: 20, until: hours(3), poison: (time) => (time === 100 ? 1 : 0) }],
          until: hours(3.1)
        })
        assert.deepStrictEqual(unstored(played), [])
        assert.strictEqual(countEnded(played, "RetriesExhausted"), 1)
        assert.deepStrictEqual(endedPoison(played), ["RetriesExhausted"])
        const poisoned = played.ended.get([...played.poison][0]!)
        assert.isAtLeast(poisoned?.at ?? 0, from + hours(1))
      }),
    timeout
  )
})
