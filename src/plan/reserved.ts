import * as SchemaAST from "effect/SchemaAST"
import { formatPath } from "../message/issue.ts"
import { own } from "../message/own.ts"
import { Properties } from "../message/Properties.ts"
import { GroupTraits, Traits } from "../message/Traits.ts"
import type { Fields } from "./definition.ts"
import type { PlannedType } from "./model.ts"
import { idOf, isInTable, isOption, membersOf, type Plain } from "./nature.ts"

/** What Customer.io reserves, and of which types. */
export const reservedFields = {
  track: Properties.schema.fields,
  page: Properties.schema.fields,
  screen: Properties.schema.fields,
  identify: Traits.schema.fields,
  group: GroupTraits.schema.fields
} satisfies Record<PlannedType, Fields>

/** What is reserved under a name, if anything is. */
const reservedField = (type: PlannedType, name: string): Plain | undefined => {
  const fields: Fields = reservedFields[type]
  return own(fields, name)
}

/** Why a field of a reserved name can never be sent, if it cannot: every call of its would be refused. */
export const reservedProblemOf = (type: PlannedType, name: string, schema: Plain): string | undefined => {
  const reserved = reservedField(type, name)
  if (reserved === undefined) return undefined
  const problem = problemOf(SchemaAST.toEncoded(reserved.ast), SchemaAST.toEncoded(schema.ast), [])
  if (problem === undefined) return undefined
  const at = problem.path.length === 0 ? "the name" : `${formatPath(problem.path)} in it`
  return `Customer.io reserves ${at}, for ${problem.taken}`
}

/** Where they have no kind of value in common, and what is taken there. */
const problemOf = (
  reserved: SchemaAST.AST,
  given: SchemaAST.AST,
  path: ReadonlyArray<string>
): { readonly path: ReadonlyArray<string>; readonly taken: string } | undefined => {
  const takes = kindsOf(reserved)
  takes.delete("null")
  const kinds = kindsOf(given)
  if (takes.has("any") || kinds.has("any")) return undefined
  if (![...takes].some((kind) => kinds.has(kind))) return { path, taken: [...takes].join(" or ") }
  const [ours, ...choices] = partsOf(given)
  const [listed, ...others] = partsOf(reserved).filter(({ _tag }) => _tag === ours?._tag)
  if (ours === undefined || listed === undefined || choices.length > 0 || others.length > 0) return undefined
  const members = new Map(membersOf(ours))
  for (const [key, member] of membersOf(listed)) {
    const mine = key === undefined ? undefined : members.get(key)
    const problem = key === undefined || mine === undefined ? undefined : problemOf(member, mine, [...path, key])
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What it may be, beside nothing. */
const partsOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  SchemaAST.isUnion(ast) ? ast.types.flatMap(partsOf) : SchemaAST.isNull(ast) || SchemaAST.isUndefined(ast) ? [] : [ast]

/** Whether what a field takes every call takes as well, whatever the field is named. */
export const isAlwaysTaken = (type: PlannedType, name: string, schema: Plain): boolean => {
  const reserved = reservedField(type, name)
  if (reserved === undefined) return true
  const taken = plainKindOf(SchemaAST.toEncoded(reserved.ast))
  return [...kindsOf(SchemaAST.toEncoded(schema.ast))].every((kind) => kind === "null" || kind === taken)
}

/** Of what may be any text, or any number. */
const plainKindOf = (ast: SchemaAST.AST): Kind | undefined => {
  const [only, ...others] = partsOf(ast)
  if (only === undefined || others.length > 0) return undefined
  return SchemaAST.isNumber(only)
    ? "number"
    : SchemaAST.isString(only) && only.checks === undefined
      ? "text"
      : undefined
}

type Kind = "text" | "number" | "boolean" | "null" | "object" | "array" | "any"

/** What JSON may have for what is encoded. */
const kindsOf = (ast: SchemaAST.AST, kinds = new Set<Kind>()): Set<Kind> => {
  switch (ast._tag) {
    case "Union":
      for (const type of ast.types) kindsOf(type, kinds)
      return kinds
    case "Literal":
      return kinds.add(
        typeof ast.literal === "string" ? "text" : typeof ast.literal === "number" ? "number" : "boolean"
      )
    case "String":
    case "TemplateLiteral":
      return kinds.add("text")
    case "Number":
      return kinds.add("number")
    case "Boolean":
      return kinds.add("boolean")
    case "Undefined":
      return kinds
    case "Null":
      return kinds.add("null")
    case "Objects":
      return kinds.add("object")
    case "Arrays":
      return kinds.add("array")
    case "Declaration":
      if (isOption(ast)) for (const value of ast.typeParameters) kindsOf(value, kinds)
      else kinds.add(kindInTable(ast))
      return kinds
    default:
      return kinds.add("any")
  }
}

/** Of what the table of every message has, all but durations are text. */
const kindInTable = (ast: SchemaAST.AST): Kind => {
  const id = idOf(ast)
  return id === "effect/schema/Duration" ? "number" : isInTable(id) ? "text" : "any"
}
