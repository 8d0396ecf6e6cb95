import { Schema, type SchemaAST, SchemaParser } from "effect"
import { isPlainObject } from "./plainObject.ts"

/** A quick yes: the value fits the Schema, and JSON says it as it is. What it does not accept may still be right. */
export type Accepts = (value: unknown) => boolean

/**
 * Reads a Schema once into functions that look at a value once, and build neither a copy nor an issue. Excess keys are
 * not accepted. A Schema it does not know accepts nothing.
 */
export const makeAccepts = (schema: Schema.Constraint): Accepts => compile(Schema.toType(schema).ast)

const compile = (ast: SchemaAST.AST): Accepts => {
  const accepts = compileNode(ast)
  const { checks } = ast
  return checks === undefined ? accepts : (value) => accepts(value) && passes(checks, value, ast)
}

const compileNode = (ast: SchemaAST.AST): Accepts => {
  switch (ast._tag) {
    case "Undefined":
      return (value) => value === undefined
    case "Null":
      return (value) => value === null
    case "String":
      return (value) => typeof value === "string"
    case "Number":
      return Number.isFinite
    case "Boolean":
      return (value) => typeof value === "boolean"
    case "Literal": {
      const { literal } = ast
      return (value) => value === literal
    }
    case "Declaration": {
      const is = SchemaParser.is(Schema.make(ast))
      return (value) => is(value) && !(value instanceof Date && !saysIso(value))
    }
    case "Unknown":
      return (value) => isJson(value, 0)
    case "Union":
      return compileUnion(ast)
    case "Arrays":
      return compileArray(ast)
    case "Objects":
      return compileObject(ast)
    default:
      return () => false
  }
}

const compileUnion = (ast: SchemaAST.Union): Accepts => {
  const members = membersOf(ast).map(compile)
  return (value) => {
    for (const accepts of members) {
      if (accepts(value)) return true
    }
    return false
  }
}

const membersOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  ast._tag === "Union" && ast.checks === undefined ? ast.types.flatMap(membersOf) : [ast]

const compileArray = ({ elements, rest: [item, ...more] }: SchemaAST.Arrays): Accepts => {
  if (item === undefined || more.length > 0 || elements.length > 0) return () => false
  const accepts = compile(item)
  return (value) => Array.isArray(value) && isEvery(value, accepts)
}

const compileObject = ({ propertySignatures, indexSignatures: [index, ...more] }: SchemaAST.Objects): Accepts => {
  if (more.length > 0 || (index !== undefined && index.parameter._tag !== "String")) return () => false
  const fields = new Map(propertySignatures.map(({ name, type }) => [name, compile(type)]))
  const required = propertySignatures.flatMap(({ name, type }) => (type.context?.isOptional ? [] : [name]))
  const other = index === undefined ? () => false : compile(index.type)
  return (value) => {
    if (!isPlainObject(value) || "toJSON" in value || Object.getOwnPropertySymbols(value).length > 0) return false
    for (const key of Object.keys(value)) {
      const accepts = fields.get(key) ?? other
      if (!accepts(value[key])) return false
    }
    return required.every((name) => Object.hasOwn(value, name))
  }
}

const passes = (checks: SchemaAST.Checks, value: unknown, ast: SchemaAST.AST): boolean =>
  checks.every((check) =>
    check._tag === "Filter" ? check.run(value, ast, {}) === undefined : passes(check.checks, value, ast)
  )

/** Deeper values, and those that contain themselves, are left to whoever has more time. */
const maxDepth = 32

const isJson = (value: unknown, depth: number): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true
    case "number":
      return Number.isFinite(value)
    case "object":
      return value === null || (depth < maxDepth && isJsonObject(value, depth + 1))
    default:
      return false
  }
}

const isJsonObject = (value: object, depth: number): boolean => {
  if (Array.isArray(value)) return isEvery(value, (member) => isJson(member, depth))
  if (value instanceof Date) return !Number.isNaN(value.getTime()) && saysIso(value)
  if (!isPlainObject(value) || "toJSON" in value) return false
  for (const key of Object.keys(value)) {
    if (!isJson(value[key], depth)) return false
  }
  return true
}

/** Whether it says what dates say in JSON. */
const saysIso = (date: Date): boolean => date.toJSON === Date.prototype.toJSON

/** Also of the holes in an array, which `Array.prototype.every` passes over: JSON has no undefined there. */
const isEvery = (values: ReadonlyArray<unknown>, accepts: Accepts): boolean => {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value === undefined || !accepts(value)) return false
  }
  return true
}
