/** Values that a JSON Schema is likely to accept, the same each time. Whoever needs to be sure asks. */
import { own } from "../message/own.ts"
import { nameOf, typesOf } from "./flat.ts"
import { isObject, type JsonSchema } from "./jsonSchema.ts"
import type { Definitions } from "./typeWords.ts"

/** There is none, or none is found. */
const none = Symbol("none")

/** More schemas are not asked, and longer values are no examples. */
const maxSchemas = 1000
const maxLength = 100

/** One with all that may be there, and one with what must be; none where the schema is too large to look for any. */
export const examplesOf = (schema: JsonSchema, definitions: Definitions): ReadonlyArray<unknown> => {
  const finders = [false, true].map((isShort) => new Finder(definitions, isShort))
  const found = finders.map((finder) => finder.find(schema, []))
  return finders.some((finder) => finder.isLost) ? [] : found.filter((value) => value !== none)
}

class Finder {
  readonly #definitions: Definitions
  readonly #isShort: boolean
  #left = maxSchemas

  constructor(definitions: Definitions, isShort: boolean) {
    this.#definitions = definitions
    this.#isShort = isShort
  }

  get isLost(): boolean {
    return this.#left < 0
  }

  find(schema: unknown, following: ReadonlyArray<string>): unknown {
    if (!isObject(schema)) return schema === false ? none : "anything"
    if (this.#left-- < 0) return none
    const { $ref, anyOf, oneOf, allOf, examples, default: fallback, enum: values, not } = schema
    for (const given of [examples, values]) if (Array.isArray(given) && given.length > 0) return given[0]
    if (fallback !== undefined) return fallback
    if (not !== undefined && Object.keys(schema).length === 1) return none
    if (typeof $ref === "string") {
      const name = nameOf($ref)
      return following.includes(name) ? none : this.find(own(this.#definitions, name), [...following, name])
    }
    if (Array.isArray(allOf)) {
      const { allOf: _, ...rest } = schema
      return this.find(Object.fromEntries([rest, ...allOf.filter(isObject)].flatMap(Object.entries)), following)
    }
    for (const choices of [anyOf, oneOf]) {
      if (!Array.isArray(choices)) continue
      const found = choices.map((choice) => this.find(choice, following)).filter((value) => value !== none)
      return found.find((value) => value !== null) ?? found[0] ?? none
    }
    const type = typesOf(schema).find((type) => type !== "null") ?? typesOf(schema)[0]
    return this.#ofType(type, schema, following)
  }

  #ofType(type: unknown, schema: JsonSchema, following: ReadonlyArray<string>): unknown {
    switch (type) {
      case "string":
        return textFor(schema)
      case "integer":
      case "number":
        return numberFor(schema)
      case "boolean":
        return true
      case "null":
        return null
      case "array":
        return this.#array(schema, following)
      case "object":
        return this.#object(schema, following)
      default:
        return "anything"
    }
  }

  #array({ prefixItems, items = true, minItems }: JsonSchema, following: ReadonlyArray<string>): unknown {
    const first: ReadonlyArray<unknown> = Array.isArray(prefixItems)
      ? prefixItems.map((item) => this.find(item, following))
      : []
    if (first.includes(none)) return none
    const least = typeof minItems === "number" ? minItems : 0
    const item = items === false ? none : this.find(items, following)
    const length = Math.max(least - first.length, first.length > 0 || this.#isShort ? 0 : 1)
    if (length > maxLength) return none
    if (item === none) return least > first.length ? none : first
    return [...first, ...Array.from({ length }, () => item)]
  }

  #object({ properties, required }: JsonSchema, following: ReadonlyArray<string>): unknown {
    const names: ReadonlyArray<unknown> = Array.isArray(required) ? required : []
    const members: Array<readonly [string, unknown]> = []
    for (const [name, schema] of isObject(properties) ? Object.entries(properties) : []) {
      const isRequired = names.includes(name)
      if (!isRequired && this.#isShort) continue
      const value = this.find(schema, following)
      if (value !== none) members.push([name, value])
      else if (isRequired) return none
    }
    return Object.fromEntries(members)
  }
}

const numberOr = (value: unknown, fallback: number): number => (typeof value === "number" ? value : fallback)

const numberFor = ({ minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf }: JsonSchema): number => {
  const least = Math.max(numberOr(minimum, -Infinity), numberOr(exclusiveMinimum, -Infinity) + 1)
  const most = Math.min(numberOr(maximum, Infinity), numberOr(exclusiveMaximum, Infinity) - 1)
  const step = numberOr(multipleOf, 1)
  const near = Math.min(Math.max(step, least), most)
  return typeof multipleOf === "number" ? Math.ceil(near / step) * step : near
}

const formats = new Map<unknown, string>([
  ["date-time", "2026-01-31T12:00:00.000Z"],
  ["date", "2026-01-31"],
  ["time", "12:00:00Z"],
  ["email", "cool.person@example.com"],
  ["uuid", "7f1c2f0e-3c51-4d6a-9d0e-2b1c4a5e6f70"],
  ["uri", "https://example.com"],
  ["hostname", "example.com"],
  ["ipv4", "192.0.2.1"],
  ["ipv6", "2001:db8::1"]
])

/** For patterns as people write them. */
const texts = [
  "text",
  "TEXT",
  "Text",
  "t",
  "T",
  "1",
  "42",
  "123456",
  "2026-01-31",
  "EUR",
  "de",
  "de-DE",
  "#a1b2c3",
  ...formats.values()
]

const textFor = ({ format, pattern, ...lengths }: JsonSchema): unknown => {
  const least = numberOr(lengths["minLength"], 0)
  const most = numberOr(lengths["maxLength"], Infinity)
  if (least > maxLength) return none
  const fit = (text: string) => text.padEnd(least, "text").slice(0, most)
  const usual = formats.get(format) ?? "text"
  if (typeof pattern !== "string") return fit(usual)
  const plain = pattern
    .replaceAll(/^\^|\$$/g, "")
    .split("|")
    .filter((text) => text.length <= maxLength)
  const expression = expressionOf(pattern)
  return [usual, ...plain, ...texts].map(fit).find((text) => expression?.test(text)) ?? none
}

const expressionOf = (pattern: string): RegExp | undefined => {
  try {
    return new RegExp(pattern, "u")
  } catch {
    return undefined
  }
}
