import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import { maxDepth } from "./depth.ts"
import { isPlainObject } from "./plainObject.ts"
import { endlessRoom, type Room } from "./room.ts"
import { hasPlainYear, isDate, isTime, saysIso } from "./time.ts"
import { hasToJson } from "./wire.ts"

/**
 * A quick yes: the value fits the Schema, JSON says it as it is, and there may be room for it. What it does not accept may
 * still be right.
 */
export type Accepts<A> = <Value>(value: Value, room?: Room) => value is Value & A

/**
 * Reads a Schema once into functions that look at a value once, and build neither a copy nor an issue. Excess keys are
 * not accepted. A Schema it does not know accepts nothing.
 */
export const makeAccepts = <S extends Schema.Constraint>(schema: S): Accepts<S["Type"]> =>
  makeAcceptsAsIs(Schema.toType(schema))

/** The same of what the Schema encodes to, where that is what was given: what is transformed is not accepted. */
export const makeAcceptsAsIs = <S extends Schema.Constraint>(schema: S): Accepts<S["Type"]> => {
  const judge = compile(schema.ast, maxDepth)
  return <Value>(value: Value, room = endlessRoom()): value is Value & S["Type"] => judge(value, room)
}

type Judge = (value: unknown, room: Room) => boolean

const nothing: Judge = () => false

/** What stands in a Schema often is compiled once, by how deep it stands. */
const compiled = new WeakMap<SchemaAST.AST, Map<number, Judge>>()

/** For a value in which so many objects and arrays may stand in one another, itself counted. */
const compile = (ast: SchemaAST.AST, levels: number): Judge => {
  const known = compiled.get(ast) ?? new Map<number, Judge>()
  const judge = known.get(levels) ?? compileAnew(ast, levels)
  compiled.set(ast, known.set(levels, judge))
  return judge
}

const compileAnew = (ast: SchemaAST.AST, levels: number): Judge => {
  if (ast.encoding !== undefined) return nothing
  const judge = compileNode(ast, levels)
  const filters = filtersOf(ast.checks)
  return filters.length === 0 ? judge : (value, room) => judge(value, room) && passes(filters, value, ast)
}

const compileNode = (ast: SchemaAST.AST, levels: number): Judge => {
  switch (ast._tag) {
    case "Undefined":
      return (value) => value === undefined
    case "Null":
      return (value) => value === null
    case "String":
      return (value, room) => typeof value === "string" && room.take(value.length)
    case "Number":
      return Number.isFinite
    case "Boolean":
      return (value) => typeof value === "boolean"
    case "Literal": {
      const { literal } = ast
      return typeof literal === "bigint" ? nothing : (value) => value === literal
    }
    case "Enum": {
      const values = new Set<unknown>(ast.enums.map(([, value]) => value))
      return (value) => values.has(value)
    }
    case "TemplateLiteral": {
      const is = SchemaParser.is(Schema.make(ast))
      return (value, room) => typeof value === "string" && room.take(value.length) && is(value)
    }
    case "Declaration": {
      const is = SchemaParser.is(Schema.make(ast))
      return (value) => is(value) && isTime(value) && saysTime(value)
    }
    case "Suspend": {
      if (levels <= 0) return nothing
      let judge: Judge | undefined
      return (value, room) => {
        judge ??= compile(ast.thunk(), levels)
        return judge(value, room)
      }
    }
    case "Unknown":
      return (value, room) => isJson(value, levels, room)
    case "Union":
      return compileUnion(ast, levels)
    case "Arrays":
      return compileArray(ast, levels)
    case "Objects":
      return compileObject(ast, levels)
    default:
      return nothing
  }
}

const compileUnion = (ast: SchemaAST.Union, levels: number): Judge => {
  // Which of them encodes a value is not known where several take it, and one of those transforms it.
  if (transforms(ast)) return nothing
  // What one member does not accept may still be right, and so be one too many.
  if (isOneOf(ast)) return nothing
  const literals = literalsOf(ast)
  if (literals !== undefined) return (value) => literals.has(value)
  const members = ast.types.flatMap(membersOf).map((member) => compile(member, levels))
  return (value, room) => {
    for (const judge of members) {
      if (judge(value, room)) return true
    }
    return false
  }
}

/** Whether something in it is encoded to something else, as the Schema says itself. */
const transforms = (ast: SchemaAST.AST, seen = new Set<SchemaAST.AST>()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  return ast.encoding !== undefined || innerOf(ast).some((inner) => transforms(inner, seen))
}

const innerOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  switch (ast._tag) {
    case "Suspend":
      return [ast.thunk()]
    case "Union":
      return ast.types
    case "Arrays":
      return [...ast.elements, ...ast.rest]
    case "Objects":
      return [...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type)
    default:
      return []
  }
}

/** Where it is one of some literals. */
const literalsOf = (ast: SchemaAST.Union): ReadonlySet<unknown> | undefined => {
  const literals = ast.types.flatMap((type) =>
    type._tag === "Literal" && type.encoding === undefined && typeof type.literal !== "bigint" ? [type] : []
  )
  return literals.length === ast.types.length ? new Set(literals.map(({ literal }) => literal)) : undefined
}

const isOneOf = ({ options }: SchemaAST.Union): boolean => options?.mode === "oneOf"

const membersOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  ast._tag === "Union" && ast.checks === undefined && !isOneOf(ast) ? ast.types.flatMap(membersOf) : [ast]

const compileArray = ({ elements, rest: [item, ...more] }: SchemaAST.Arrays, levels: number): Judge => {
  if (item === undefined || more.length > 0 || elements.length > 0) return nothing
  const judge = compile(item, levels - 1)
  return (value, room) => Array.isArray(value) && isEvery(value, room, judge)
}

const isAnyText = (ast: SchemaAST.AST): boolean => ast._tag === "String" && ast.checks === undefined

const compileObject = (
  { propertySignatures, indexSignatures: [index, ...more] }: SchemaAST.Objects,
  levels: number
): Judge => {
  if (more.length > 0 || (index !== undefined && !isAnyText(index.parameter))) return nothing
  const fields = new Map(
    propertySignatures.map(({ name, type }) => {
      const field = { judge: compile(type, levels - 1), isRequired: type.context?.isOptional !== true }
      return [name, field] as const
    })
  )
  const required = propertySignatures.filter(({ type }) => type.context?.isOptional !== true).length
  const other = index === undefined ? nothing : compile(index.type, levels - 1)
  return (value, room) => {
    if (!isPlainObject(value)) return false
    if (value === room.known) return true
    if (hasToJson(value)) return false
    let found = 0
    for (const key of Object.keys(value)) {
      const field = fields.get(key)
      if (field === undefined) {
        // The names of the fields are few.
        if (!room.take(key.length + 1) || !other(value[key], room)) return false
      } else {
        if (!field.judge(value[key], room)) return false
        if (field.isRequired) found++
      }
    }
    return found === required && Object.getOwnPropertySymbols(value).length === 0
  }
}

const filtersOf = (checks: SchemaAST.Checks | undefined): ReadonlyArray<SchemaAST.Filter<unknown>> =>
  checks?.flatMap((check) => (check._tag === "Filter" ? [check] : filtersOf(check.checks))) ?? []

const options = {}

const passes = (filters: ReadonlyArray<SchemaAST.Filter<unknown>>, value: unknown, ast: SchemaAST.AST): boolean => {
  for (const filter of filters) {
    if (filter.run(value, ast, options) !== undefined) return false
  }
  return true
}

/** What is deeper, or contains itself, is not accepted. */
const isJson = (value: unknown, levels: number, room: Room): boolean => {
  switch (typeof value) {
    case "string":
      return room.take(value.length)
    case "boolean":
    case "undefined":
      return true
    case "number":
      return Number.isFinite(value)
    case "object":
      return value === null || (levels > 0 && isJsonObject(value, levels - 1, room))
    default:
      return false
  }
}

const isJsonObject = (value: object, levels: number, room: Room): boolean => {
  if (Array.isArray(value)) return isEvery(value, room, (member) => isJson(member, levels, room))
  if (!isPlainObject(value)) return isDate(value) && saysTime(value)
  if (hasToJson(value)) return false
  for (const key of Object.keys(value)) {
    if (!room.take(key.length + 1) || !isJson(value[key], levels, room)) return false
  }
  return true
}

/** Whether it says in JSON what times say, and can: an invalid Date is of no year. */
const saysTime = (time: Date | DateTime.DateTime): boolean => saysIso(time) && hasPlainYear(time)

/** Also of the holes in an array, which `Array.prototype.every` passes over: JSON has no undefined there. */
const isEvery = (values: ReadonlyArray<unknown>, room: Room, judge: Judge): boolean => {
  if (hasToJson(values)) return false
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value === undefined || !room.take(1) || !judge(value, room)) return false
  }
  return true
}
