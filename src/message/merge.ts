import type { Schema } from "effect"
import { isRecord } from "./wire.ts"

/**
 * Merges `over` into `base`, deeply, into a new object: the value of `over` wins, arrays are replaced whole, a key that is
 * `undefined` in `over` leaves the one in `base`. An instance of a class is merged, too, if it is a record in JSON; a date is
 * none.
 */
export function merge(base: Schema.JsonObject, over: Schema.JsonObject): Record<string, Schema.Json>
export function merge(base: object, over: object): Record<string, unknown>
export function merge(base: object, over: object): Record<string, unknown> {
  // Without a prototype, so that a key named `__proto__` is a key like any other.
  const merged: Record<string, unknown> = Object.assign(Object.create(null), base)
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue
    const existing = merged[key]
    merged[key] = isRecord(value) && isRecord(existing) ? merge(existing, value) : value
  }
  return merged
}
