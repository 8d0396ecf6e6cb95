/** JSON Schemas without choices and references, for formats that have a list of types and keywords beside it. */
import * as JsonPointer from "effect/JsonPointer"
import { own } from "../message/own.ts"
import { isObject, type JsonSchema } from "./jsonSchema.ts"

export interface Flat {
  readonly schema: JsonSchema
  /** What it asks for less than it was made of. */
  readonly lost: ReadonlyArray<string>
}

type Definitions = Readonly<Record<string, JsonSchema>>

/** A reference to an object with properties stays, as that may be in itself. */
export const flatten = (schema: JsonSchema, definitions: Definitions, following: ReadonlyArray<string> = []): Flat => {
  const { $ref, anyOf, oneOf, allOf, prefixItems, const: only, ...rest } = schema
  const said = only === undefined ? rest : { ...rest, enum: [only] }
  const lost = [
    ...(allOf === undefined ? [] : ["allOf is not said there"]),
    ...(prefixItems === undefined ? [] : ["what is at each place of an array is not said there"])
  ]
  if (prefixItems !== undefined) return { schema: { ...said, items: true }, lost }
  if (typeof $ref === "string") {
    const name = nameOf($ref)
    const definition = own(definitions, name) ?? {}
    if (isListing(definition)) return { schema: { ...said, $ref }, lost }
    if (following.includes(name)) return { schema: said, lost: [...lost, "what is in itself is not said there"] }
    const inner = flatten(definition, definitions, [...following, name])
    return { schema: { ...inner.schema, ...said }, lost: [...lost, ...inner.lost] }
  }
  const choices = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined
  if (choices === undefined) return { schema: withTypes(said), lost }
  const flat = choices.filter(isObject).map((choice) => flatten(choice, definitions, following))
  const one = flat.map(({ schema }) => schema).reduce<JsonSchema | undefined>(eitherOf, { type: [] })
  return one === undefined
    ? { schema: said, lost: [...lost, "it may be one of several there that are not said"] }
    : { schema: { ...one, ...said }, lost: [...lost, ...flat.flatMap(({ lost }) => lost)] }
}

export const nameOf = ($ref: string): string => JsonPointer.parseUriFragment($ref)?.at(-1) ?? ""

/** The definitions that a schema names, and that those name. */
export const reachedFrom = (schema: JsonSchema, definitions: Definitions): ReadonlyMap<string, JsonSchema> => {
  const reached = new Map<string, JsonSchema>()
  const waiting: Array<unknown> = [schema]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== "object" || value === null) continue
    waiting.push(...Object.values(value))
    const $ref = isObject(value) ? value["$ref"] : undefined
    const name = typeof $ref === "string" ? nameOf($ref) : ""
    const definition = own(definitions, name)
    if (definition === undefined || reached.has(name)) continue
    reached.set(name, definition)
    waiting.push(definition)
  }
  return reached
}

const isListing = ({ properties }: JsonSchema): boolean => isObject(properties) && Object.keys(properties).length > 0

export const typesOf = ({ type }: JsonSchema): ReadonlyArray<unknown> =>
  Array.isArray(type) ? type : type === undefined ? [] : [type]

/** A list of values has their types. */
const withTypes = (schema: JsonSchema): JsonSchema => {
  const { enum: values, type } = schema
  if (!Array.isArray(values) || type !== undefined) return schema
  const types = [...new Set(values.map((value) => (value === null ? "null" : typeof value)))]
  return { ...schema, type: types.length === 1 ? types[0] : types }
}

/** What is one or the other, where a list of types and the keywords of both say so. */
const eitherOf = (left: JsonSchema | undefined, right: JsonSchema): JsonSchema | undefined => {
  if (left === undefined) return undefined
  const { type: _, enum: leftValues, ...ours } = left
  const { type: __, enum: rightValues, ...theirs } = right
  const types = [...typesOf(left), ...typesOf(right)]
  const isEither =
    typesOf(right).length > 0 &&
    new Set(types.map((type) => (type === "integer" ? "number" : type))).size === types.length &&
    Object.keys(ours).every((keyword) => !Object.hasOwn(theirs, keyword))
  const values = [valuesOf(left), valuesOf(right)]
  const isListed = leftValues !== undefined || rightValues !== undefined
  if (!isEither || (isListed && values.includes(undefined))) return undefined
  return { ...ours, ...theirs, type: types, ...(isListed && { enum: values.flat() }) }
}

/** All values that fit, where they can be listed. */
const valuesOf = (schema: JsonSchema): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(schema["enum"])) return schema["enum"]
  const types = typesOf(schema)
  return types.every((type) => type === "null") ? types.map(() => null) : undefined
}
