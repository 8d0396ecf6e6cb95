import * as SchemaAST from "effect/SchemaAST"
import { Properties } from "../message/Properties.ts"
import { GroupTraits, Traits } from "../message/Traits.ts"
import type { Fields } from "./definition.ts"
import type { PlannedType } from "./model.ts"
import { idOf, isInTable, isOption, type Plain } from "./nature.ts"

/** What Customer.io reserves, and of which types. */
export const reservedFields = {
  track: Properties.schema.fields,
  page: Properties.schema.fields,
  screen: Properties.schema.fields,
  identify: Traits.schema.fields,
  group: GroupTraits.schema.fields
} satisfies Record<PlannedType, Fields>

/** Why a field of a reserved name can never be sent, if it cannot: every call of its would be refused. */
export const reservedProblemOf = (type: PlannedType, name: string, schema: Plain): string | undefined => {
  const fields: Fields = reservedFields[type]
  const reserved = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (reserved === undefined) return undefined
  const taken = kindsOf(SchemaAST.toEncoded(reserved.ast))
  const given = kindsOf(SchemaAST.toEncoded(schema.ast))
  taken.delete("null")
  return taken.has("any") || given.has("any") || [...taken].some((kind) => given.has(kind))
    ? undefined
    : `Customer.io reserves the name, for ${[...taken].join(" or ")}`
}

/** Whether what a field takes every call takes as well, whatever the field is named. */
export const isAlwaysTaken = (type: PlannedType, name: string, schema: Plain): boolean => {
  const fields: Fields = reservedFields[type]
  const reserved = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (reserved === undefined) return true
  const taken = plainKindOf(SchemaAST.toEncoded(reserved.ast))
  return [...kindsOf(SchemaAST.toEncoded(schema.ast))].every((kind) => kind === "null" || kind === taken)
}

/** Of what may be any text, or any number. */
const plainKindOf = (ast: SchemaAST.AST): Kind | undefined => {
  const present = SchemaAST.isUnion(ast)
    ? ast.types.filter((type) => !SchemaAST.isNull(type) && !SchemaAST.isUndefined(type))
    : [ast]
  const [only, ...others] = present
  if (only === undefined || others.length > 0) return undefined
  if (SchemaAST.isUnion(only)) return plainKindOf(only)
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
