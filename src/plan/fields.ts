/**
 * The Schemas of an event's properties or traits, of their JSON Schema: of draft 04, 06, 07, 2019-09 or 2020-12.
 *
 * - What several schemas ask for together (`allOf`, what stands beside a `$ref`) is one Schema; of `anyOf` and `oneOf` a union.
 * - A reference is one Schema wherever it is named, by way of `Schema.suspend` where it is in itself.
 * - Text of the format `date-time` is a `Schema.Date`, unless more is asked of it; other formats are told and not checked, as
 *   JSON Schema does by itself.
 * - A pattern is compiled, and not judged: whoever gives a plan answers for it.
 * - An object that says nothing of other properties is as the event is.
 */
import * as JsonPointer from "effect/JsonPointer"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { maxDepth, tooDeep } from "../message/depth.ts"
import { formatPath } from "../message/issue.ts"
import { printableName } from "../message/printable.ts"
import type { AdditionalProperties, Fields } from "./definition.ts"
import { annotationKeywords, isObject, type JsonSchema } from "./jsonSchema.ts"
import type { Loss } from "./losses.ts"
import type { PlannedType } from "./model.ts"
import { membersOf, type Plain } from "./nature.ts"
import { reservedProblemOf } from "./reserved.ts"

/** What the JSON Schema of an object says of an event. */
export interface ReadFields {
  readonly fields: Fields
  readonly description: string | undefined
  /** `undefined` where it says nothing of other properties. */
  readonly additionalProperties: AdditionalProperties | undefined
  readonly losses: ReadonlyArray<Loss>
}

/**
 * The fields of the JSON Schema of an object, and what a plan cannot hold of it, with the place where it is in the plan. It
 * may name what is in the document that it is of. It is to be JSON, as it is read from text: no circle is in it.
 */
export const fieldsOf = (
  type: PlannedType,
  schema: unknown,
  path: ReadonlyArray<string>,
  root: unknown = schema
): ReadFields => {
  const reader = new Reader(root)
  const { fields, description, additionalProperties } = reader.readFields({ schema, path })
  const losses = [...reader.losses]
  const held = Object.entries(fields).filter(([name, field]) => {
    const problem = reservedProblemOf(type, name, field)
    if (problem !== undefined) losses.push({ path: formatPath([...path, name]), reason: `left out: ${problem}` })
    return problem === undefined
  })
  return { fields: Object.fromEntries(held), description, additionalProperties, losses }
}

/** A schema, and where it stands. */
interface Place {
  readonly schema: unknown
  readonly path: ReadonlyArray<string>
}

interface Part {
  readonly schema: JsonSchema
  readonly path: ReadonlyArray<string>
}

type Mode = "anyOf" | "oneOf"

/** All that holds at one place. */
interface All {
  /** Without references, and without what leads to other schemas of the same value. */
  readonly parts: ReadonlyArray<Part>
  readonly choices: ReadonlyArray<Part & { readonly mode: Mode }>
  readonly annotations: JsonSchema
  readonly isNever: boolean
}

/** What is said of a property by its name. */
interface Named {
  readonly isListed: boolean
  readonly isRequired: boolean
}

interface Slot {
  schema: Plain | undefined
  suspended: Plain | undefined
}

/** Programs write such, and mean no harm, up to this. */
const maxPlaces = 10_000

const kinds = ["null", "boolean", "integer", "number", "string", "array", "object"] as const

type Kind = (typeof kinds)[number]

const isKind = (value: unknown): value is Kind => kinds.some((kind) => kind === value)

const keywordsOf: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  null: [],
  boolean: [],
  integer: [],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  string: ["minLength", "maxLength", "pattern"],
  array: ["items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"],
  object: [
    "properties",
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties"
  ]
}

const joining = ["$ref", "allOf", "anyOf", "oneOf"]

const constraints = new Set([
  ...joining,
  ...Object.values(keywordsOf).flat(),
  "type",
  "nullable",
  "enum",
  "const",
  "not",
  "if"
])

/** What says nothing of a value, or is read otherwise. */
const silent = new Set(["$schema", "$id", "id", "$anchor", "$defs", "definitions", "$vocabulary"])

const annotating: ReadonlySet<string> = new Set(annotationKeywords)

const known = new Set([...constraints, ...silent, ...annotating])

const isPrimitive = (value: unknown): value is string | number | boolean | null =>
  value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)

const kindOf = (value: string | number | boolean | null): Kind =>
  value === null ? "null" : typeof value === "string" ? "string" : typeof value === "boolean" ? "boolean" : "number"

/** Not `Unknown`, which may be nothing, also where something is required. */
const unknown: Plain = Schema.Json

const never: Plain = Schema.Never

const unionOf = (members: ReadonlyArray<Plain>): Plain => {
  const [first, ...others] = members
  if (first === undefined) return never
  if (others.length === 0) return first
  const [second, ...more] = others
  return second === Schema.Null && more.length === 0 ? Schema.NullOr(first) : Schema.Union(members)
}

const annotate = (schema: Plain, annotations: JsonSchema): Plain =>
  Object.keys(annotations).length === 0 ? schema : Schema.make<Schema.Codec<unknown>>(schema.ast).annotate(annotations)

const annotateKey = (schema: Plain, annotations: JsonSchema): Plain =>
  Object.keys(annotations).length === 0
    ? schema
    : Schema.make<Schema.Codec<unknown>>(schema.ast).annotateKey(annotations)

type Check<T> = SchemaAST.Check<T>

const checked = <T>(schema: Schema.Codec<T>, checks: ReadonlyArray<Check<T>>): Plain => {
  const [first, ...others] = checks
  return first === undefined ? schema : schema.check(first, ...others)
}

const literalsOf = (values: ReadonlyArray<string | number | boolean>): Plain => {
  const [first, ...others] = values
  return first !== undefined && others.length === 0 ? Schema.Literal(first) : Schema.Literals(values)
}

/** What is said of the place is said of the key. */
const optionalOf = (schema: Plain): Plain => {
  const words = schema.ast.context?.annotations
  const optional = Schema.optional(schema)
  return words === undefined ? optional : optional.annotateKey(words)
}

/** By JSON Schema's own rules, or by those of programs that are older. */
const expressionOf = (pattern: unknown): RegExp | undefined => {
  if (typeof pattern !== "string") return undefined
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(pattern, flags)
    } catch {
      // The next may take it.
    }
  }
  return undefined
}

const isClosed = ({ schema }: Part): boolean =>
  schema["additionalProperties"] === false || schema["unevaluatedProperties"] === false

const isReference = (schema: JsonSchema): boolean =>
  typeof schema["$ref"] === "string" && Object.keys(schema).every((key) => key === "$ref" || !constraints.has(key))

const pointerOf = (reference: string): ReadonlyArray<string> | undefined => {
  try {
    return JsonPointer.parseUriFragment(reference) ?? looseOf(reference)
  } catch {
    return undefined
  }
}

/** As programs write them that encode nothing. */
const looseOf = (reference: string): ReadonlyArray<string> | undefined =>
  reference.startsWith("#/") ? reference.slice(2).split("/").map(JsonPointer.unescapeToken) : undefined

const nameOf = (reference: string): string | undefined => {
  const name = pointerOf(reference)?.at(-1) ?? reference.replace(/^.*[#/]/, "")
  return name === "" ? undefined : name
}

/** What has a name of its own in a document. */
const anchorsOf = (root: unknown): ReadonlyMap<string, unknown> => {
  const anchors = new Map<string, unknown>()
  const waiting: Array<unknown> = [root]
  while (waiting.length > 0) {
    const schema = waiting.pop()
    if (typeof schema !== "object" || schema === null) continue
    for (const member of Object.values(schema)) waiting.push(member)
    if (!isObject(schema) || schema === root) continue
    for (const key of ["$id", "id"]) if (typeof schema[key] === "string") anchors.set(schema[key], schema)
    if (typeof schema["$anchor"] === "string") anchors.set(`#${schema["$anchor"]}`, schema)
  }
  return anchors
}

const commonOf = (left: ReadonlySet<Kind>, right: ReadonlySet<Kind>): ReadonlySet<Kind> => {
  const common = [...left].filter((kind) => right.has(kind) || (kind === "integer" && right.has("number")))
  return new Set([...common, ...(left.has("number") && right.has("integer") ? (["integer"] as const) : [])])
}

/** What leads to itself is not asked before it is read. */
const hasSuspended = ({ ast }: Plain): boolean => {
  const seen = new Set<SchemaAST.AST>()
  const look = (ast: SchemaAST.AST): boolean => {
    if (seen.has(ast)) return false
    seen.add(ast)
    return SchemaAST.isSuspend(ast) || [...membersOf(ast)].some(([, member]) => look(member))
  }
  return look(ast)
}

class Reader {
  readonly losses: Array<Loss> = []
  readonly #root: unknown
  readonly #anchors: ReadonlyMap<string, unknown>
  readonly #ids = new Map<unknown, number>()
  readonly #slots = new Map<string, Slot>()
  readonly #cores = new Map<JsonSchema, JsonSchema>()
  readonly #choices = new Map<unknown, JsonSchema>()
  readonly #looked = new Set<JsonSchema>()
  #isClosed = false
  #level = 0

  constructor(root: unknown) {
    this.#root = root
    this.#anchors = anchorsOf(root)
  }

  readFields(place: Place): Omit<ReadFields, "losses"> {
    const all = this.#together([place])
    for (const choice of all.choices) this.#lose(choice.path, `${choice.mode} of an event as a whole is left out`)
    const kinds = this.#kindsOf(all.parts)
    if (all.isNever || (kinds !== undefined && !kinds.has("object"))) {
      this.#lose(place.path, "Expected the JSON Schema of an object")
    }
    const others = all.parts.map(({ schema }) => schema["additionalProperties"] ?? schema["unevaluatedProperties"])
    this.#isClosed = others.includes(false)
    for (const { schema, path } of all.parts) {
      for (const keyword of ["minProperties", "maxProperties", "propertyNames", "patternProperties", "enum", "const"]) {
        if (Object.hasOwn(schema, keyword)) this.#lose(path, `${keyword} of an event as a whole is left out`)
      }
      if (isObject(schema["additionalProperties"]))
        this.#lose(path, "what other properties are is left out: any are allowed")
    }
    const fields = Object.fromEntries(
      [...this.#namesOf(all.parts)].flatMap(([name, named]) => {
        const schema = this.#property(all.parts, name, named)
        return schema === undefined ? [] : [[name, schema]]
      })
    )
    const { description } = all.annotations
    return {
      fields,
      description: typeof description === "string" ? description : undefined,
      additionalProperties: this.#isClosed ? "fail" : others.some((other) => other !== undefined) ? "allow" : undefined
    }
  }

  /** What fits all of them. */
  #read(places: ReadonlyArray<Place>): Plain {
    const [only, ...more] = places
    return only !== undefined && more.length === 0 && isObject(only.schema) && isReference(only.schema)
      ? this.#readReference(only.schema, only.path)
      : this.#readOnce(places, undefined)
  }

  /** What a reference says beside it is of the place where it stands. */
  #readReference(schema: JsonSchema, path: ReadonlyArray<string>): Plain {
    let words: JsonSchema = {}
    let target: unknown = schema
    let name: string | undefined
    const seen = new Set<unknown>()
    while (isObject(target) && isReference(target)) {
      if (seen.has(target)) {
        this.#lose(path, "a reference leads to itself: anything is taken")
        return annotate(unknown, words)
      }
      seen.add(target)
      words = { ...this.#wordsOf(target), ...words }
      const { $ref } = target
      target = this.#resolve($ref, path)
      name = typeof $ref === "string" ? nameOf($ref) : undefined
    }
    return annotateKey(this.#readOnce([{ schema: target, path }], name), words)
  }

  #readOnce(places: ReadonlyArray<Place>, name: string | undefined): Plain {
    const key = [...new Set(places.map(({ schema }) => this.#idOf(schema)))].sort().join()
    const known = this.#slots.get(key)
    if (known?.schema !== undefined) return known.schema
    if (known !== undefined) {
      known.suspended ??= Schema.suspend((): Schema.Codec<unknown> => Schema.make((known.schema ?? unknown).ast))
      return known.suspended
    }
    const path = places[0]?.path ?? []
    if (this.#level === maxDepth || this.#slots.size === maxPlaces) {
      this.#lose(
        path,
        this.#level === maxDepth ? `${tooDeep}: anything is taken` : "the schema is too large: anything is taken"
      )
      return unknown
    }
    const slot: Slot = { schema: undefined, suspended: undefined }
    this.#slots.set(key, slot)
    this.#level++
    const schema = this.#build(this.#together(places), path)
    this.#level--
    slot.schema = name === undefined ? schema : annotate(schema, { identifier: name })
    return slot.schema
  }

  #idOf(schema: unknown): number {
    const known = this.#ids.get(schema)
    if (known !== undefined) return known
    this.#ids.set(schema, this.#ids.size)
    return this.#ids.size - 1
  }

  /** All that is to be so at once. */
  #together(places: ReadonlyArray<Place>): All {
    const parts: Array<Part> = []
    const choices: Array<Part & { readonly mode: Mode }> = []
    let annotations: JsonSchema = {}
    let isNever = false
    const seen = new Set<unknown>()
    const waiting = [...places].reverse()
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      const { schema, path } = place
      if (seen.has(schema) || schema === true) continue
      seen.add(schema)
      if (schema === false) isNever = true
      else if (!isObject(schema)) this.#lose(path, "Expected a JSON Schema: anything is taken")
      else {
        this.#look(schema, path)
        annotations = { ...this.#wordsOf(schema), ...annotations }
        if (isObject(schema["not"]) && Object.keys(schema["not"]).length === 0) isNever = true
        parts.push({ schema: this.#coreOf(schema), path })
        for (const mode of ["anyOf", "oneOf"] as const) {
          if (Array.isArray(schema[mode])) choices.push({ schema: this.#choiceOf(schema, mode), path, mode })
        }
        if (Array.isArray(schema["allOf"])) {
          for (const member of schema["allOf"].toReversed()) waiting.push({ schema: member, path })
        }
        if (schema["$ref"] !== undefined) waiting.push({ schema: this.#resolve(schema["$ref"], path), path })
      }
    }
    return { parts: parts.filter(({ schema }) => Object.keys(schema).length > 0), choices, annotations, isNever }
  }

  /** What is said at a place, without what leads on: the same each time. */
  #coreOf(schema: JsonSchema): JsonSchema {
    const known = this.#cores.get(schema)
    if (known !== undefined) return known
    const core = Object.fromEntries(
      Object.entries(schema).filter(
        ([key]) => constraints.has(key) && !joining.includes(key) && key !== "not" && key !== "if"
      )
    )
    if (typeof schema["format"] === "string") core["format"] = schema["format"]
    this.#cores.set(schema, core)
    // Its own core, where it is met again.
    this.#cores.set(core, core)
    return core
  }

  #choiceOf(schema: JsonSchema, mode: Mode): JsonSchema {
    const members = schema[mode]
    const known = this.#choices.get(members)
    if (known !== undefined) return known
    const choice = { [mode]: members }
    this.#choices.set(members, choice)
    return choice
  }

  #wordsOf(schema: JsonSchema): JsonSchema {
    return Object.fromEntries(Object.entries(schema).filter(([key]) => annotating.has(key)))
  }

  /** What is not understood is told. */
  #look(schema: JsonSchema, path: ReadonlyArray<string>): void {
    if (this.#looked.has(schema)) return
    this.#looked.add(schema)
    for (const [key, value] of Object.entries(schema)) {
      if (known.has(key) && key !== "not" && key !== "if") continue
      if (key === "if" && schema["then"] === undefined && schema["else"] === undefined) continue
      if (key === "not" && isObject(value) && Object.keys(value).length === 0) continue
      this.#lose(path, `${printableName(key)} is left out`)
    }
  }

  #build({ parts, choices, annotations, isNever }: All, path: ReadonlyArray<string>): Plain {
    if (isNever) return annotate(never, annotations)
    const [choice, ...others] = choices
    if (choice === undefined) return this.#buildLeaf(parts, annotations, path)
    const { [choice.mode]: members } = choice.schema
    const types = (Array.isArray(members) ? members : [])
      .map((schema) => this.#read([{ schema, path: choice.path }, ...parts, ...others]))
      .filter((type) => type.ast._tag !== "Never")
    const { format: _, ...words } = annotations
    return annotate(
      choice.mode === "oneOf" && types.length > 1 ? Schema.Union(types, { mode: "oneOf" }) : unionOf(types),
      words
    )
  }

  #buildLeaf(parts: ReadonlyArray<Part>, { format, ...annotations }: JsonSchema, path: ReadonlyArray<string>): Plain {
    const said = this.#kindsOf(parts)
    const literals = this.#literalsOf(parts)
    const implied = said ?? (literals === undefined ? this.#impliedBy(parts, path) : undefined)
    if (literals !== undefined) return this.#annotated(this.#oneOf(literals, said, parts, path), annotations, path)
    if (implied === undefined)
      return this.#annotated(unknown, { ...annotations, ...(format !== undefined && { format }) }, path)
    const members = [...implied].map((kind) => this.#ofKind(kind, parts, format, path))
    return this.#annotated(unionOf(members.filter((member) => member !== never)), annotations, path)
  }

  /** An example that is none would not compile. */
  #annotated(schema: Plain, annotations: JsonSchema, path: ReadonlyArray<string>): Plain {
    const { default: fallback, examples, ...others } = annotations
    const words: Record<string, unknown> = { ...others }
    const is = (value: unknown) => !hasSuspended(schema) && Schema.is(schema)(value)
    for (const key of annotationKeywords) {
      const isFlag = key === "readOnly" || key === "writeOnly" || key === "deprecated"
      if (key === "default" || key === "examples" || !Object.hasOwn(words, key)) continue
      if (typeof words[key] === (isFlag ? "boolean" : "string")) continue
      delete words[key]
      this.#lose(path, `${key} is left out`)
    }
    if (fallback !== undefined) {
      if (is(fallback)) words["default"] = fallback
      else this.#lose(path, "the default is left out: it does not fit")
    }
    if (examples !== undefined) {
      if (Array.isArray(examples) && examples.every(is)) words["examples"] = examples
      else this.#lose(path, "the examples are left out: they do not fit")
    }
    return annotate(schema, words)
  }

  /** What the types of all have in common; `undefined` where none says any. */
  #kindsOf(parts: ReadonlyArray<Part>): ReadonlySet<Kind> | undefined {
    return parts
      .map(({ schema, path }) => this.#kindsSaid(schema, path))
      .reduce(
        (left, right) => (left === undefined ? right : right === undefined ? left : commonOf(left, right)),
        undefined
      )
  }

  #kindsSaid({ type, nullable }: JsonSchema, path: ReadonlyArray<string>): ReadonlySet<Kind> | undefined {
    if (type === undefined) return undefined
    const types: ReadonlyArray<unknown> = Array.isArray(type) ? type : [type]
    if (!types.every(isKind)) {
      this.#lose(path, "the type is none of JSON Schema: any is taken")
      return undefined
    }
    const said = new Set<Kind>(types)
    if (nullable === true) said.add("null")
    if (said.has("number")) said.delete("integer")
    return said
  }

  #impliedBy(parts: ReadonlyArray<Part>, path: ReadonlyArray<string>): ReadonlySet<Kind> | undefined {
    const implied = kinds.filter((kind) =>
      keywordsOf[kind].some((keyword) => parts.some(({ schema }) => Object.hasOwn(schema, keyword)))
    )
    if (implied.length === 0) return undefined
    this.#lose(path, `no type is said: it is taken for ${implied.join(" or ")}`)
    return new Set(implied)
  }

  #literalsOf(parts: ReadonlyArray<Part>): ReadonlyArray<string | number | boolean | null> | undefined {
    let common: ReadonlyArray<string | number | boolean | null> | undefined
    for (const { schema, path } of parts) {
      for (const keyword of ["enum", "const"]) {
        if (!Object.hasOwn(schema, keyword)) continue
        const values = keyword === "const" ? [schema[keyword]] : schema[keyword]
        if (!Array.isArray(values) || !values.every(isPrimitive)) {
          this.#lose(path, `${keyword} is left out: only text, numbers, booleans and null can be listed`)
          continue
        }
        const before = common === undefined ? undefined : new Set(common)
        common = [...new Set(before === undefined ? values : values.filter((value) => before.has(value)))]
      }
    }
    return common
  }

  #oneOf(
    literals: ReadonlyArray<string | number | boolean | null>,
    kinds: ReadonlySet<Kind> | undefined,
    parts: ReadonlyArray<Part>,
    path: ReadonlyArray<string>
  ): Plain {
    const isText = Schema.is(this.#string(parts, undefined, path))
    const isNumber = Schema.is(this.#number(kinds?.has("integer") ? Schema.Int : Schema.Finite, parts, path))
    const fitting = literals.filter((value) => {
      const kind = kindOf(value)
      if (kinds !== undefined && !kinds.has(kind) && !(kind === "number" && kinds.has("integer"))) return false
      return kind === "string" ? isText(value) : kind === "number" ? isNumber(value) : true
    })
    const values = fitting.filter((value) => value !== null)
    const members: ReadonlyArray<Plain> = values.length === 0 ? [] : [literalsOf(values)]
    return unionOf(fitting.includes(null) ? [...members, Schema.Null] : members)
  }

  #ofKind(kind: Kind, parts: ReadonlyArray<Part>, format: unknown, path: ReadonlyArray<string>): Plain {
    switch (kind) {
      case "null":
        return Schema.Null
      case "boolean":
        return Schema.Boolean
      case "integer":
        return this.#number(Schema.Int, parts, path)
      case "number":
        return this.#number(Schema.Finite, parts, path)
      case "string":
        return this.#string(parts, format, path)
      case "array":
        return this.#array(parts)
      case "object":
        return this.#object(parts, path)
    }
  }

  /** The numbers that a keyword says. */
  #numbers(parts: ReadonlyArray<Part>, keyword: string): ReadonlyArray<number> {
    return parts.flatMap(({ schema, path }) => {
      const value = schema[keyword]
      if (typeof value === "number" && Number.isFinite(value)) return [value]
      const isDraft4 = typeof value === "boolean" && keyword.startsWith("exclusive")
      if (value !== undefined && !isDraft4) this.#lose(path, `${keyword} is left out: it is no number`)
      return []
    })
  }

  #number(number: Schema.Codec<number>, parts: ReadonlyArray<Part>, path: ReadonlyArray<string>): Plain {
    const isExclusive = (side: "Minimum" | "Maximum") => (schema: JsonSchema) => schema[`exclusive${side}`] === true
    const checks: Array<Check<number>> = []
    // Draft 04 says of a bound whether it is one of those that fit.
    const inclusive = (side: "Minimum" | "Maximum") => parts.filter(({ schema }) => !isExclusive(side)(schema))
    const exclusive = (side: "Minimum" | "Maximum") => parts.filter(({ schema }) => isExclusive(side)(schema))
    const least = this.#numbers(inclusive("Minimum"), "minimum")
    if (least.length > 0) checks.push(Schema.isGreaterThanOrEqualTo(Math.max(...least)))
    const above = [...this.#numbers(exclusive("Minimum"), "minimum"), ...this.#numbers(parts, "exclusiveMinimum")]
    if (above.length > 0) checks.push(Schema.isGreaterThan(Math.max(...above)))
    const greatest = this.#numbers(inclusive("Maximum"), "maximum")
    if (greatest.length > 0) checks.push(Schema.isLessThanOrEqualTo(Math.min(...greatest)))
    const below = [...this.#numbers(exclusive("Maximum"), "maximum"), ...this.#numbers(parts, "exclusiveMaximum")]
    if (below.length > 0) checks.push(Schema.isLessThan(Math.min(...below)))
    for (const divisor of new Set(this.#numbers(parts, "multipleOf"))) {
      if (divisor > 0) checks.push(Schema.isMultipleOf(divisor))
      else this.#lose(path, "multipleOf is left out: it is not greater than 0")
    }
    return checked(number, checks)
  }

  #string(parts: ReadonlyArray<Part>, format: unknown, path: ReadonlyArray<string>): Plain {
    const checks: Array<Check<string>> = []
    const least = Math.max(0, ...this.#numbers(parts, "minLength"))
    if (least === 1) checks.push(Schema.isNonEmpty())
    if (least > 1) checks.push(Schema.isMinCodePoints(least))
    const greatest = this.#numbers(parts, "maxLength")
    if (greatest.length > 0) checks.push(Schema.isMaxCodePoints(Math.min(...greatest)))
    const patterns = parts.flatMap(({ schema }) => (schema["pattern"] === undefined ? [] : [schema["pattern"]]))
    for (const pattern of new Set(patterns)) {
      const expression = expressionOf(pattern)
      if (expression === undefined) this.#lose(path, "pattern is left out: it is no regular expression")
      else checks.push(Schema.isPattern(expression))
    }
    if (format === "date-time" && checks.length === 0) return Schema.Date
    return annotate(checked(Schema.String, checks), typeof format === "string" ? { format } : {})
  }

  #array(parts: ReadonlyArray<Part>): Plain {
    const arrays = parts.map(({ schema, path }) => {
      const { prefixItems, items, additionalItems } = schema
      const isTuple = Array.isArray(prefixItems)
      const first: ReadonlyArray<unknown> = isTuple ? prefixItems : Array.isArray(items) ? items : []
      const rest = isTuple || !Array.isArray(items) ? items : additionalItems
      return { path: [...path, "[]"], first, rest: rest ?? true }
    })
    const at = (index: number): ReadonlyArray<Place> =>
      arrays.map(({ path, first, rest }) => ({ schema: index < first.length ? first[index] : rest, path }))
    const length = Math.max(0, ...arrays.map(({ first }) => first.length))
    const least = Math.max(0, ...this.#numbers(parts, "minItems"))
    const greatest = Math.min(Number.POSITIVE_INFINITY, ...this.#numbers(parts, "maxItems"))
    const isClosed = arrays.some(({ rest }) => rest === false)
    const rest = isClosed ? never : this.#read(at(Number.POSITIVE_INFINITY))
    const elements = Array.from({ length }, (_, index) => this.#read(at(index)))
    const end = elements.indexOf(never)
    const possible = end === -1 ? elements : elements.slice(0, end)
    const isTuple = end !== -1 || rest.ast._tag === "Never"
    const tuple = possible.map((element, index) => (index < least ? element : Schema.optionalKey(element)))
    const array: Schema.Codec<ReadonlyArray<unknown>> = isTuple
      ? Schema.make(Schema.Tuple(tuple).ast)
      : tuple.length === 0
        ? Schema.make(Schema.Array(rest).ast)
        : Schema.make(Schema.TupleWithRest(Schema.Tuple(tuple), [rest]).ast)
    const checks: Array<Check<ReadonlyArray<unknown>>> = []
    if (least > possible.length) checks.push(Schema.isMinLength(least))
    if (greatest < (isTuple ? possible.length : Number.POSITIVE_INFINITY)) checks.push(Schema.isMaxLength(greatest))
    if (parts.some(({ schema }) => schema["uniqueItems"] === true)) checks.push(Schema.isUnique())
    return checked(array, checks)
  }

  #namesOf(parts: ReadonlyArray<Part>): ReadonlyMap<string, Named> {
    const names = new Map<string, Named>()
    for (const { schema, path } of parts) {
      const { properties, required } = schema
      if (isObject(properties)) {
        for (const name of Object.keys(properties))
          names.set(name, { isRequired: false, ...names.get(name), isListed: true })
      } else if (properties !== undefined) this.#lose(path, "properties is left out: it is no object")
      if (Array.isArray(required)) {
        for (const name of required) {
          if (typeof name === "string") names.set(name, { isListed: false, ...names.get(name), isRequired: true })
        }
      } else if (required !== undefined) this.#lose(path, "required is left out: it is no list of names")
    }
    return names
  }

  /** What a property is by all of them; `undefined` where it may not be. */
  #property(parts: ReadonlyArray<Part>, name: string, { isRequired, isListed }: Named): Plain | undefined {
    const isEvaluated = isListed || parts.every(({ schema }) => schema["unevaluatedProperties"] !== false)
    const schema = isEvaluated ? this.#read(parts.flatMap((part) => this.#placesOf(part, name))) : never
    if (isRequired) return schema
    return schema.ast._tag === "Never" && parts.some(isClosed) ? undefined : optionalOf(schema)
  }

  #placesOf({ schema, path }: Part, name: string): ReadonlyArray<Place> {
    const at = [...path, name]
    const { properties, patternProperties, additionalProperties = true } = schema
    const places: Array<Place> = []
    if (isObject(properties) && Object.hasOwn(properties, name)) places.push({ schema: properties[name], path: at })
    if (isObject(patternProperties)) {
      for (const [pattern, schema] of Object.entries(patternProperties)) {
        if (expressionOf(pattern)?.test(name)) places.push({ schema, path: at })
      }
    }
    if (places.length === 0) places.push({ schema: additionalProperties, path: at })
    return places
  }

  #object(parts: ReadonlyArray<Part>, path: ReadonlyArray<string>): Plain {
    const fields: Array<readonly [string, Plain]> = []
    for (const [name, named] of this.#namesOf(parts)) {
      const field = this.#property(parts, name, named)
      if (field?.ast._tag === "Never") return never
      if (field !== undefined) fields.push([name, field])
    }
    const checks: Array<Check<object>> = []
    const least = Math.max(0, ...this.#numbers(parts, "minProperties"))
    if (least > 0) checks.push(Schema.isMinProperties(least))
    const greatest = this.#numbers(parts, "maxProperties")
    if (greatest.length > 0) checks.push(Schema.isMaxProperties(Math.min(...greatest)))
    const keys = parts.filter(({ schema }) => schema["propertyNames"] !== undefined)
    if (keys.length > 0) {
      checks.push(
        Schema.isPropertyNames(this.#read(keys.map(({ schema, path }) => ({ schema: schema["propertyNames"], path }))))
      )
    }
    const struct = Schema.Struct(Object.fromEntries(fields))
    const others = this.#othersOf(parts, fields, path, checks.length > 0)
    const object: Schema.Codec<object> =
      others === undefined
        ? Schema.make(struct.ast)
        : Schema.make(fields.length === 0 ? others.ast : Schema.StructWithRest(struct, [others]).ast)
    return checked(object, checks)
  }

  /** What may be there beside what is listed, where it is not as with the event. */
  #othersOf(
    parts: ReadonlyArray<Part>,
    fields: ReadonlyArray<readonly [string, Plain]>,
    path: ReadonlyArray<string>,
    isCounted: boolean
  ): Schema.$Record<Schema.Record.Key, Plain> | undefined {
    const anything = Schema.Record(Schema.String, Schema.Unknown)
    const saying = parts.filter(({ schema }) => schema["additionalProperties"] !== undefined)
    const isShut = parts.some(isClosed)
    const patterns = parts.flatMap(({ schema: { patternProperties } }) =>
      isObject(patternProperties) ? Object.entries(patternProperties) : []
    )
    const isAsEvent = isShut ? this.#isClosed : saying.length === 0 && !this.#isClosed && !isCounted
    const [pattern, ...more] = patterns
    if (pattern !== undefined) {
      const expression = expressionOf(pattern[0])
      if (expression !== undefined && more.length === 0 && parts.length === 1 && fields.length === 0 && isAsEvent) {
        const values = this.#read([{ schema: pattern[1], path: [...path, "*"] }])
        return Schema.Record(Schema.String.check(Schema.isPattern(expression)), values)
      }
      this.#lose(path, "patternProperties is left out")
      return anything
    }
    if (isShut) {
      if (!isAsEvent) this.#lose(path, "other properties are refused only where they are in the event as a whole")
      return fields.length === 0 ? Schema.Record(Schema.String, Schema.Never) : undefined
    }
    if (isAsEvent && fields.length > 0) return undefined
    const values = this.#read(
      saying.map(({ schema, path }) => ({ schema: schema["additionalProperties"], path: [...path, "*"] }))
    )
    // A rest is asked of what is listed, too, and so of what is no JSON any more.
    if (values === unknown) return anything
    const isOfAll = saying.every(
      ({ schema }) => schema["properties"] === undefined || schema["additionalProperties"] === true
    )
    if (fields.length === 0 || isOfAll) return Schema.Record(Schema.String, values)
    this.#lose(path, "what other properties are is left out: any are allowed")
    return anything
  }

  #resolve(reference: unknown, path: ReadonlyArray<string>): unknown {
    const found = typeof reference === "string" ? this.#find(reference) : undefined
    if (found !== undefined) return found
    this.#lose(path, "a reference leads nowhere: anything is taken")
    return true
  }

  #find(reference: string): unknown {
    const anchored = this.#anchors.get(reference)
    if (anchored !== undefined) return anchored
    const pointer = pointerOf(reference)
    let found: unknown = pointer === undefined ? undefined : this.#root
    for (const token of pointer ?? []) {
      found =
        typeof found === "object" && found !== null && Object.hasOwn(found, token)
          ? Reflect.get(found, token)
          : undefined
    }
    return isObject(found) || typeof found === "boolean" ? found : undefined
  }

  #lose(path: ReadonlyArray<string>, reason: string): void {
    this.losses.push({ path: formatPath(path), reason })
  }
}
