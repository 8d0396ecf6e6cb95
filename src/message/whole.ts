/**
 * Text that arrives as it was given. Half of a surrogate pair, which is what cutting text by its length leaves of an emoji,
 * becomes U+FFFD on the way, whichever half it was, so that two ids become one; NUL is what Postgres refuses.
 */
import { isPlainObject } from "./plainObject.ts"

// With `u`, a pair is one character and only halves are surrogates.
const broken = /[\0\p{Cs}]/u
const halves = /\p{Cs}/gu

/** Whether it has neither NUL nor half of a surrogate pair, as ids and names must. */
export const isWhole = (text: string): boolean => !broken.test(text)

export const wholeReason = "Expected text without NUL and without half of a surrogate pair"

/** Whether JSON may have half of a surrogate pair: it is written as an escape. Most has none, and this is quick to tell. */
export const mayHaveHalves = (json: string): boolean => json.includes("\\ud")

/**
 * The same JSON with each half of a surrogate pair as U+FFFD, in values and in keys. JSON escapes no other surrogates, and
 * reading it to write it anew would cost some keys: https://github.com/nodejs/node/issues/63785
 */
export const makeWhole = (json: string): string =>
  json.replace(/\\(?:ud[89a-f][\da-f]{2}|.)/g, (part) => (part.length > 2 ? "\ufffd" : part))

type Path = ReadonlyArray<PropertyKey>

/** Where in a message a key is that would be the same as one before it then. */
export const findSameKey = (value: unknown, path: Path = []): Path | undefined => {
  const isArray = Array.isArray(value)
  const entries = isArray ? value.entries() : isPlainObject(value) ? Object.entries(value) : []
  const keys = new Set<string>()
  for (const [key, member] of entries) {
    const place = [...path, key]
    if (typeof key === "string" && keys.size === keys.add(key.replace(halves, "\ufffd")).size) return place
    const found = findSameKey(member, place)
    if (found !== undefined) return found
  }
  return undefined
}

export const sameKeyReason = "Expected keys that differ in more than half of a surrogate pair"
