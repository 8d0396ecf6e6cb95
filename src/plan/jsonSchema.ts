/**
 * An event's properties or traits in JSON Schema (draft 2020-12): of what goes over the wire.
 */
import * as JsonPointer from "effect/JsonPointer"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { formatPath } from "../message/issue.ts"
import { makeCodec } from "./codec.ts"
import { placeOf } from "./contract.ts"
import type { Loss } from "./losses.ts"
import type { PlannedEvent } from "./model.ts"
import { idOf, membersOf, type Plain } from "./nature.ts"
import { reservedFields } from "./reserved.ts"

/** A JSON Schema that is no boolean. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/**
 * The JSON Schema of an object, what it names in `$defs`, and what JSON Schema cannot hold of it.
 *
 * For draft-07 give `{ dialect: "draft-2020-12", schema, definitions }` to Effect's `JsonSchema.toDocumentDraft07`, which writes
 * tuples and references as that draft does; the references are then to `#/definitions`.
 */
export interface WrittenSchema {
  readonly schema: JsonSchema
  /** What references name: to be put where they say. */
  readonly definitions: Readonly<Record<string, JsonSchema>>
  readonly losses: ReadonlyArray<Loss>
}

/** From the root of the document to its definitions. */
const defaultPlace = ["$defs"]

/**
 * The JSON Schema of what an event has in `properties` or `traits`. Where it takes reserved names that it does not list, those
 * are among them. References are to `#/$defs`, or to another place in the document.
 */
export const jsonSchemaOf = (
  event: PlannedEvent,
  definitionsAt: ReadonlyArray<string> = defaultPlace
): WrittenSchema => {
  const { fields, additionalProperties } = event
  const isClosed = additionalProperties === "fail"
  const all = event.allowsReserved ? { ...reservedFields[event.type], ...fields } : fields
  const path = pathOf(event)
  const writer = new Writer(event, definitionsAt)
  // Effect's empty struct is of anything.
  const { properties = {}, required = [] } =
    Object.keys(all).length === 0 ? {} : writer.write(Schema.toEncoded(makeCodec(Schema.Struct(all))).ast, [])
  for (const [name, schema] of Object.entries(fields)) writer.losses.push(...lossesOf(schema, [...path, name]))
  return {
    schema: {
      type: "object",
      ...(event.description !== undefined && { description: event.description }),
      properties,
      ...(Array.isArray(required) && required.length > 0 && { required }),
      ...(additionalProperties !== undefined && { additionalProperties: !isClosed })
    },
    definitions: writer.definitions,
    losses: writer.losses
  }
}

/** Where an event's fields stand in its plan. */
export const pathOf = ({ type, name, version, isVersioned }: PlannedEvent): ReadonlyArray<string> => [
  type,
  ...(name === undefined ? [] : [name]),
  ...(isVersioned && version !== undefined ? ["versions", version] : []),
  placeOf(type)
]

const isJson = Schema.is(Schema.Json)

/** What says nothing of which values there are. */
export const annotationKeywords = [
  "title",
  "description",
  "default",
  "examples",
  "format",
  "contentEncoding",
  "contentMediaType",
  "readOnly",
  "writeOnly",
  "deprecated",
  "$comment"
] as const

const pick = (annotations: Schema.Annotations.Annotations | undefined): JsonSchema =>
  Object.fromEntries(
    annotationKeywords.flatMap((key) => {
      const value = annotations?.[key]
      return value !== undefined && isJson(value) ? [[key, value]] : []
    })
  )

const annotationsOf = (ast: SchemaAST.AST): JsonSchema =>
  pick({ ...ast.annotations, ...ast.checks?.at(-1)?.annotations })

const identifierOf = (ast: SchemaAST.AST): string | undefined => {
  const identifier = { ...ast.annotations, ...ast.checks?.at(-1)?.annotations }["identifier"]
  return typeof identifier === "string" && identifier !== "" ? identifier : undefined
}

export const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const nothing: JsonSchema = { not: {} }

const isLiteral = (ast: SchemaAST.AST): ast is SchemaAST.Literal | SchemaAST.Null =>
  SchemaAST.isLiteral(ast) || SchemaAST.isNull(ast)

const typeNames = ["string", "number", "integer", "boolean", "array", "object", "null"] as const

const isOnlyType = (schema: JsonSchema): boolean =>
  Object.keys(schema).length === 1 && typeof schema["type"] === "string"

/** One of these, without a type where there are several. */
const oneOf = (values: ReadonlyArray<unknown>): JsonSchema => {
  const types = new Set(values.map((value) => (value === null ? "null" : typeof value)))
  return { ...(types.size === 1 && !types.has("null") && { type: [...types][0] }), enum: values }
}

/** Both, in one object where no keyword is in both. */
const both = (left: JsonSchema, right: JsonSchema): JsonSchema => {
  if (Object.keys(left).length === 0) return right
  if (left["type"] === right["type"]) {
    const { type: _, ...rest } = right
    return Object.keys(rest).length === 0 ? left : bothOf(left, rest)
  }
  return left["type"] === "number" && right["type"] === "integer"
    ? both({ ...left, type: "integer" }, right)
    : bothOf(left, right)
}

const bothOf = (left: JsonSchema, right: JsonSchema): JsonSchema => {
  if (!Object.hasOwn(left, "$ref") && Object.keys(right).every((key) => !Object.hasOwn(left, key)))
    return { ...left, ...right }
  const { allOf = [], ...rest } = left
  return { ...rest, allOf: [...(Array.isArray(allOf) ? allOf : []), right] }
}

/** A name for one more definition, which a reference can name. */
export const newName = (seed: string, definitions: ReadonlyMap<string, unknown>): string => {
  const name = seed.replaceAll(/\p{Cs}/gu, "\ufffd")
  let candidate = name
  for (let count = 2; definitions.has(candidate); count++) candidate = `${name}${count}`
  return candidate
}

class Writer {
  readonly losses: Array<Loss> = []
  readonly #event: PlannedEvent
  readonly #isClosed: boolean
  readonly #definitionsAt: ReadonlyArray<string>
  readonly #definitions = new Map<string, JsonSchema>()
  readonly #names = new Map<SchemaAST.AST, string>()
  /** The names of definitions by what they are called in their Schemas. */
  readonly #identified = new Map<string, ReadonlyArray<string>>()

  constructor(event: PlannedEvent, definitionsAt: ReadonlyArray<string>) {
    this.#event = event
    this.#isClosed = event.additionalProperties === "fail"
    this.#definitionsAt = definitionsAt
  }

  get definitions(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries(this.#definitions)
  }

  /** What is encoded already: no node has an encoding of its own. */
  write(ast: SchemaAST.AST, path: ReadonlyArray<string>): JsonSchema {
    return { ...this.#named(ast, path), ...pick(ast.context?.annotations) }
  }

  #named(ast: SchemaAST.AST, path: ReadonlyArray<string>): JsonSchema {
    if (SchemaAST.isSuspend(ast)) {
      const target = ast.thunk()
      const name = this.#names.get(target) ?? this.#nameFirst(target, path)
      return this.#checked(ast, this.#reference(name), path)
    }
    const identifier = identifierOf(ast)
    if (identifier === undefined) return this.#inline(ast, path)
    return this.#reference(this.#names.get(ast) ?? this.#nameAfter(ast, identifier, path))
  }

  /** What may be in itself has its name before it is written. */
  #nameFirst(ast: SchemaAST.AST, path: ReadonlyArray<string>): string {
    const name = this.#newName(identifierOf(ast) ?? "Recursive")
    this.#names.set(ast, name)
    this.#definitions.set(name, {})
    this.#definitions.set(name, this.#inline(ast, path))
    return name
  }

  /** What is written the same has one name: an optional one is no other. */
  #nameAfter(ast: SchemaAST.AST, identifier: string, path: ReadonlyArray<string>): string {
    const schema = this.#inline(ast, path)
    const text = JSON.stringify(schema)
    const same = this.#identified.get(identifier)?.find((name) => JSON.stringify(this.#definitions.get(name)) === text)
    const name = same ?? this.#newName(identifier)
    this.#names.set(ast, name)
    this.#definitions.set(name, schema)
    return name
  }

  #newName(identifier: string): string {
    const name = newName(identifier, this.#definitions)
    const same = this.#identified.get(identifier) ?? []
    this.#identified.set(identifier, [...same, name])
    return name
  }

  #reference(name: string): JsonSchema {
    return { $ref: JsonPointer.formatUriFragment([...this.#definitionsAt, name]) }
  }

  #inline(ast: SchemaAST.AST, path: ReadonlyArray<string>): JsonSchema {
    return this.#checked(ast, this.#node(ast, path), path)
  }

  #checked(ast: SchemaAST.AST, schema: JsonSchema, path: ReadonlyArray<string>): JsonSchema {
    let checked = schema
    for (const check of ast.checks ?? []) checked = both(checked, this.#check(check, checked["type"], path))
    return { ...checked, ...annotationsOf(ast) }
  }

  #check(check: SchemaAST.Check<unknown>, type: unknown, path: ReadonlyArray<string>): JsonSchema {
    const annotations = check.annotations ?? {}
    const representation = annotations["representation"]
    if (isObject(representation) && representation["id"] === "effect/schema/isInt") return { type: "integer" }
    const pattern = patternOf(representation)
    if (pattern !== undefined) return { pattern }
    const toJsonSchema = annotations["toJsonSchema"]
    if (typeof toJsonSchema === "function") {
      const schemas =
        isObject(representation) && Array.isArray(representation["schemas"])
          ? representation["schemas"].filter(SchemaAST.isAST).map((ast) => this.write(ast, path))
          : []
      const written: unknown = toJsonSchema({ type: typeNames.find((name) => name === type), schemas })
      if (Array.isArray(written)) this.#lose(path, `JSON Schema takes more than ${expectedOf(check)}`)
      const [fragment]: ReadonlyArray<unknown> = Array.isArray(written) ? written : [written]
      return isObject(fragment) ? fragment : {}
    }
    if (check._tag === "FilterGroup") {
      return check.checks.map((inner) => this.#check(inner, type, path)).reduce(both, {})
    }
    // The check of a time is what its format says.
    if (annotations["format"] !== "date-time") this.#lose(path, `JSON Schema cannot ask for ${expectedOf(check)}`)
    return {}
  }

  #node(ast: SchemaAST.AST, path: ReadonlyArray<string>): JsonSchema {
    switch (ast._tag) {
      case "Any":
      case "Unknown":
        return {}
      case "Null":
        return { type: "null" }
      case "String":
        return { type: "string" }
      case "Number":
        return { type: "number" }
      case "Boolean":
        return { type: "boolean" }
      case "ObjectKeyword":
        return { type: ["object", "array"] }
      case "Literal":
        return oneOf([ast.literal])
      case "Enum":
        return oneOf(ast.enums.map(([, value]) => value))
      case "TemplateLiteral":
        return this.#template(ast, path)
      case "Union":
        return this.#union(ast, path)
      case "Arrays":
        return this.#array(ast, path)
      case "Objects":
        return this.#object(ast, path)
      case "Declaration":
        // `Schema.Json` is what JSON has.
        if (idOf(ast) !== "effect/schema/Json") this.#lose(path, "JSON Schema takes anything")
        return {}
      default:
        return nothing
    }
  }

  #template(ast: SchemaAST.TemplateLiteral, path: ReadonlyArray<string>): JsonSchema {
    const { pattern } = Schema.toJsonSchemaDocument(Schema.make(ast)).schema
    if (ast.parts.some(({ checks }) => checks !== undefined))
      this.#lose(path, "the checks of its parts are not in its pattern")
    return { type: "string", pattern }
  }

  #union({ types, options }: SchemaAST.Union, path: ReadonlyArray<string>): JsonSchema {
    if (options?.mode === "oneOf") return { oneOf: types.map((type) => this.write(type, path)) }
    if (types.length === 0) return nothing
    if (
      types.some(SchemaAST.isLiteral) &&
      types.every((type) => isLiteral(type) && Object.keys(annotationsOf(type)).length === 0)
    ) {
      return oneOf(types.map((type) => (SchemaAST.isLiteral(type) ? type.literal : null)))
    }
    const anyOf = types.map((type) => this.write(type, path))
    if (!anyOf.every(isOnlyType)) return { anyOf }
    const [only, ...others] = new Set(anyOf.map(({ type }) => type))
    return { type: others.length === 0 ? only : [only, ...others] }
  }

  #array({ elements, rest }: SchemaAST.Arrays, path: ReadonlyArray<string>): JsonSchema {
    const [item, ...more] = rest
    if (more.length > 0) this.#lose(path, "JSON Schema cannot say what the last ones are")
    const items = more.length > 0 ? {} : item === undefined ? false : this.write(item, [...path, "[]"])
    const required = elements.filter((element) => !SchemaAST.isOptional(element)).length + more.length
    return {
      type: "array",
      ...(elements.length > 0 && {
        prefixItems: elements.map((element, index) => this.write(element, [...path, `[${index}]`]))
      }),
      ...(required > 0 && { minItems: required }),
      items
    }
  }

  #object({ propertySignatures, indexSignatures }: SchemaAST.Objects, path: ReadonlyArray<string>): JsonSchema {
    if (propertySignatures.length === 0 && indexSignatures.length === 0) return { not: { type: "null" } }
    const properties = propertySignatures.map(({ name, type }) => [
      String(name),
      this.write(type, [...path, String(name)])
    ])
    const required = propertySignatures.flatMap(({ name, type }) => (SchemaAST.isOptional(type) ? [] : [String(name)]))
    const others = indexSignatures.map(({ parameter, type }) => this.#others(parameter, type, path))
    const [only, ...more] = others
    const listed = {
      type: "object",
      ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
      ...(required.length > 0 && { required })
    }
    if (only === undefined) return { ...listed, ...(this.#isClosed && { additionalProperties: false }) }
    // What an index signature asks for is asked of the listed ones, too.
    const isFree = only["additionalProperties"] === true || properties.length === 0
    return isFree && more.length === 0
      ? { ...listed, ...only }
      : { ...listed, allOf: others.map((other) => ({ type: "object", ...other })) }
  }

  #others(parameter: SchemaAST.AST, type: SchemaAST.AST, path: ReadonlyArray<string>): JsonSchema {
    const values = this.write(type, [...path, "*"])
    const others = Object.keys(values).length === 0 ? true : values["not"] === nothing["not"] ? false : values
    const { type: _, pattern, ...more } = this.write(parameter, path)
    if (pattern === undefined && Object.keys(more).length === 0) return { additionalProperties: others }
    if (typeof pattern !== "string" || Object.keys(more).length > 0)
      this.#lose(path, "JSON Schema takes other names, too")
    return typeof pattern === "string"
      ? {
          patternProperties: Object.fromEntries([[pattern, others]]),
          ...(this.#isClosed && { additionalProperties: false })
        }
      : { additionalProperties: others }
  }

  /** What is reserved is as it is without a plan. */
  #lose(path: ReadonlyArray<string>, reason: string): void {
    const [name] = path
    if (name !== undefined && !Object.hasOwn(this.#event.fields, name)) return
    this.losses.push({ path: formatPath([...pathOf(this.#event), ...path]), reason })
  }
}

/** Of a regular expression that is the same by the rules of JSON Schema. */
const patternOf = (representation: unknown): string | undefined => {
  if (!isObject(representation) || representation["id"] !== "effect/schema/isPattern") return undefined
  const { payload } = representation
  if (!isObject(payload) || (payload["flags"] !== "" && payload["flags"] !== "u")) return undefined
  return typeof payload["source"] === "string" ? payload["source"] : undefined
}

const expectedOf = ({ annotations }: SchemaAST.Check<unknown>): string => {
  const expected = annotations?.["expected"] ?? annotations?.["description"] ?? annotations?.["title"]
  return typeof expected === "string" ? expected : "what a filter of its own asks for"
}

/** Declarations of whose values JSON Schema says all. */
const told: ReadonlySet<unknown> = new Set(
  ["Date", "DateTimeUtc", "DateTimeZoned", "Duration", "Option", "Json"].map((name) => `effect/schema/${name}`)
)

/** What is asked of values, and not of their JSON, where that is something else. */
const checksLost = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.Check<unknown>> => {
  if (ast.checks === undefined) return []
  const kept: ReadonlyArray<unknown> =
    Schema.toEncoded(makeCodec(Schema.make<Schema.Codec<unknown>>(ast))).ast.checks ?? []
  return ast.checks.filter((check) => !kept.includes(check))
}

/** What stands between a Schema's values and their JSON, which says nothing of it. */
const lossesOf = (schema: Plain, base: ReadonlyArray<string>): ReadonlyArray<Loss> => {
  const losses: Array<Loss> = []
  const seen = new Set<SchemaAST.AST>()
  const look = (ast: SchemaAST.AST, path: ReadonlyArray<string>): void => {
    if (seen.has(ast)) return
    seen.add(ast)
    const lose = (reason: string) => losses.push({ path: formatPath(path), reason })
    if (ast.encoding !== undefined) {
      lose("JSON Schema has what it is encoded to, and not the transformation")
      return
    }
    if (SchemaAST.isDeclaration(ast) && !told.has(idOf(ast)))
      lose("JSON Schema has what it is encoded to, and not what may be in it")
    for (const check of checksLost(ast)) lose(`JSON Schema cannot ask for ${expectedOf(check)}`)
    for (const [key, member] of membersOf(ast)) look(member, key === undefined ? path : [...path, key])
  }
  look(schema.ast, base)
  return losses
}
