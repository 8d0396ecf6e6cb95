import * as Result from "effect/Result"
import { nameThrown } from "./nameThrown.ts"
import { isPlainObject } from "./plainObject.ts"
import { records } from "./records.ts"
import type { WireIssue } from "./wire.ts"

/** Of what is asked of a program: options, an option, a member of a list. */
const maxLevels = 3

/**
 * A copy of what is asked of a program, made at one reading, or the place that threw: of what the object itself has, and not
 * of what it inherits, since anybody may have written to a prototype. The same goes for plain objects and lists in it, but
 * for the records of messages, which `toWire` copies.
 */
export const readOwn = (input: object): Result.Result<Record<PropertyKey, unknown>, WireIssue> => {
  let place: ReadonlyArray<PropertyKey> = []
  const copy = (value: object, path: ReadonlyArray<PropertyKey>): Record<PropertyKey, unknown> => {
    const members: Readonly<Record<PropertyKey, unknown>> = Object(value)
    const isList = Array.isArray(value)
    const copied: Record<PropertyKey, unknown> = isList ? Object([]) : Object.create(null)
    for (const key of Reflect.ownKeys(value)) {
      place = [...path, isList && typeof key === "string" ? Number(key) : key]
      if (!Object.prototype.propertyIsEnumerable.call(value, key)) continue
      const member = members[key]
      const isCopied = place.length < maxLevels && !records.has(key) && (Array.isArray(member) || isPlainObject(member))
      copied[key] = isCopied ? copy(member, place) : member
    }
    return copied
  }
  try {
    return Result.succeed(copy(input, place))
  } catch (error) {
    return Result.fail({ path: place, reason: `reading it threw ${nameThrown(error)}` })
  }
}
