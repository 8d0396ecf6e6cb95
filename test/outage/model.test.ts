import { assert, describe, it } from "@effect/vitest"
import { countEnded, unstored } from "./figures.ts"
import {
  type Arrivals,
  answer,
  between,
  brownOut,
  healthy,
  hours,
  minutes,
  type Scenario,
  seconds
} from "./Scenario.ts"
import { simulate } from "./simulate.ts"

const steady = (
  every: number,
  count: number,
  until: number,
  isPoison: (time: number) => boolean = () => false
): Arrivals => ({
  every,
  count,
  until,
  poison: (time) => (isPoison(time) ? 1 : 0)
})

const atOnce: Arrivals = { every: hours(100), count: 20, until: 1, poison: () => 1 }

/** Requests, of the model with which the rules were decided: another program, on which this one was not modelled. */
const decided: ReadonlyArray<readonly [string, requests: number, Scenario]> = [
  ["a batch with poison alone, for 12 hours", 1943, { script: healthy, arrivals: [atOnce], until: hours(12) - 1 }],
  [
    "poison during an hour of 503",
    1600,
    {
      options: { queueCapacity: 20_000 },
      script: between(0, hours(1), () => answer(503)),
      arrivals: [steady(seconds(5), 20, seconds(7000), (time) => time === 100)],
      until: hours(2)
    }
  ],
  [
    "an hour of 500",
    1090,
    {
      options: { queueCapacity: 20_000 },
      script: between(0, hours(1), () => answer(500)),
      arrivals: [steady(seconds(5), 20, hours(1))],
      until: hours(2)
    }
  ],
  [
    "7 of 10 fail",
    18_013,
    { script: brownOut(0.7, answer(500)), arrivals: [steady(seconds(1), 20, hours(1))], until: seconds(4500) }
  ],
  [
    "9 of 10 fail",
    17_756,
    { script: brownOut(0.9, answer(500)), arrivals: [steady(seconds(5), 20, hours(1))], until: seconds(6000) }
  ],
  [
    "7 of 10 hang for 10 s",
    1288,
    {
      script: brownOut(0.7, { status: undefined, after: seconds(10) }),
      arrivals: [steady(seconds(10), 20, hours(1))],
      until: seconds(6000)
    }
  ],
  [
    "an event a minute, one of them poison",
    408,
    {
      script: healthy,
      arrivals: [steady(minutes(1), 1, seconds(21_000), (time) => time === 4)],
      until: hours(6)
    }
  ],
  [
    "two batches with poison, then one a minute",
    536,
    { script: healthy, arrivals: [atOnce, atOnce, steady(minutes(1), 20, seconds(21_000))], until: hours(6) }
  ],
  [
    "twelve batches with poison at once, and one a second",
    3500,
    {
      script: healthy,
      arrivals: [...Array.from({ length: 12 }, () => atOnce), steady(seconds(1), 20, seconds(3000))],
      until: hours(1)
    }
  ]
]

describe("the model ends nothing that is good, for as many requests as was decided", () => {
  it.each(decided)("%s", (_, requests, scenario) => {
    const report = simulate(scenario)
    assert.deepStrictEqual(unstored(report), [])
    assert.strictEqual(countEnded(report, "Delivered"), report.accepted.size - report.poison.size)
    assert.isAtMost(report.requests.length, requests * 1.15)
    assert.isAtLeast(report.requests.length, requests * 0.75)
  })
})
