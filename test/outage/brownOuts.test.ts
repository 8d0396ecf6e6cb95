import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isFull } from "../support/repetitions.ts"
import { countEnded, deliveredBy, doneAt, latencies, quantile, unstored } from "./figures.ts"
import { keepsLaws, keepsWireLaws } from "./laws.ts"
import { play } from "./play.ts"
import { answer, brownOut, hours, minutes, type Report, type Scenario, seconds } from "./Scenario.ts"
import { timeout } from "./settings.ts"
import { simulate } from "./simulate.ts"

/** Those of the models: for so long, and for as long as the models play them. */
const brownOuts = [
  { name: "7 of 10 fail with 500", wrong: answer(500), share: 0.7, every: seconds(1), short: minutes(10) },
  { name: "9 of 10 fail with 500", wrong: answer(500), share: 0.9, every: seconds(5), short: minutes(10) },
  { name: "9 of 10 fail with 503", wrong: answer(503), share: 0.9, every: seconds(5), short: minutes(10) },
  {
    name: "7 of 10 hang for 10 s",
    wrong: { status: undefined, after: seconds(10) },
    share: 0.7,
    every: seconds(10),
    short: hours(1)
  },
  {
    name: "1 of 3 fails with 503 at 20 batches a second",
    wrong: answer(503),
    share: 1 / 3,
    every: 50,
    short: seconds(30)
  },
  {
    name: "1 of 3 fails with 500 at 20 batches a second",
    wrong: answer(500),
    share: 1 / 3,
    every: 50,
    short: seconds(30)
  },
  {
    name: "45 of 100 fail with 502 at 10 batches a second",
    wrong: answer(502),
    share: 0.45,
    every: 100,
    short: minutes(1)
  }
]

/** What the model's luck makes of it. */
const modelSeeds = [11, 12, 13]

const figuresOf = (report: Report, length: number) => {
  const sorted = latencies(report)
  return {
    requests: report.requests.length,
    /** Of what had come, when the last came. */
    throughput: deliveredBy(report, length) / report.accepted.size,
    done: doneAt(report),
    median: quantile(sorted, 0.5)
  }
}

describe("a server that fails now and then ends nothing that is good", () => {
  it.effect.each(brownOuts)(
    "$name",
    ({ wrong, share, every, short }) =>
      Effect.gen(function* () {
        const length = isFull ? (every < seconds(1) ? minutes(10) : hours(1)) : short
        for (const seed of isFull ? [1, 2] : [1]) {
          const scenario: Scenario = {
            seed,
            script: brownOut(share, wrong),
            arrivals: [{ every, count: 20, until: length }],
            until: length + hours(1),
            // The rules are about failures, not about room.
            options: { queueCapacity: 1_000_000, queueBytes: 1_000_000_000 }
          }
          const played = yield* play(scenario)
          keepsWireLaws(scenario, played)
          assert.deepStrictEqual(unstored(played), [])
          assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)

          const ours = figuresOf(played, length)
          const models = modelSeeds.map((seed) => {
            const modelled = simulate({ ...scenario, seed })
            keepsLaws(scenario, modelled)
            return figuresOf(modelled, length)
          })
          const most = (figure: keyof typeof ours) => Math.max(...models.map((one) => one[figure]))
          const least = (figure: keyof typeof ours) => Math.min(...models.map((one) => one[figure]))
          const beside = JSON.stringify({ ours, models })
          assert.isAtMost(ours.requests, most("requests") * 1.15 + 20, beside)
          // Where nothing comes through for minutes it is a matter of luck how much has, when the last comes.
          assert.isAtLeast(ours.throughput, least("throughput") - (share < 0.9 ? 0.1 : 0.5), beside)
          assert.isAtMost(ours.done - length, (most("done") - length) * 2 + minutes(2), beside)
          assert.isAtMost(ours.median, most("median") * 1.5 + seconds(1), beside)
        }
      }),
    timeout
  )
})
