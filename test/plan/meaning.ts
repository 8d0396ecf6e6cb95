/** What a JSON Schema asks for, however it is written: two that ask for the same are the same. */
import type { Plan } from "cdp-analytics-effect/plan"
import { jsonSchemaOf } from "../../src/plan/jsonSchema.ts"

type Json = { readonly [key: string]: unknown }

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const keywords: Readonly<Record<string, ReadonlyArray<string>>> = {
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["minItems", "maxItems", "uniqueItems"],
  object: ["minProperties", "maxProperties"]
}

export const meaningOf = (schema: unknown, root: unknown = schema): unknown => meaning(schema, root, [])

const meaning = (schema: unknown, root: unknown, following: ReadonlyArray<string>): unknown => {
  if (!isJson(schema)) return schema === false ? { is: [] } : { is: ["anything"] }
  const members = [...new Set(membersOf(schema, root, following).map((member) => JSON.stringify(member)))].sort()
  const said = schema["description"]
  return { ...(typeof said === "string" && said !== "" && { said }), is: members.map((text) => JSON.parse(text)) }
}

const membersOf = (schema: Json, root: unknown, following: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  const inner = (one: unknown, names = following) => meaning(one, root, names)
  const { $ref, anyOf, type, enum: values } = schema
  if (typeof $ref === "string") {
    return following.includes($ref)
      ? [{ again: following.indexOf($ref) }]
      : membersOf(resolve($ref, root), root, [...following, $ref])
  }
  if (Array.isArray(anyOf)) return anyOf.flatMap((one) => membersOf(one, root, following))
  if (Array.isArray(values)) return values.map((value) => ({ const: value }))
  const types: ReadonlyArray<string> = Array.isArray(type) ? type : typeof type === "string" ? [type] : ["anything"]
  return types.map((type) => {
    const said = withNumbers(schema)
    const asked = Object.fromEntries(
      (keywords[type] ?? []).flatMap((key) => (said[key] === undefined ? [] : [[key, said[key]]]))
    )
    if (type === "array") {
      const { items = {} } = schema
      return { type, ...asked, items: inner(items) }
    }
    if (type !== "object") return { type, ...asked }
    const { properties = {}, required = [], additionalProperties = true, unevaluatedProperties = true } = schema
    return {
      type,
      ...asked,
      properties: Object.fromEntries(
        Object.entries(isJson(properties) ? properties : {})
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, one]) => [name, inner(one)])
      ),
      required: [...(Array.isArray(required) ? required : [])].sort(),
      isOpen: additionalProperties !== false && unevaluatedProperties !== false
    }
  })
}

/** Draft 04 says of a bound whether it is one of those that fit. */
const withNumbers = ({ exclusiveMinimum, exclusiveMaximum, ...schema }: Json): Json => {
  const { minimum, maximum, ...rest } = schema
  return {
    ...rest,
    ...(exclusiveMinimum === true ? { exclusiveMinimum: minimum } : { minimum, exclusiveMinimum }),
    ...(exclusiveMaximum === true ? { exclusiveMaximum: maximum } : { maximum, exclusiveMaximum })
  }
}

const resolve = ($ref: string, root: unknown): Json => {
  let found: unknown = root
  for (const token of $ref.replace(/^#\//, "").split("/")) found = isJson(found) ? found[decodeURIComponent(token)] : {}
  return isJson(found) ? found : {}
}

/** All that a plan says of its events, but for the names of definitions. */
export const meaningOfPlan = ({ name, description, events }: Plan.Plan) => ({
  name,
  description,
  events: events
    .map((event) => {
      const { schema, definitions } = jsonSchemaOf(event)
      const { type, name, version, isVersioned, isLatest, description, owner, tags, deprecated } = event
      return {
        ...{ type, name, version, isVersioned, isLatest, description, owner, tags, deprecated },
        body: meaningOf(schema, { ...schema, $defs: definitions })
      }
    })
    .sort((a, b) =>
      JSON.stringify([a.type, a.name, a.version]) < JSON.stringify([b.type, b.name, b.version]) ? -1 : 1
    )
})
