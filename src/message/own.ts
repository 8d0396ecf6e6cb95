import { maxDepth } from "./depth.ts"
import { isPlainObject } from "./plainObject.ts"

/** What a record itself has at a key, and nothing that it inherits. */
export const own = <A extends object, Key extends keyof A>(record: A, key: Key): A[Key] | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

/** A copy of what a record itself has, which inherits nothing. */
export const ownProperties = <A extends object>(record: A): A => Object.assign(Object.create(null), record)

/** The same, and of whatever literals and arrays stand in it. */
export const ownPropertiesWithin = (value: unknown, levels = maxDepth): unknown => {
  if (levels === 0) return value
  if (Array.isArray(value)) return value.map((member) => ownPropertiesWithin(member, levels - 1))
  if (!isPlainObject(value)) return value
  const copy: Record<PropertyKey, unknown> = ownProperties(value)
  for (const key of Object.keys(copy)) copy[key] = ownPropertiesWithin(copy[key], levels - 1)
  return copy
}
