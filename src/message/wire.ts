/**
 * What the values of a message are in JSON: the one table, for every message and for the plans of a program.
 *
 * - Text, finite numbers, booleans, `null` and arrays are themselves. `undefined` is left out of a record and refused in an
 *   array.
 * - A literal and an instance of a class, of `Schema.Class` too, are records of their own enumerable properties: getters of
 *   the class are not among them.
 * - `Date` and `DateTime` are ISO 8601 text, in UTC; of a year before 0 or after 9999 they are refused.
 * - `Option` is its value; none is left out, of a record and of an array.
 * - `Duration` is a number of milliseconds.
 * - `BigDecimal` is decimal text, as `BigDecimal.format` writes it.
 * - What else has a `toJSON`, such as a `URL` or an error of your own, is what that returns, by this table; where that is
 *   a time of such a year, or `null` for an invalid date of another library, it is refused.
 * - What stands in more than 100 objects and arrays, those of the message counted, is refused.
 * - All else is refused: `Redacted`, `Chunk`, `HashMap`, `Cause`, `Exit`, `Result` and whatever else is Effect's; `Map`,
 *   `Set` and whatever else is iterable; functions, a `BigInt`, `NaN`, an infinite `Duration`, a cycle.
 *
 * The Schema of a message judges what comes of this, so an `Option` may stand for a reserved name, too.
 */
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { maxDepth, tooDeep } from "./depth.ts"
import type { AnyRecord } from "./open.ts"
import { isPlainObject } from "./plainObject.ts"
import { printableName } from "./printable.ts"
import { endlessRoom, type Room } from "./room.ts"
import { hasPlainYear, hasSignedYear, isDate, timeOf, yearsReason } from "./time.ts"

/** Where JSON has nothing for a value, and why not; never the value itself. */
export interface WireIssue {
  /** From the value inwards. */
  readonly path: ReadonlyArray<PropertyKey>
  readonly reason: string
}

/**
 * A copy of a value of a message in JSON's terms, made at one reading, or the first place in it that JSON has nothing for, or
 * that there is no room for.
 */
export const toWire = (value: unknown, room: Room = endlessRoom()): Result.Result<unknown, WireIssue> => {
  const wire = convert(value, { ancestors: [], room })
  return wire instanceof Refused ? Result.fail(wire) : Result.succeed(wire)
}

/** Whether the value says itself what it is in JSON. */
export const hasToJson = (value: unknown): value is { readonly toJSON: () => unknown } =>
  typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"

/** Whether it is in JSON a record of its own properties. */
export const isRecord = (value: unknown): value is AnyRecord =>
  isPlainObject(value)
    ? !hasToJson(value)
    : typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      !hasToJson(value) &&
      refusalOf(value) === undefined

class Refused implements WireIssue {
  readonly path: ReadonlyArray<PropertyKey>
  readonly reason: string

  constructor(reason: string, path: ReadonlyArray<PropertyKey> = []) {
    this.reason = reason
    this.path = path
  }

  within(key: PropertyKey): Refused {
    return new Refused(this.reason, [key, ...this.path])
  }
}

const quotes = 2

/** A colon, a comma or a bracket. */
const separator = 1

/** Where in a value we are, and what is left of the room for it. */
interface Walk {
  readonly ancestors: Array<object>
  readonly room: Room
}

const noRoom = new Refused("there is no room for it")

const convert = (value: unknown, walk: Walk): unknown => {
  switch (typeof value) {
    case "string":
      return walk.room.take(value.length + quotes) ? value : noRoom
    case "boolean":
    case "undefined":
      return value
    case "number":
      return Number.isFinite(value) ? value : new Refused(`${value} is not a JSON number`)
    case "object":
      return value === null ? null : convertObject(value, walk)
    default:
      return new Refused(`JSON has no ${typeof value}`)
  }
}

const convertObject = (value: object, walk: Walk): unknown => {
  const { ancestors } = walk
  if (ancestors.includes(value)) return new Refused("the value contains itself")
  if (ancestors.length === maxDepth - 1) return new Refused(tooDeep)
  ancestors.push(value)
  const wire = isPlainObject(value) ? convertOwn(value, walk) : convertData(value, walk)
  ancestors.pop()
  return wire
}

/** What is neither a literal nor what `JSON.parse` makes, though it may be an array of that. */
const convertData = (value: object, walk: Walk): unknown => {
  if (Array.isArray(value)) return convertOwn(value, walk)
  if (Option.isOption(value)) return Option.isSome(value) ? convert(value.value, walk) : undefined
  if (DateTime.isDateTime(value)) return hasPlainYear(value) ? DateTime.formatIso(value) : new Refused(yearsReason)
  if (Duration.isDuration(value)) return convert(Duration.toMillis(value), walk)
  if (BigDecimal.isBigDecimal(value)) return BigDecimal.format(value)
  if (isDate(value) && Number.isNaN(timeOf(value))) return new Refused("the Date is invalid")
  return refusalOf(value) ?? convertOwn(value, walk)
}

/** Why it has no form in JSON, where it is no record, and has none of its own either. */
const refusalOf = (value: object): Refused | undefined => {
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  // The names of bytes and of boxed text are as many as they are long.
  const effect = kind === "Object" || kind === "Error" ? effectNameOf(value, kind === "Error") : undefined
  if (effect !== undefined) return new Refused(`JSON has no ${printableName(effect)}`)
  if (hasToJson(value)) return undefined
  if (kind !== "Object") return new Refused(`JSON has no ${printableName(kind)}`)
  return Symbol.iterator in value ? new Refused("JSON has no iterable but arrays") : undefined
}

/** By its own `toJSON`, or as the array or the record that it is. */
const convertOwn = (value: object, walk: Walk): unknown => {
  if (!hasToJson(value)) return convertMembers(value, walk)
  const own = value.toJSON()
  if (own === null && isInvalidDate(value)) return new Refused("the date is invalid")
  if (typeof own === "string" && hasSignedYear(own)) return new Refused(yearsReason)
  // Asked once, as by `JSON.stringify`: what it returns may well have the same `toJSON`.
  return own === value || isPlainObject(own) ? convertMembers(own, walk) : convert(own, walk)
}

/** By what the dates of Luxon, Moment and Day.js say of themselves. */
const isInvalidDate = (value: object): boolean =>
  "isValid" in value && (typeof value.isValid === "function" ? value.isValid() : value.isValid) === false

const convertMembers = (value: object, walk: Walk): unknown =>
  Array.isArray(value) ? convertArray(value, walk) : convertRecord(value, walk)

const convertArray = (values: ReadonlyArray<unknown>, walk: Walk): unknown => {
  const wires: Array<unknown> = []
  // By index, which also finds the holes.
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    const wire = convert(value, walk)
    if (wire instanceof Refused) return wire.within(index)
    if (wire !== undefined) {
      if (!walk.room.take(separator)) return noRoom
      wires.push(wire)
    }
    // An Option says that there may be nothing; what else comes to nothing would come as null.
    else if (!Option.isOption(value)) return new Refused("JSON has no undefined in an array", [index])
  }
  return wires
}

const convertRecord = (record: object, walk: Walk): unknown => {
  // Without a prototype, so that a key named `__proto__` is a key like any other.
  const wires: Record<string, unknown> = Object.create(null)
  const members: AnyRecord = Object(record)
  for (const key of Object.keys(members)) {
    const value = members[key]
    // It has been asked, and is no data.
    if (key === "toJSON" && typeof value === "function") continue
    const wire = convert(value, walk)
    if (wire instanceof Refused) return wire.within(key)
    if (wire === undefined) continue
    if (!walk.room.take(key.length + quotes + separator)) return noRoom
    wires[key] = wire
  }
  return wires
}

/** Effect's ids that are on instances of users' own classes, too. */
const isOfAnyClass = (id: string): boolean => /^~effect\/(Equal$|Hash$|Schema\/Class\/)/.test(id)

/** An error of a user's own is an effect that fails with it. */
const isOfAnyError = (id: string): boolean => /^~effect\/Effect(\/|$)/.test(id)

/** What Effect calls a value of its own, by the ids that Effect puts on it and on its prototypes. */
const effectNameOf = (value: object, isError: boolean): string | undefined => {
  let place: object | null = value
  // A proxy may have prototypes without end.
  for (let depth = 0; place !== null && depth < maxDepth; depth++, place = Object.getPrototypeOf(place)) {
    for (const key of Object.getOwnPropertyNames(place)) {
      if (!key.startsWith("~effect/") || isOfAnyClass(key) || (isError && isOfAnyError(key))) continue
      return key.split("/").findLast((part) => /^[A-Z]/.test(part)) ?? "such value of Effect"
    }
  }
  return undefined
}
