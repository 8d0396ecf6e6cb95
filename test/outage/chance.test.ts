import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Option } from "effect"
import { makeRandom } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { brokenWireLaws } from "./laws.ts"
import { type Played, play } from "./play.ts"
import {
  type Answer,
  answer,
  brownOut,
  hanging,
  healthy,
  hours,
  minutes,
  refusedConnection,
  type Scenario,
  type Script,
  seconds
} from "./Scenario.ts"
import { timeout } from "./settings.ts"

// OUTAGE_SEED=n plays one again.
const chosenSeed = Config.option(Config.Int("OUTAGE_SEED"))

/** A service, and a server that is away, fails now and then or is well in turn, and well in the end. */
const scenarioOf = (seed: number): Scenario => {
  const random = makeRandom(seed)
  const pick = <A>(values: ReadonlyArray<A>): A => values[Math.floor(random() * values.length)]!
  const between = (least: number, most: number): number => least + random() * (most - least)

  const wrongs: ReadonlyArray<Answer> = [
    answer(500),
    answer(502),
    answer(503),
    answer(429),
    answer(429, 30),
    answer(503, 20),
    refusedConnection,
    hanging,
    { ...answer(504), after: seconds(3) },
    // Stored, and not said so.
    { ...refusedConnection, isStored: true }
  ]
  const segments: Array<{ readonly until: number; readonly script: Script }> = [{ until: minutes(1), script: healthy }]
  let now = minutes(1)
  for (let count = 1 + Math.floor(random() * 5); count > 0; count--) {
    now += pick([seconds(20), minutes(2), minutes(20), hours(1)]) * between(0.5, 1.5)
    const wrong = pick(wrongs)
    // Poison is poison to whoever takes the request.
    const lossy: Script = (asked) => (asked.hasPoison && wrong.isStored === true ? answer(500) : wrong)
    segments.push({ until: now, script: pick([lossy, lossy, brownOut(pick([0.3, 0.7, 0.9]), wrong), healthy]) })
  }
  const script: Script = (asked) => {
    const segment = segments.find(({ until }) => asked.at < until)?.script ?? healthy
    const told = segment(asked)
    return asked.hasPoison && told.isStored === true ? answer(500) : told
  }
  const count = pick([1, 3, 20, 50])
  // As many as can be played in a second or two.
  const every = Math.max(pick([seconds(1), seconds(7), seconds(30)]), Math.ceil((now * count) / 15_000))
  const share = pick([0, 0, 0.002, 0.02])
  const poisonRandom = makeRandom(seed + 1)
  return {
    seed,
    script,
    options: {
      concurrency: pick([1, 1, 2, 4]),
      flushAt: pick([1, 5, 20]),
      queueCapacity: pick([200, 10_000]),
      whenFull: pick(["fail", "dropOldest"] as const)
    },
    arrivals: [
      // The first is good: somebody is known to be.
      { every: hours(100), until: 1, count: 1 },
      { from: seconds(10), every, until: now, count, poison: () => (poisonRandom() < share * count ? 1 : 0) },
      // So that somebody judges what is left.
      { from: now, every: seconds(30), until: now + hours(3), count: 1 }
    ],
    flushAt: random() < 0.3 ? [between(0, now), between(0, now)] : [],
    until: now + hours(4)
  }
}

/** Good ones are delivered, or dropped where that is what a full queue does; poison ends, of which so much is known by then. */
const endsWell = ({ options }: Scenario, { accepted, ended, poison }: Played): ReadonlyArray<string> =>
  [...accepted.keys()].flatMap((id) => {
    const tag = ended.get(id)?.tag ?? "nothing"
    if (options?.whenFull === "dropOldest" && tag === "Dropped") return []
    const isWell = poison.has(id) ? tag === "RetriesExhausted" : tag === "Delivered"
    return isWell ? [] : [`${poison.has(id) ? "poison" : "good"} ${id} ends as ${tag}`]
  })

describe("a server in all its moods", () => {
  it.effect(
    "costs nothing that is good",
    () =>
      Effect.gen(function* () {
        const chosen = Option.getOrUndefined(yield* chosenSeed)
        const first = chosen ?? 1
        const last = chosen ?? repetitions.moods
        for (let seed = first; seed <= last; seed++) {
          const scenario = scenarioOf(seed)
          const played = yield* play(scenario)
          const broken = [...brokenWireLaws(scenario, played), ...endsWell(scenario, played)]
          if (broken.length > 0) {
            assert.fail([`OUTAGE_SEED=${seed}: ${broken.length} broken`, ...broken.slice(0, 5)].join("\n"))
          }
        }
      }),
    timeout
  )
})
