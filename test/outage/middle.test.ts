import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { countEnded, requestsBetween, unstored } from "./figures.ts"
import { keepsLaws, keepsWireLaws } from "./laws.ts"
import { play } from "./play.ts"
import { answer, between, hanging, healthy, hours, minutes, type Scenario, seconds } from "./Scenario.ts"
import { timeout } from "./settings.ts"
import { simulate } from "./simulate.ts"

const playBoth = Effect.fnUntraced(function* (scenario: Scenario) {
  keepsLaws(scenario, simulate(scenario))
  const played = yield* play(scenario)
  keepsWireLaws(scenario, played)
  return played
})

const each = [{ concurrency: 4 }, { concurrency: 1 }] as const

describe.each(each)("with $concurrency at a time", ({ concurrency }) => {
  const options = { concurrency }

  it.effect(
    "429 with Retry-After in the middle of an outage holds everything, and then not everybody starts at that time",
    () =>
      Effect.gen(function* () {
        let asked = false
        const starts = new Set<number>()
        for (const seed of [1, 2, 3, 4]) {
          asked = false
          const scenario: Scenario = {
            seed,
            options,
            script: (request) => {
              if (request.at < minutes(1) || request.at >= minutes(9)) return healthy(request)
              if (request.at < minutes(4) || asked) return answer(503)
              asked = true
              return answer(429, 120)
            },
            arrivals: [{ every: seconds(10), count: 20, until: minutes(10) }],
            until: minutes(20)
          }
          const played = yield* play(scenario)
          keepsWireLaws(scenario, played)
          assert.deepStrictEqual(unstored(played), [])
          const held = played.requests.find(({ status }) => status === 429)!
          const next = played.requests.find(({ at }) => at > held.endsAt)!.at - held.endsAt
          assert.isAtLeast(next, seconds(120) - 1)
          // Within a tenth of it, and what is asked next is not put off by more than the pace.
          assert.isAtMost(next, seconds(132) + seconds(45))
          starts.add(Math.round(next / 100))
        }
        assert.isAbove(starts.size, 2)
      }),
    timeout
  )

  it.effect("Retry-After of a day is one of 5 minutes", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({
        options,
        script: between(minutes(1), minutes(2), () => answer(503, 86_400)),
        arrivals: [{ every: seconds(1), count: 20, until: minutes(6) }],
        until: minutes(10)
      })
      assert.deepStrictEqual(unstored(played), [])
      // As many as were under way, and then nothing.
      assert.isAtMost(requestsBetween(played, minutes(1), minutes(6)).length, concurrency)
    })
  )

  it.effect("429 without Retry-After in a healthy service costs nothing but time", () =>
    Effect.gen(function* () {
      const played = yield* playBoth({
        options,
        script: between(minutes(1), minutes(2), () => answer(429)),
        arrivals: [{ every: seconds(1), count: 20, until: minutes(5) }],
        until: minutes(8)
      })
      assert.deepStrictEqual(unstored(played), [])
      assert.strictEqual(countEnded(played, "Delivered"), played.accepted.size)
    })
  )

  it.effect("closing in the middle of an outage that ends in time delivers everything", () =>
    Effect.gen(function* () {
      const closeAt = hours(1)
      const played = yield* playBoth({
        options,
        script: between(minutes(1), closeAt + seconds(8), () => answer(503)),
        arrivals: [{ every: seconds(30), count: 20, until: closeAt }],
        closeAt,
        until: closeAt + seconds(21)
      })
      assert.deepStrictEqual(unstored(played), [])
      // No wait is longer than a second, once it closes.
      const closing = [closeAt, ...requestsBetween(played, closeAt, closeAt + seconds(9)).map(({ at }) => at)]
      for (const [index, at] of closing.entries()) {
        if (index > 0) assert.isAtMost(at - closing[index - 1]!, seconds(1) + 60)
      }
      assert.isAtMost(played.closedAt ?? Number.NaN, closeAt + seconds(20))
    })
  )

  it.effect("closing in the middle of an outage that goes on ends at shutdownTimeout", () =>
    Effect.gen(function* () {
      const closeAt = hours(1)
      const played = yield* playBoth({
        options,
        script: between(minutes(1), hours(2), () => hanging),
        arrivals: [{ every: seconds(30), count: 20, until: closeAt }],
        closeAt,
        until: closeAt + seconds(21)
      })
      assert.strictEqual(played.ended.size, played.accepted.size)
      assert.strictEqual(countEnded(played, "ShutdownTimeout"), unstored(played).length)
      assert.isAbove(unstored(played).length, 2000)
      assert.isAtLeast(played.closedAt ?? 0, closeAt + seconds(20) - 1)
      assert.isAtMost(played.closedAt ?? Number.NaN, closeAt + seconds(20))
      // No attempt is longer than what is left.
      for (const { endsAt } of played.requests) assert.isAtMost(endsAt, closeAt + seconds(20))
    })
  )

  it.effect("closing keeps Retry-After", () =>
    Effect.gen(function* () {
      const closeAt = minutes(2)
      const played = yield* playBoth({
        options,
        script: ({ at }) => (at > minutes(1) && at < closeAt + seconds(3) ? answer(503, 70) : answer(200)),
        arrivals: [{ every: seconds(2), count: 20, until: closeAt }],
        closeAt,
        until: closeAt + seconds(21)
      })
      // Asked at a minute, which is over 10 to 17 s after it closes.
      assert.deepStrictEqual(requestsBetween(played, minutes(1) + seconds(5), closeAt + seconds(9)), [])
      assert.deepStrictEqual(unstored(played), [])
    })
  )

  it.effect("a flush in the middle asks at once, and delivers when the server is back", () =>
    Effect.gen(function* () {
      const from = minutes(1)
      const back = from + hours(1)
      const played = yield* playBoth({
        options,
        script: between(from, back, () => answer(503)),
        arrivals: [{ every: seconds(10), count: 20, until: back + minutes(1) }],
        flushAt: [minutes(30), back + 100],
        until: back + minutes(5)
      })
      assert.deepStrictEqual(unstored(played), [])
      for (const time of [minutes(30), back + 100]) {
        // Unless one started in the last second.
        assert.isAtLeast(requestsBetween(played, time - seconds(1), time + 2).length, 1)
      }
      const last = played.flushes.find(({ from }) => from === back + 100)!
      assert.isAtMost(last.until - last.from, seconds(30))
      const atThatTime = [...played.accepted.values()].filter((at) => at < back).length
      assert.isAtLeast(last.report.delivered, atThatTime - 20 * 7)
    })
  )

  it.effect("a hundred flushes a minute are no hammer", () =>
    Effect.gen(function* () {
      const from = minutes(1)
      const flushAt = Array.from({ length: 1000 }, (_, index) => minutes(5) + index * 600)
      const played = yield* playBoth({
        options,
        script: between(from, minutes(20), () => answer(503)),
        arrivals: [{ every: seconds(10), count: 5, until: minutes(21) }],
        flushAt,
        until: minutes(30)
      })
      assert.deepStrictEqual(unstored(played), [])
      const between5and15 = requestsBetween(played, minutes(5), minutes(15))
      // One a second is let go, and the pace's own.
      assert.isAtMost(between5and15.length, 10 * 60 + 40)
    })
  )
})
