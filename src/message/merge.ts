import type * as Schema from "effect/Schema"
import { maxDepth } from "./depth.ts"
import type { AnyRecord } from "./open.ts"
import { endlessRoom, type Room } from "./room.ts"
import { isRecord } from "./wire.ts"

/**
 * Merges `over` into `base`, deeply, into a new object: the value of `over` wins, arrays are replaced whole, a key that is
 * `undefined` in `over` leaves the one in `base`. An instance of a class is merged, too, if it is a record in JSON; a date is
 * none.
 */
export function merge(base: Schema.JsonObject, over: Schema.JsonObject): Record<string, Schema.Json>
export function merge(base: object, over: object): Record<string, unknown>
export function merge(base: object, over: object): Record<string, unknown> {
  return mergeAll([base, over], endlessRoom())
}

/**
 * The same of any number of records, each over those before it, as far as there is room. What would be deeper than a message
 * may be is not merged: it is refused with the message.
 */
export const mergeAll = (records: ReadonlyArray<object>, room: Room, depth = 1): Record<string, unknown> => {
  // Without a prototype, so that a key named `__proto__` is a key like any other.
  const merged: Record<string, unknown> = Object.create(null)
  let parts: Map<string, Array<object>> | undefined
  for (const record of records) {
    const members: AnyRecord = Object(record)
    for (const key of Object.keys(members)) {
      const value = members[key]
      if (value === undefined) continue
      const existing = merged[key]
      merged[key] = value
      if (existing === undefined) {
        if (!room.take(key.length + 4)) return merged
      } else if (isRecord(value) && isRecord(existing)) {
        parts ??= new Map()
        const before = parts.get(key)
        if (before === undefined) parts.set(key, [existing, value])
        else before.push(value)
      } else {
        parts?.delete(key)
      }
    }
  }
  if (parts === undefined || depth === maxDepth) return merged
  for (const [key, each] of parts) merged[key] = mergeAll(each, room, depth + 1)
  return merged
}
