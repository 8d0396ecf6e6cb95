/**
 * The times of messages: told by what a value is, in whatever realm it was made (`vm`, a frame, a test's own globals), and
 * written as ISO 8601 text that every reader knows.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** What a Date holds, whatever class it is of and whatever was put in the place of its methods. */
const readTime = Date.prototype.getTime

const hasTime = (value: object): value is Date => {
  try {
    readTime.call(value)
    return true
  } catch {
    return false
  }
}

/** Whether it is a Date, valid or not, of whatever realm. */
export const isDate = (value: unknown): value is Date =>
  typeof value === "object" &&
  value !== null &&
  (value instanceof Date || Object.prototype.toString.call(value) === "[object Date]") &&
  hasTime(value)

export const isTime = (value: unknown): value is Date | DateTime.DateTime => isDate(value) || DateTime.isDateTime(value)

/** In epoch milliseconds; `NaN` of an invalid Date. */
export const timeOf = (time: Date | DateTime.DateTime): number =>
  DateTime.isDateTime(time) ? DateTime.toEpochMillis(time) : readTime.call(time)

/** 0000-01-01T00:00:00.000Z */
export const firstTime = -62_167_219_200_000

/** 9999-12-31T23:59:59.999Z */
export const lastTime = 253_402_300_799_999

/** Whether its year has four digits: others are written with a sign, which few read. Not of an invalid Date. */
export const hasPlainYear = (time: Date | DateTime.DateTime): boolean => {
  const millis = timeOf(time)
  return millis >= firstTime && millis <= lastTime
}

export const yearsReason = "the year is before 0 or after 9999"

/** Text that says a time of another year. */
export const hasSignedYear = (text: string): boolean => /^[+-]\d{6}-\d\d(-\d\d)?(T|$)/.test(text)

const utc = DateTime.makeUnsafe(0)

/** Whether a time says in JSON what times say. */
export const saysIso = (time: Date | DateTime.DateTime): boolean =>
  DateTime.isDateTime(time)
    ? time.toJSON === utc.toJSON
    : time.toJSON === Date.prototype.toJSON && time.toISOString === Date.prototype.toISOString

const iso = /^(\d{4}-\d\d-(\d\d))(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/

/** Of text that says a time that is the same on every machine: ISO 8601, with its zone; a day by itself is one of UTC. */
export const parseTime = (text: string): Date | undefined => {
  const [, date, day] = iso.exec(text) ?? []
  // JavaScript takes February 30 for March 1.
  if (date === undefined || (Number(day) > 28 && toDate(date)?.getUTCDate() !== Number(day))) return undefined
  return toDate(text)
}

const toDate = (text: string): Date | undefined =>
  Option.getOrUndefined(Option.map(DateTime.make(text), DateTime.toDateUtc))

export const timeTextReason = "Expected an ISO 8601 time with its zone, such as 2026-01-31T12:00:00Z"
