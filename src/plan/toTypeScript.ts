import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { printable } from "../message/printable.ts"
import { type Code, call, chain, docOf, type Entry, flat, keyOf, layOut, list, literal, quote, record } from "./code.ts"
import { placeOf } from "./contract.ts"
import { fieldsOf } from "./fields.ts"
import { annotationKeywords, isObject, jsonSchemaOf, pathOf } from "./jsonSchema.ts"
import type { Loss } from "./losses.ts"
import type { Plan, PlannedEvent, PlannedType } from "./model.ts"
import { membersOf } from "./nature.ts"

/**
 * The source of a plan: a file of TypeScript with a class of `Plan.Service`, or with `Plan.make` where the plan's name makes no
 * name of a class. Descriptions are in it for editors, too, and what is deprecated is marked so. Of properties and traits it has
 * what they are in JSON, so that what transforms values, or asks for more than JSON Schema can, is left out, and told in a
 * comment. Of the plans that a plan was merged of it makes one.
 *
 * **Example** (A plan that was somewhere else)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 *
 * const { plan } = Plan.fromJsonSchema({ title: "Order Completed", type: "object", properties: { total: { type: "number" } } })
 * const source = Plan.toTypeScript(plan)
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const toTypeScript = (plan: Plan): string => {
  const className = classNameOf(plan.name)
  const definitions = new Definitions(className ?? "plan")
  const losses: Array<Loss> = []
  const written = plan.events.map((event) => {
    const { schema, definitions: named, losses: lost } = jsonSchemaOf({ ...event, allowsReserved: false })
    const read = fieldsOf(event.type, { ...schema, $defs: named }, pathOf(event))
    losses.push(...lost, ...read.losses)
    return { event, fields: definitions.fieldsOf(read.fields) }
  })
  const body = record(entriesOf(plan, written))
  const doc = plan.description === undefined ? "" : docOf(plan.description, "")
  const declaration =
    className === undefined
      ? `${doc}export const plan = ${layOut(call("Plan.make", body), "", 20, 0)}\n`
      : `${doc}export class ${className} extends Plan.Service<${className}>()(${quote(`app/${className}`)}, ${layOut(body, "", 120, 0)}) {}\n`
  const rest = [...losses.map(commentOf), ...(losses.length > 0 ? [""] : []), ...definitions.sources, declaration].join(
    "\n"
  )
  const imports = rest.includes("Schema.") ? ['import { Schema } from "effect"'] : []
  return ['import { Plan } from "cdp-analytics-effect/plan"', ...imports, "", rest].join("\n")
}

const commentOf = ({ path, reason }: Loss): string => `// Left out: ${printable(path)}: ${printable(reason)}`

/** Names that mean something else in what is written. */
const taken: ReadonlySet<string> = new Set([
  "Plan",
  "Schema",
  "Date",
  "ReadonlyArray",
  "Array",
  "RegExp",
  "Record",
  "Object"
])

const wordsOf = (text: string): string =>
  (text.match(/[A-Za-z0-9]+/g) ?? []).map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join("")

/** Of words of letters and digits. */
const classNameOf = (name: string): string | undefined => {
  const words = wordsOf(name)
  return /^[A-Za-z][\w +-]{0,80}$/.test(name) && !taken.has(words) ? words : undefined
}

interface Written {
  readonly event: PlannedEvent
  readonly fields: Code
}

const isEmpty = (code: Code): boolean => typeof code === "object" && code._tag === "Record" && code.entries.length === 0

/** What all of them say alike. */
const alike = (events: ReadonlyArray<PlannedEvent>, of: (event: PlannedEvent) => unknown): unknown => {
  const [first, ...others] = new Set(events.map((event) => JSON.stringify(of(event))))
  return others.length === 0 && first !== undefined && events[0] !== undefined ? of(events[0]) : undefined
}

const said = {
  description: ({ description }: PlannedEvent) => description,
  owner: ({ owner }: PlannedEvent) => owner,
  tags: ({ tags }: PlannedEvent) => (tags.length === 0 ? undefined : tags),
  deprecated: ({ deprecated }: PlannedEvent) => deprecated,
  additionalProperties: ({ additionalProperties }: PlannedEvent) => additionalProperties,
  reserved: ({ allowsReserved }: PlannedEvent) => (allowsReserved ? "allow" : undefined)
}

type Said = keyof typeof said

const strictness: ReadonlyArray<Said> = ["additionalProperties", "reserved"]

const everything: ReadonlyArray<Said> = ["description", "owner", "tags", "deprecated", ...strictness]

const entry = (name: string, value: unknown): ReadonlyArray<Entry> =>
  value === undefined ? [] : [{ key: keyOf(name), value: literal(value) }]

const entriesOf = (plan: Plan, written: ReadonlyArray<Written>): ReadonlyArray<Entry> => {
  const common = strictness.filter((key) => alike(plan.events, said[key]) !== undefined)
  const kinds = (["track", "identify", "group", "page", "screen"] as const).flatMap((type) => {
    const events = written.filter(({ event }) => event.type === type)
    const value = kindOf(type, events, common)
    return value === undefined || (events.length === 0 && !plan.types.has(type)) ? [] : [{ key: type, value }]
  })
  return [
    ...entry("name", plan.name),
    ...entry("description", plan.description),
    ...common.flatMap((key) => entry(key, alike(plan.events, said[key]))),
    ...entry("onViolation", plan.onViolation === "fail" ? undefined : plan.onViolation),
    ...entry("annotate", plan.annotate ? true : undefined),
    ...kinds
  ]
}

const kindOf = (type: PlannedType, written: ReadonlyArray<Written>, common: ReadonlyArray<Said>): Code | undefined => {
  const own = everything.filter((key) => !common.includes(key))
  if (type === "identify" || type === "group") {
    const [traits] = written
    return traits === undefined ? undefined : record(singleOf(traits, own))
  }
  const names = new Map<string, Array<Written>>()
  for (const one of written) {
    const name = one.event.name ?? ""
    names.set(name, [...(names.get(name) ?? []), one])
  }
  return record(
    [...names].map(([name, versions]) => {
      const latest = versions.find(({ event }) => event.isLatest) ?? versions[0]
      const doc = latest === undefined ? undefined : docTextOf(latest.event)
      const [first] = versions
      const value =
        first === undefined || first.event.isVersioned ? versionsOf(versions, own) : record(singleOf(first, own))
      return { key: keyOf(name), value, doc }
    })
  )
}

const docTextOf = ({ description, deprecated }: PlannedEvent): string | undefined => {
  const parts = [
    ...(description === undefined ? [] : [description]),
    ...(deprecated === undefined ? [] : [`@deprecated ${deprecated}`])
  ]
  return parts.length === 0 ? undefined : parts.join("\n\n")
}

const singleOf = ({ event, fields }: Written, own: ReadonlyArray<Said>): ReadonlyArray<Entry> => [
  ...own.flatMap((key) => entry(key, said[key](event))),
  ...(event.isVersioned ? [] : entry("version", versionOf(event))),
  ...(placeOf(event.type) === "properties" && isEmpty(fields) ? [] : [{ key: placeOf(event.type), value: fields }])
]

/** A number, where it is one. */
const versionOf = ({ version }: PlannedEvent): number | string | undefined =>
  String(Number(version)) === version ? Number(version) : version

const versionsOf = (versions: ReadonlyArray<Written>, own: ReadonlyArray<Said>): Code => {
  const events = versions.map(({ event }) => event)
  const common = own.filter((key) => alike(events, said[key]) !== undefined)
  const rest = own.filter((key) => !common.includes(key))
  const names = events.map(({ version }) => version ?? "")
  const areNumbers = names.every((name) => /^[1-9]\d?$/.test(name))
  const latest = events.find(({ isLatest }) => isLatest)?.version
  const isNewest = areNumbers && latest === String(Math.max(...names.map(Number)))
  return record([
    ...common.flatMap((key) => entry(key, alike(events, said[key]))),
    ...(isNewest ? [] : entry("latest", latest)),
    {
      key: "versions",
      value: record(
        versions.map((one) => ({
          key: areNumbers ? (one.event.version ?? "") : keyOf(one.event.version ?? ""),
          value: record(singleOf(one, rest))
        }))
      )
    }
  ])
}

const isNamed = (ast: SchemaAST.AST): boolean => identifierOf(ast) !== undefined

const identifierOf = (ast: SchemaAST.AST): string | undefined => {
  const identifier = annotationsOf(ast)["identifier"]
  return typeof identifier === "string" ? identifier : undefined
}

const annotationsOf = (ast: SchemaAST.AST): Schema.Annotations.Annotations =>
  (ast.checks === undefined ? ast.annotations : ast.checks.at(-1)?.annotations) ?? {}

const pick = (
  annotations: Schema.Annotations.Annotations | undefined,
  keys: ReadonlyArray<string>
): ReadonlyArray<Entry> => keys.flatMap((key) => entry(key, annotations?.[key]))

const idOf = (annotations: Schema.Annotations.Annotations | undefined): unknown => {
  const representation = annotations?.["representation"]
  return isObject(representation) ? representation["id"] : undefined
}

/** Those that are read of JSON Schema. */
const declared = ({ annotations }: SchemaAST.Declaration): "Schema.Date" | "Schema.Json" =>
  idOf(annotations) === "effect/schema/Date" ? "Schema.Date" : "Schema.Json"

/** What has a name, or is in itself, is declared once in the file. */
class Definitions {
  readonly #declared = new Map<string, string>()
  readonly #reserved: ReadonlySet<string>
  /** Of the event that is under way: what is under an identifier, and what it is called. */
  #asts = new Map<string, SchemaAST.AST>()
  #names = new Map<string, string>()
  #recursive = new Set<string>()

  constructor(name: string) {
    this.#reserved = new Set([...taken, name])
  }

  get sources(): ReadonlyArray<string> {
    return [...this.#declared.values()]
  }

  fieldsOf(fields: { readonly [name: string]: { readonly ast: SchemaAST.AST } }): Code {
    this.#asts = new Map()
    this.#names = new Map()
    this.#recursive = new Set()
    const order: Array<string> = []
    for (const { ast } of Object.values(fields)) this.#collect(ast, order, new Set())
    for (const identifier of order) this.#names.set(identifier, this.#nameOf(identifier, 1))
    this.#declare(order)
    return record(Object.entries(fields).map(([name, { ast }]) => this.#entry(name, ast)))
  }

  /** What is used comes first. */
  #collect(ast: SchemaAST.AST, order: Array<string>, seen: Set<SchemaAST.AST>): void {
    if (seen.has(ast)) return
    seen.add(ast)
    const target = SchemaAST.isSuspend(ast) ? ast.thunk() : ast
    const identifier = identifierOf(target)
    if (identifier === undefined) {
      for (const [, member] of membersOf(target)) this.#collect(member, order, seen)
      return
    }
    if (SchemaAST.isSuspend(ast)) this.#recursive.add(identifier)
    if (this.#asts.has(identifier)) return
    this.#asts.set(identifier, target)
    for (const [, member] of membersOf(target)) this.#collect(member, order, seen)
    order.push(identifier)
  }

  #nameOf(identifier: string, count: number): string {
    const words = wordsOf(identifier)
    const name = /^[A-Za-z]/.test(words) ? words : `Schema${words}`
    const candidate = count === 1 ? name : `${name}${count}`
    return this.#reserved.has(candidate) ? this.#nameOf(identifier, count + 1) : candidate
  }

  /** Under names that are free, or that are of the same. */
  #declare(order: ReadonlyArray<string>): void {
    for (let count = 2; ; count++) {
      const names = new Set<string>()
      const sources = order.map((identifier) => {
        const name = this.#names.get(identifier) ?? identifier
        const isTwice = names.has(name)
        names.add(name)
        return { identifier, name, isTwice, source: this.#source(identifier, name) }
      })
      const others = sources.filter(
        ({ name, source, isTwice }) => isTwice || (this.#declared.get(name) ?? source) !== source
      )
      if (others.length === 0) {
        for (const { name, source } of sources) this.#declared.set(name, source)
        return
      }
      for (const { identifier } of others) this.#names.set(identifier, this.#nameOf(identifier, count))
    }
  }

  #source(identifier: string, name: string): string {
    const ast = this.#asts.get(identifier) ?? Schema.Json.ast
    const code = this.#node(ast, [{ key: "identifier", value: quote(identifier) }])
    const type = this.#recursive.has(identifier) ? this.#declaration(ast, name) : ""
    return `${type}const ${name} = ${layOut(code, "", name.length + 9, 0)}\n`
  }

  #declaration(ast: SchemaAST.AST, name: string): string {
    if (!SchemaAST.isObjects(ast) || ast.indexSignatures.length > 0)
      return `type ${name} = ${this.#type(ast, true)}\n\n`
    const members = ast.propertySignatures.map(({ name, type }) => `  ${this.#member(String(name), type)}\n`)
    return `interface ${name} {\n${members.join("")}}\n\n`
  }

  #member(name: string, ast: SchemaAST.AST): string {
    return `readonly ${keyOf(name)}${SchemaAST.isOptional(ast) ? "?" : ""}: ${this.#type(ast)}`
  }

  /** The type of its values. */
  #type(ast: SchemaAST.AST, isOwn = false): string {
    const identifier = identifierOf(SchemaAST.isSuspend(ast) ? ast.thunk() : ast)
    if (identifier !== undefined && !isOwn) {
      const name = this.#names.get(identifier) ?? identifier
      return this.#recursive.has(identifier) ? name : `typeof ${name}.Type`
    }
    switch (ast._tag) {
      case "Null":
        return "null"
      case "Undefined":
        return "undefined"
      case "Never":
        return "never"
      case "String":
        return "string"
      case "Number":
        return "number"
      case "Boolean":
        return "boolean"
      case "Literal":
        return flat(literal(ast.literal)) ?? "unknown"
      case "Declaration":
        return declared(ast) === "Schema.Date" ? "Date" : declared(ast)
      case "Union":
        return ast.types.map((type) => this.#type(type)).join(" | ")
      case "Arrays":
        return this.#arrayType(ast)
      case "Objects":
        return this.#objectType(ast)
      default:
        return "unknown"
    }
  }

  #arrayType({ elements, rest: [rest] }: SchemaAST.Arrays): string {
    if (elements.length === 0 && rest !== undefined) return `ReadonlyArray<${this.#type(rest)}>`
    const types = elements.map((element) => {
      const type = this.#type(element)
      return SchemaAST.isOptional(element) ? `(${type})?` : type
    })
    return `readonly [${[...types, ...(rest === undefined ? [] : [`...Array<${this.#type(rest)}>`])].join(", ")}]`
  }

  #objectType({ propertySignatures, indexSignatures: [index] }: SchemaAST.Objects): string {
    const members = propertySignatures.map(({ name, type }) => this.#member(String(name), type)).join("; ")
    const listed = `{ ${members} }`
    if (index === undefined) return listed
    const others = `{ readonly [x: string]: ${this.#type(index.type)} }`
    return members === "" ? others : `(${listed} & ${others})`
  }

  #entry(name: string, ast: SchemaAST.AST): Entry {
    const inner = SchemaAST.isOptional(ast) && SchemaAST.isUnion(ast) ? (ast.types[0] ?? ast) : ast
    const words = pick(ast.context?.annotations, annotationKeywords)
    const description =
      ast.context?.annotations?.["description"] ?? (isNamed(inner) ? undefined : annotationsOf(inner)["description"])
    const code = inner === ast ? this.#code(ast) : call("Schema.optional", this.#code(inner))
    return {
      key: keyOf(name),
      value: chain(code, words.length === 0 ? [] : [{ name: "annotateKey", args: [record(words)] }]),
      doc: typeof description === "string" && description !== "" ? description : undefined
    }
  }

  #code(ast: SchemaAST.AST): Code {
    if (SchemaAST.isSuspend(ast)) {
      const name = this.#names.get(identifierOf(ast.thunk()) ?? "") ?? "Schema.Json"
      return `Schema.suspend((): Schema.Codec<${name}> => ${name})`
    }
    const identifier = identifierOf(ast)
    return identifier === undefined ? this.#node(ast, []) : (this.#names.get(identifier) ?? identifier)
  }

  #node(ast: SchemaAST.AST, more: ReadonlyArray<Entry>): Code {
    const [first, ...others] = ast.checks ?? []
    const number = idOf(first?.annotations)
    const isInt = number === "effect/schema/isInt"
    const isAnyFinite = number === "effect/schema/isFinite"
    const checks = (isInt || isAnyFinite || first === undefined ? others : [first, ...others]).map((check) =>
      this.#check(check)
    )
    const words = [...more, ...pick(annotationsOf(ast), annotationKeywords)]
    const base = isInt ? "Schema.Int" : isAnyFinite ? "Schema.Finite" : this.#base(ast)
    return chain(base, [
      ...(checks.length === 0 ? [] : [{ name: "check", args: checks }]),
      ...(words.length === 0 ? [] : [{ name: "annotate", args: [record(words)] }])
    ])
  }

  #check({ annotations }: SchemaAST.Check<unknown>): Code {
    const representation = annotations?.["representation"]
    const { id, payload, schemas } = isObject(representation) ? representation : {}
    if (id === "effect/schema/isPattern" && isObject(payload)) {
      return call("Schema.isPattern", String(new RegExp(String(payload["source"]), String(payload["flags"]))))
    }
    const name = String(id).replace("effect/schema/", "Schema.")
    const values = isObject(payload) ? Object.values(payload).map(literal) : []
    const inner = Array.isArray(schemas) ? schemas.filter(SchemaAST.isAST).map((ast) => this.#code(ast)) : []
    return call(name, ...values, ...inner)
  }

  #base(ast: SchemaAST.AST): Code {
    switch (ast._tag) {
      case "Null":
      case "Never":
      case "String":
      case "Number":
      case "Boolean":
        return `Schema.${ast._tag}`
      case "Literal":
        return call("Schema.Literal", literal(ast.literal))
      case "Declaration":
        return declared(ast)
      case "Union":
        return this.#union(ast)
      case "Arrays":
        return this.#array(ast)
      case "Objects":
        return this.#object(ast)
      default:
        return "Schema.Unknown"
    }
  }

  #union({ types, options }: SchemaAST.Union): Code {
    const [first, second, ...others] = types
    const isOneOf = options?.mode === "oneOf"
    if (!isOneOf && types.every((type) => SchemaAST.isLiteral(type) && type.annotations === undefined)) {
      return call(
        "Schema.Literals",
        list(types.flatMap((type) => (SchemaAST.isLiteral(type) ? [literal(type.literal)] : [])))
      )
    }
    const isNullOr = second !== undefined && SchemaAST.isNull(second) && second.annotations === undefined
    if (!isOneOf && first !== undefined && isNullOr && others.length === 0)
      return call("Schema.NullOr", this.#code(first))
    const members = list(types.map((type) => this.#code(type)))
    return isOneOf ? call("Schema.Union", members, record(entry("mode", "oneOf"))) : call("Schema.Union", members)
  }

  #array({ elements, rest: [rest] }: SchemaAST.Arrays): Code {
    if (elements.length === 0 && rest !== undefined) return call("Schema.Array", this.#code(rest))
    const members = elements.map((element) =>
      SchemaAST.isOptional(element) ? call("Schema.optionalKey", this.#code(element)) : this.#code(element)
    )
    const tuple = call("Schema.Tuple", list(members))
    return rest === undefined ? tuple : call("Schema.TupleWithRest", tuple, list([this.#code(rest)]))
  }

  #object({ propertySignatures, indexSignatures: [index] }: SchemaAST.Objects): Code {
    const struct = call(
      "Schema.Struct",
      record(propertySignatures.map(({ name, type }) => this.#entry(String(name), type)))
    )
    if (index === undefined) return struct
    const others = call("Schema.Record", this.#code(index.parameter), this.#code(index.type))
    return propertySignatures.length === 0 ? others : call("Schema.StructWithRest", struct, list([others]))
  }
}
