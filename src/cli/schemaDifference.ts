/**
 * What of JSON that one JSON Schema takes another does not: told keyword by keyword, and what cannot be told is taken for
 * narrower.
 */
import { printableName } from "../message/printable.ts"
import { isRecord } from "../message/wire.ts"
import type { AdditionalProperties } from "../plan/definition.ts"
import { annotationKeywords, type JsonSchema } from "../plan/jsonSchema.ts"

export interface Difference {
  readonly kind: "added" | "removed" | "narrowed" | "widened" | "deprecated"
  /** In `properties` or `traits`; empty of all of it. */
  readonly path: string
  readonly reason: string
  /** Whether what was right before may be wrong now. */
  readonly breaks: boolean
}

/** A schema, and what it names. */
interface Document {
  readonly schema: JsonSchema
  readonly definitions: Readonly<Record<string, JsonSchema>>
}

/** Of the objects that an event has, by what becomes of names that the newer one does not list. */
export const compareObjects = (
  older: Document,
  newer: Document,
  additional: AdditionalProperties
): ReadonlyArray<Difference> => {
  const comparison = new Comparison(older, newer, additional)
  comparison.compareProperties(older.schema, newer.schema, "")
  return comparison.differences
}

class Comparison {
  readonly differences: Array<Difference> = []
  readonly #older: Document
  readonly #newer: Document
  readonly #additional: AdditionalProperties
  /** Schemas may be in themselves. */
  readonly #under: Set<string>

  constructor(
    older: Document,
    newer: Document,
    additional: AdditionalProperties,
    under: ReadonlySet<string> = new Set()
  ) {
    this.#older = older
    this.#newer = newer
    this.#additional = additional
    this.#under = new Set(under)
  }

  compareProperties(older: JsonSchema, newer: JsonSchema, path: string): void {
    const before = membersOf(older["properties"])
    const after = membersOf(newer["properties"])
    const wasRequired = textsOf(older["required"])
    const isRequired = textsOf(newer["required"])
    const others = schemaOf(newer["additionalProperties"])
    for (const [name, schema] of before) {
      const at = join(path, name)
      const other = after.get(name) ?? others
      if (other === undefined) {
        this.#tell("removed", at, "", this.#additional === "fail")
        continue
      }
      if (!wasRequired.has(name) && isRequired.has(name)) this.#tell("narrowed", at, "it is required", true)
      if (wasRequired.has(name) && !isRequired.has(name)) this.#tell("widened", at, "it is optional", false)
      this.compare(schema, other, at)
    }
    for (const name of after.keys()) {
      if (before.has(name)) continue
      const isNeeded = isRequired.has(name)
      this.#tell("added", join(path, name), isNeeded ? "it is required" : "it is optional", isNeeded)
    }
    this.#compareOthers(older, newer, path)
  }

  /** Properties by any name. */
  #compareOthers(older: JsonSchema, newer: JsonSchema, path: string): void {
    const before = schemaOf(older["additionalProperties"])
    const after = schemaOf(newer["additionalProperties"])
    if (before !== undefined && after !== undefined) this.compare(before, after, join(path, "*"))
    else if (before !== undefined) this.#tell("narrowed", path, "other names are no longer allowed", true)
    else if (after !== undefined) this.#tell("widened", path, "other names are allowed", false)
  }

  compare(olderOne: JsonSchema, newerOne: JsonSchema, path: string): void {
    const key = JSON.stringify([olderOne, newerOne])
    if (this.#under.has(key)) return
    this.#under.add(key)
    const older = resolve(olderOne, this.#older)
    const newer = resolve(newerOne, this.#newer)
    const before = alternativesOf(older)
    const after = alternativesOf(newer)
    const [onlyBefore, ...othersBefore] = before
    const [onlyAfter, ...othersAfter] = after
    if (onlyBefore !== undefined && onlyAfter !== undefined && othersBefore.length + othersAfter.length === 0) {
      this.#compareOne(onlyBefore, onlyAfter, path)
    } else {
      this.#compareSeveral(before, after, path)
    }
    this.#under.delete(key)
  }

  #compareSeveral(before: ReadonlyArray<JsonSchema>, after: ReadonlyArray<JsonSchema>, path: string): void {
    const gone = before.filter((one) => !after.some((other) => this.#isTaken(one, other, this.#older, this.#newer)))
    const fresh = after.filter((one) => !before.some((other) => this.#isTaken(one, other, this.#newer, this.#older)))
    if (gone.length > 0) this.#tell("narrowed", path, `no longer takes ${gone.map(tell).join(" or ")}`, true)
    if (fresh.length > 0) this.#tell("widened", path, `takes ${fresh.map(tell).join(" or ")}`, false)
  }

  /** Whether all that one takes the other takes. */
  #isTaken(one: JsonSchema, other: JsonSchema, from: Document, to: Document): boolean {
    const comparison = new Comparison(from, to, this.#additional, this.#under)
    comparison.compare(one, other, "")
    return !comparison.differences.some(({ breaks }) => breaks)
  }

  #compareOne(older: JsonSchema, newer: JsonSchema, path: string): void {
    const valuesBefore = valuesOf(older)
    const valuesAfter = valuesOf(newer)
    if (valuesBefore !== undefined && valuesAfter !== undefined) {
      const gone = valuesBefore.filter((value) => !valuesAfter.includes(value))
      const fresh = valuesAfter.filter((value) => !valuesBefore.includes(value))
      if (gone.length > 0) this.#tell("narrowed", path, `no longer takes ${list(gone)}`, true)
      if (fresh.length > 0) this.#tell("widened", path, `takes ${list(fresh)}`, false)
      return
    }
    const typeBefore = typeOf(older)
    const typeAfter = typeOf(newer)
    if (typeAfter !== undefined && typeAfter !== typeBefore && !(typeBefore === "integer" && typeAfter === "number")) {
      this.#tell("narrowed", path, `was ${tell(older)}, is ${tell(newer)}`, true)
      return
    }
    if (valuesAfter !== undefined) {
      this.#tell("narrowed", path, `takes only ${list(valuesAfter)}`, true)
      return
    }
    if (typeAfter !== typeBefore || valuesBefore !== undefined) {
      this.#tell("widened", path, `was ${tell(older)}, is ${tell(newer)}`, false)
    }
    this.#compareKeywords(older, newer, path)
    if (typeAfter === "object") this.compareProperties(older, newer, path)
    if (typeAfter === "array") this.compare(schemaOf(older["items"]) ?? {}, schemaOf(newer["items"]) ?? {}, `${path}[]`)
  }

  #compareKeywords(older: JsonSchema, newer: JsonSchema, path: string): void {
    for (const keyword of new Set([...Object.keys(older), ...Object.keys(newer)])) {
      if (isComparedApart.has(keyword)) continue
      const before = older[keyword]
      const after = newer[keyword]
      if (JSON.stringify(before) === JSON.stringify(after)) continue
      const isLooser = after === undefined || isBeyond(keyword, before, after)
      const said = after === undefined ? "is gone" : `is ${printableName(JSON.stringify(after))}`
      this.#tell(isLooser ? "widened" : "narrowed", path, `${keyword} ${said}`, !isLooser)
    }
  }

  #tell(kind: Difference["kind"], path: string, reason: string, breaks: boolean): void {
    this.differences.push({ kind, path, reason, breaks })
  }
}

/** What says nothing of which values there are, but `format`, which plans check, and what is compared by its meaning. */
const isComparedApart: ReadonlySet<string> = new Set(
  [
    ...annotationKeywords,
    "type",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "properties",
    "required",
    "additionalProperties",
    "items"
  ].filter((keyword) => keyword !== "format")
)

/** Whether a bound is further out than it was. */
const isBeyond = (keyword: string, before: unknown, after: unknown): boolean => {
  if (typeof before !== "number" || typeof after !== "number") return false
  if (/^(exclusiveM|m)in/.test(keyword)) return after < before
  return /^(exclusiveM|m)ax/.test(keyword) && after > before
}

const schemaOf = (value: unknown): JsonSchema | undefined => (value === true ? {} : isRecord(value) ? value : undefined)

const membersOf = (value: unknown): ReadonlyMap<string, JsonSchema> =>
  new Map((isRecord(value) ? Object.entries(value) : []).map(([name, schema]) => [name, schemaOf(schema) ?? nothing]))

const textsOf = (value: unknown): ReadonlySet<unknown> => new Set(Array.isArray(value) ? value : [])

const resolve = (schema: JsonSchema, { definitions }: Document): JsonSchema => {
  const { $ref, ...beside } = schema
  if (typeof $ref !== "string") return schema
  const name = decodeURIComponent($ref.slice($ref.lastIndexOf("/") + 1))
    .replaceAll("~1", "/")
    .replaceAll("~0", "~")
  const target = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  return target === undefined ? schema : { ...target, ...beside }
}

const alternativesOf = (schema: JsonSchema): ReadonlyArray<JsonSchema> => {
  const { anyOf, oneOf, type, ...rest } = schema
  const several: unknown = anyOf ?? oneOf
  if (Array.isArray(several)) return several.map((one: unknown) => schemaOf(one) ?? nothing)
  return Array.isArray(type) ? type.map((one: unknown): JsonSchema => ({ ...rest, type: one })) : [schema]
}

/** What no value is. */
const nothing: JsonSchema = { not: {} }

const valuesOf = ({ enum: values, const: value }: JsonSchema): ReadonlyArray<unknown> | undefined =>
  Array.isArray(values) ? values : value === undefined ? undefined : [value]

const typeOf = (schema: JsonSchema): string | undefined => {
  if (typeof schema["type"] === "string") return schema["type"]
  const types = new Set(valuesOf(schema)?.map((value) => (value === null ? "null" : typeof value)))
  return types.size === 1 ? [...types][0] : undefined
}

const list = (values: ReadonlyArray<unknown>): string =>
  values
    .slice(0, 20)
    .map((value) => printableName(JSON.stringify(value)))
    .join(", ")

/** In a word. */
const tell = (schema: JsonSchema): string => {
  const values = valuesOf(schema)
  if (values !== undefined) return list(values)
  const { format } = schema
  const type = typeOf(schema) ?? "anything"
  return typeof format === "string" ? `${type} (${printableName(format)})` : type
}

const join = (path: string, name: string): string => {
  const said = printableName(name)
  return path === "" ? said : `${path}.${said}`
}
