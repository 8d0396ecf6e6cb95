import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { makePace } from "../../src/transport/pace.ts"
import { Silence } from "../../src/transport/Silence.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** A number from 0 to 1, as `Random` has them. */
const Chance = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.999 }))

const Event = Schema.TaggedUnion({
  Wait: { millis: between(1, 60_000) },
  /** Of one of a few batches of ten messages, a piece of it. */
  Fail: { batch: between(1, 5), first: between(0, 9), count: between(1, 10), isPlain: Schema.Boolean },
  Answer: {},
  Hold: { seconds: between(1, 300) },
  AllowOne: {},
  Start: {}
})
type Event = typeof Event.Type

const placeOf = ({ batch, first, count }: Extract<Event, { _tag: "Fail" }>) => ({
  root: batch,
  first: first / 10,
  end: Math.min(10, first + count) / 10
})

describe("everybody's pace", () => {
  it.prop(
    "starts no closer together than a tenth of the silence, and not before what the server asked for",
    [Schema.Array(Event), Chance],
    ([events, chance]) => {
      const silence = new Silence()
      const pace = makePace(silence, true, () => chance)
      let now = 0
      let lastStart = Number.NEGATIVE_INFINITY
      let heldUntil = Number.NEGATIVE_INFINITY
      let isAllowed = false
      for (const event of events) {
        switch (event._tag) {
          case "Wait":
            now += event.millis
            break
          case "Fail":
            silence.fail(now, placeOf(event), !event.isPlain)
            pace.fail(now)
            break
          case "Answer":
            silence.end()
            pace.answer()
            break
          case "Hold":
            pace.holdAsAsked(now, event.seconds * 1000)
            heldUntil = Math.max(heldUntil, now + event.seconds * 1000)
            break
          case "AllowOne":
            pace.allowOne(now)
            isAllowed = now - lastStart >= 1000
            break
          case "Start": {
            if (pace.startsIn(now) > 0) break
            assert.isAtLeast(now, heldUntil)
            if (silence.isGeneral && !isAllowed) {
              // The silence was shorter when the last one started.
              const atLast = Math.max(lastStart, silence.since ?? now)
              const gap = Math.min(30_000, Math.max(100, (atLast - (silence.since ?? now)) / 10))
              assert.isAtLeast(now - lastStart, gap * (0.5 + chance))
            }
            pace.start(now)
            lastStart = now
            isAllowed = false
          }
        }
        if (!silence.isGeneral) assert.isAtMost(pace.startsIn(now), Math.max(0, heldUntil * 1.1 - now + 1))
      }
    }
  )

  it.prop(
    "never waits longer than 45 seconds of its own, and a second while closing",
    [between(0, 50_000_000), Chance],
    ([silent, chance]) => {
      const silence = new Silence()
      const pace = makePace(silence, true, () => chance)
      for (const root of [1, 2, 3]) silence.fail(0, { root, first: 0, end: 1 }, true)
      pace.fail(0)
      pace.start(silent)
      assert.isAtMost(pace.startsIn(silent), 45_000)
      pace.hasten(silent)
      assert.isAtMost(pace.startsIn(silent), 1000)
      pace.start(silent)
      assert.isAtMost(pace.startsIn(silent), 1000)
    }
  )
})

describe("a silence", () => {
  const nested = [
    { root: 1, first: 0, end: 1 },
    { root: 1, first: 0, end: 1 / 2 },
    { root: 1, first: 0, end: 1 / 4 },
    { root: 1, first: 0, end: 1 / 8 }
  ]

  it("is not general for the pieces of one message at fault", () => {
    const silence = new Silence()
    for (const place of nested) silence.fail(0, place, false)
    assert.isFalse(silence.isGeneral)
    assert.isUndefined(silence.awayFrom)
  })

  it("is general for three pieces that share no message, and away only for three batches", () => {
    const silence = new Silence()
    for (const first of [0, 1 / 4, 1 / 2]) silence.fail(0, { root: 1, first, end: first + 1 / 4 }, false)
    assert.isTrue(silence.isGeneral)
    assert.isUndefined(silence.awayFrom)
    for (const root of [2, 3]) silence.fail(5000, { root, first: 0, end: 1 }, false)
    assert.strictEqual(silence.awayFrom, 10_000)
  })

  it("is away for one batch where the failures are more than plain 500s", () => {
    const silence = new Silence()
    silence.fail(1000, { root: 1, first: 0, end: 1 }, false)
    silence.fail(2000, { root: 1, first: 0, end: 1 }, true)
    assert.strictEqual(silence.awayFrom, 11_000)
    silence.end()
    assert.isUndefined(silence.awayFrom)
  })
})
