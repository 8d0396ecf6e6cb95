/** What a JSON Schema asks for, in words, and the properties that it lists. */
import { own } from "../message/own.ts"
import { nameOf, typesOf } from "./flat.ts"
import { isObject, type JsonSchema } from "./jsonSchema.ts"
import { codeName } from "./markdownText.ts"

export type Definitions = Readonly<Record<string, JsonSchema>>

/** More values are not read. */
const maxValues = 20

/** Nor are more schemas: what names another twice, which names another twice, is endless. */
const maxSchemas = 1000

/** Such as `text (not empty)` or `list of whole numbers`. In Markdown. */
export const wordsOf = (schema: unknown, definitions: Definitions): string => new Speaker(definitions).words(schema, [])

class Speaker {
  readonly #definitions: Definitions
  #left = maxSchemas

  constructor(definitions: Definitions) {
    this.#definitions = definitions
  }

  words(schema: unknown, following: ReadonlyArray<string>): string {
    if (schema === false) return "nothing"
    if (!isObject(schema) || this.#left-- < 0) return "anything"
    const { $ref, anyOf, oneOf, allOf, enum: values } = schema
    if (typeof $ref === "string") return this.#named(nameOf($ref), following)
    const inner = (one: unknown) => this.words(one, following)
    if (Array.isArray(values)) {
      const more = values.length > maxValues ? [`${values.length - maxValues} more`] : []
      return either([...values.slice(0, maxValues).map((value) => codeName(JSON.stringify(value))), ...more])
    }
    for (const choices of [anyOf, oneOf]) if (Array.isArray(choices)) return either(choices.map(inner))
    const types = typesOf(schema)
    const own = types.length === 0 ? [] : [either(types.map((type) => ofType(type, schema, inner)))]
    const others = Array.isArray(allOf) ? allOf.map(inner) : []
    const all = [...new Set([...own, ...others])].filter((words) => words !== "anything")
    return all.length === 0 ? "anything" : all.join(", and ")
  }

  #named(name: string, following: ReadonlyArray<string>): string {
    return following.includes(name)
      ? `the same as what it is in`
      : this.words(own(this.#definitions, name), [...following, name])
  }
}

const either = (words: ReadonlyArray<string>): string => {
  const different = [...new Set(words)]
  return different.length < 2
    ? (different[0] ?? "nothing")
    : `${different.slice(0, -1).join(", ")} or ${different.at(-1)}`
}

const ofType = (type: unknown, schema: JsonSchema, inner: (schema: unknown) => string): string => {
  switch (type) {
    case "string":
      return limited(ofFormat(schema["format"]), schema, ofText)
    case "number":
      return limited("number", schema, ofNumber)
    case "integer":
      return limited("whole number", schema, ofNumber)
    case "boolean":
      return "true or false"
    case "null":
      return "null"
    case "array":
      return limited(ofItems(schema, inner), schema, ofArray)
    default:
      return limited(ofObject(schema, inner), schema, ofMembers)
  }
}

const formats = new Map<unknown, string>([
  ["date-time", "time"],
  ["date", "date"],
  ["email", "e-mail address"],
  ["uri", "URL"],
  ["uuid", "UUID"]
])

const ofFormat = (format: unknown): string =>
  formats.get(format) ?? (typeof format === "string" ? `text (${codeName(format)})` : "text")

type Limits = ReadonlyArray<readonly [keyword: string, say: (value: unknown) => string]>

const limited = (words: string, schema: JsonSchema, known: Limits): string => {
  const limits = known.flatMap(([keyword, say]) => (schema[keyword] === undefined ? [] : [say(schema[keyword])]))
  return limits.length === 0 ? words : `${words} (${limits.join(", ")})`
}

const ofText: Limits = [
  ["minLength", (length) => (length === 1 ? "not empty" : `at least ${length} characters`)],
  ["maxLength", (length) => `at most ${length} characters`],
  ["pattern", (pattern) => `like ${codeName(`/${pattern}/`)}`]
]

const ofNumber: Limits = [
  ["minimum", (least) => `at least ${least}`],
  ["exclusiveMinimum", (least) => `more than ${least}`],
  ["maximum", (most) => `at most ${most}`],
  ["exclusiveMaximum", (most) => `less than ${most}`],
  ["multipleOf", (divisor) => `a multiple of ${divisor}`]
]

const ofArray: Limits = [
  ["minItems", (length) => `at least ${length}`],
  ["maxItems", (length) => `at most ${length}`],
  ["uniqueItems", () => "all different"]
]

const ofMembers: Limits = [
  ["minProperties", (count) => `at least ${count} members`],
  ["maxProperties", (count) => `at most ${count} members`]
]

const ofItems = ({ items = true, prefixItems }: JsonSchema, inner: (schema: unknown) => string): string => {
  if (!Array.isArray(prefixItems)) return items === true ? "list" : `list of ${several(inner(items))}`
  const rest = items === false ? "" : `, then any of ${inner(items)}`
  return `list of ${prefixItems.map(inner).join(", then ")}${rest}`
}

const several = (words: string): string => words.replace(/^(object|number|whole number|time|date|list)\b/, "$1s")

const ofObject = (
  { properties, additionalProperties, patternProperties }: JsonSchema,
  inner: (schema: unknown) => string
): string => {
  if (isObject(properties) && Object.keys(properties).length > 0) return "object"
  const values = isObject(patternProperties) ? Object.values(patternProperties)[0] : additionalProperties
  return isObject(values) && Object.keys(values).length > 0 ? `object, each of it ${inner(values)}` : "object"
}

/** What is said of it where it stands, or where it is named. */
export const descriptionOf = (schema: unknown, definitions: Definitions): string | undefined => {
  if (!isObject(schema)) return undefined
  const { description, $ref } = schema
  const named = typeof $ref === "string" ? own(definitions, nameOf($ref))?.["description"] : undefined
  return typeof description === "string" ? description : typeof named === "string" ? named : undefined
}

/** A property wherever it stands. */
export interface Row {
  /** Such as `products[].sku`. */
  readonly name: string
  readonly schema: unknown
  readonly isRequired: boolean
}

/** What a schema lists, and what is listed in that. */
export const rowsOf = (schema: JsonSchema, definitions: Definitions): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  let left = maxSchemas
  const look = (schema: unknown, prefix: string, following: ReadonlyArray<string>): void => {
    if (!isObject(schema) || left-- < 0) return
    const { $ref, anyOf, oneOf, allOf, items, properties, required } = schema
    if (typeof $ref === "string") {
      const name = nameOf($ref)
      if (!following.includes(name)) look(own(definitions, name), prefix, [...following, name])
    }
    for (const members of [anyOf, oneOf, allOf]) {
      if (Array.isArray(members)) for (const member of members) look(member, prefix, following)
    }
    if (isObject(items)) look(items, `${prefix}[]`, following)
    const names: ReadonlyArray<unknown> = Array.isArray(required) ? required : []
    for (const [name, inner] of isObject(properties) ? Object.entries(properties) : []) {
      const path = prefix === "" ? name : `${prefix}.${name}`
      rows.push({ name: path, schema: inner, isRequired: names.includes(name) })
      look(inner, path, following)
    }
  }
  look(schema, "", [])
  return rows
}
