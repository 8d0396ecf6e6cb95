// @effect-diagnostics globalDate:off - dates as a caller makes them
import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  type CallError,
  GroupTraits,
  messageFromJson,
  type Receipt,
  Track,
  Traits
} from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { DateTime, Effect, Exit, Option, Result, Schema } from "effect"

const person = { userId: "u" }
const year10000 = "+010000-01-01T00:00:00.000Z"
const beforeYear0 = "-000001-12-31T23:59:59.999Z"
const reason = "the year is before 0 or after 9999"

/** As Luxon, Moment, Day.js and Temporal write it. */
const otherDate = (text: unknown, isValid: unknown = true) => ({ isValid, toJSON: () => text })

const times: ReadonlyArray<readonly [string, unknown]> = [year10000, beforeYear0].flatMap((text) => [
  [`Date of ${text}`, new Date(text)],
  [`DateTime of ${text}`, DateTime.makeUnsafe(text)],
  [`zoned DateTime of ${text}`, DateTime.makeZonedUnsafe(text, { timeZone: "Europe/Berlin" })],
  [`Option of a Date of ${text}`, Option.some(new Date(text))],
  [`date of another library of ${text}`, otherDate(text)]
])

describe("a year of more than four digits", () => {
  it.effect.each(times)("%s is refused, wherever it is", ([, time]) =>
    Effect.gen(function* () {
      const places: ReadonlyArray<readonly [path: string, call: Effect.Effect<Receipt, CallError, Analytics>]> = [
        ["properties.list[0].at", Analytics.track({ ...person, event: "e", properties: { list: [{ at: time }] } })],
        ["properties.url", Analytics.page({ ...person, properties: { url: time } as never })],
        ["traits.createdAt", Analytics.identify({ ...person, traits: { createdAt: time } as never })],
        ["traits.birthday", Analytics.identify({ ...person, traits: { birthday: time } as never })],
        ["traits.createdAt", Analytics.group({ groupId: "g", traits: { createdAt: time } as never })],
        ["context.traits.createdAt", Analytics.page({ ...person, context: { traits: { createdAt: time } } as never })],
        ["context.custom", Analytics.page(person).pipe(Analytics.withContext({ custom: time }))]
      ]
      for (const [path, call] of places) {
        assert.deepInclude(yield* Effect.flip(call), { _tag: "UnserializableMessage", path, reason })
      }
      assert.deepStrictEqual(yield* AnalyticsTest.sent, [])
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("is no timestamp", () =>
    Effect.gen(function* () {
      for (const time of [year10000, beforeYear0]) {
        for (const timestamp of [new Date(time), DateTime.makeUnsafe(time)]) {
          const error = yield* Effect.flip(Analytics.track({ ...person, event: "e", timestamp }))
          assert.deepInclude(error, { _tag: "InvalidMessage", path: "timestamp", reason })
        }
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("is not in the default context", () =>
    Effect.gen(function* () {
      const layer = AnalyticsTest.layerWith({ context: { since: new Date(year10000) } })
      const error = yield* Effect.flip(Effect.provide(Analytics.flush, layer))
      assert.deepInclude(error, { _tag: "InvalidOptions", option: "context.since", reason })
    })
  )

  it.effect("stays what it is in text, and the first and the last of four digits are sent", () =>
    Effect.gen(function* () {
      const first = "0000-01-01T00:00:00.000Z"
      const last = "9999-12-31T23:59:59.999Z"
      const properties = { text: year10000, first: new Date(first), last: DateTime.makeUnsafe(last) }
      yield* Analytics.track({ ...person, event: "e", timestamp: new Date(last), properties })
      yield* Analytics.identify({ ...person, timestamp: new Date(first), traits: { birthday: beforeYear0 } })
      const [track, identify] = yield* AnalyticsTest.sent
      assert.deepInclude(track, { timestamp: last, properties: { text: year10000, first, last } })
      assert.deepInclude(identify, { timestamp: first, traits: { birthday: beforeYear0 } })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )
})

describe("an invalid date of another library", () => {
  it.effect.each([false, () => false])("is refused where it says so itself", (isValid) =>
    Effect.gen(function* () {
      const traits: object = { birthday: otherDate(null, isValid) }
      const error = yield* Effect.flip(Analytics.identify({ ...person, traits }))
      assert.deepInclude(error, { path: "traits.birthday", reason: "the date is invalid" })
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )
})

describe("dates in JSON", () => {
  const texts = ["05/01/1990", "1", "", "1990-05-01", "2021-02-03T04:05:06Z", "NaN", year10000]

  it.each(texts)("%j stays the text that it is", (text) => {
    const traits = { birthday: text, createdAt: text }
    assert.deepStrictEqual(Schema.decodeSync(Schema.toCodecJson(Traits))(traits), traits)
    const group = { createdAt: text }
    assert.deepStrictEqual(Schema.decodeSync(Schema.toCodecJson(GroupTraits))(group), group)
    const json = JSON.stringify({ type: "identify", ...person, traits, context: { traits } })
    assert.strictEqual(JSON.stringify(Result.getOrThrow(messageFromJson(json))), json)
  })

  it("seconds stay a number", () => {
    assert.deepStrictEqual(Schema.decodeSync(Schema.toCodecJson(Traits))({ createdAt: 1 }), { createdAt: 1 })
  })

  it("a timestamp of a Schema is ISO 8601", () => {
    for (const timestamp of [new Date(0), DateTime.makeUnsafe(0)]) {
      const message = Track.make({ ...person, event: "e", timestamp })
      const json = Schema.encodeSync(Schema.toCodecJson(Track))(message)
      assert.deepInclude(json, { timestamp: "1970-01-01T00:00:00.000Z" })
    }
  })

  it.each([
    ["2021-02-03T04:05:06.789Z", "2021-02-03T04:05:06.789Z"],
    ["2021-02-03T04:05Z", "2021-02-03T04:05:00.000Z"],
    ["2021-02-03T04:05:06.123456789+05:30", "2021-02-02T22:35:06.123Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2021-12-31T23:00:00-05:00", "2022-01-01T04:00:00.000Z"]
  ])("a timestamp of %s is %s, on every machine", (text, iso) => {
    const message = { type: "track", ...person, event: "e", timestamp: text }
    const read = Result.getOrThrow(messageFromJson(JSON.stringify(message)))
    assert.deepStrictEqual(read.timestamp, new Date(iso))
    assert.deepStrictEqual(Schema.decodeSync(Schema.toCodecJson(Track))(message).timestamp, new Date(iso))
  })

  it.each([
    "05/01/1990",
    "1",
    "",
    "now",
    "2021-02-03T04:05:06",
    "2021-02-03 04:05:06Z",
    "2021-02-03T04:05:06+0530",
    "2021-02-30",
    "2021-02-29T00:00:00Z",
    "2021-04-31T23:00:00-05:00",
    "2021-13-01",
    "2021-02-03T25:00:00Z",
    year10000
  ])("a timestamp of %j is refused", (text) => {
    const message = { type: "track", ...person, event: "e", timestamp: text }
    const read = messageFromJson(JSON.stringify(message))
    const expected = "Expected an ISO 8601 time with its zone, such as 2026-01-31T12:00:00Z"
    assert.isTrue(Result.isFailure(read))
    if (Result.isFailure(read)) assert.deepInclude(read.failure, { path: "timestamp", reason: expected })
    assert.isTrue(Exit.isFailure(Schema.decodeExit(Schema.toCodecJson(Track))(message)))
  })

  it("a timestamp that another zone puts into the year 10000 is refused", () => {
    const message = { type: "track", ...person, event: "e", timestamp: "9999-12-31T23:59:59-05:00" }
    const read = messageFromJson(JSON.stringify(message))
    assert.isTrue(Result.isFailure(read) && read.failure.reason === reason)
  })
})
