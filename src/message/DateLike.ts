import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { firstTime, hasPlainYear, isDate, lastTime, parseTime, timeOf, timeTextReason, yearsReason } from "./time.ts"

const TimeText = Schema.String.check(
  Schema.makeFilter((text) => (parseTime(text) === undefined ? timeTextReason : undefined))
)

const Millis = Schema.Int.check(Schema.isBetween({ minimum: firstTime, maximum: lastTime }))

const toDate = (time: string | number): Date => DateTime.toDateUtc(DateTime.makeUnsafe(time))

const toIso = (time: Date | DateTime.Utc): string => DateTime.formatIso(DateTime.makeUnsafe(timeOf(time)))

/** A valid `Date` of any realm. In JSON it is a time that is the same on every machine. */
const AnyDate = Schema.declare((input): input is Date => isDate(input) && !Number.isNaN(timeOf(input)), {
  expected: "a valid Date",
  toCodecJson: () =>
    Schema.link<Date>()(TimeText, {
      decode: SchemaGetter.transform(toDate),
      encode: SchemaGetter.transform(toIso)
    }),
  toCodecArbitrary: () =>
    Schema.link<Date>()(Millis, {
      decode: SchemaGetter.transform(toDate),
      encode: SchemaGetter.transform(timeOf)
    })
})

const Utc = Schema.DateTimeUtc.annotate({
  toCodecJson: () =>
    Schema.link<DateTime.Utc>()(TimeText, {
      decode: SchemaGetter.transform(DateTime.makeUnsafe),
      encode: SchemaGetter.transform(toIso)
    }),
  toCodecArbitrary: () =>
    Schema.link<DateTime.Utc>()(Millis, {
      decode: SchemaGetter.transform(DateTime.makeUnsafe),
      encode: SchemaGetter.transform(timeOf)
    })
})

/** When something happened. From JSON it comes as a `Date`. */
export const Timestamp = Schema.Union([AnyDate, Utc]).check(
  Schema.makeFilter((time) => (hasPlainYear(time) ? undefined : yearsReason))
)

/** Text and numbers come from JSON as they are: the first member that fits is taken. */
export const PointInTime = Schema.Union([Schema.String, Schema.Finite, AnyDate, Utc])

/**
 * A point in time: `Date` and `DateTime.Utc` become ISO 8601 strings; text and numbers (Unix seconds) are sent as they are.
 *
 * @category models
 * @since 0.1.0
 */
export type DateLike = string | number | Date | DateTime.Utc
