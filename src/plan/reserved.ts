import * as SchemaAST from "effect/SchemaAST"
import { Properties } from "../message/Properties.ts"
import { GroupTraits, Traits } from "../message/Traits.ts"
import { makeCodec, type Plain } from "./codec.ts"
import type { Fields } from "./definition.ts"
import type { PlannedType } from "./model.ts"

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
  const taken = kindsOf(SchemaAST.toEncoded(makeCodec(reserved).ast))
  const given = kindsOf(SchemaAST.toEncoded(makeCodec(schema).ast))
  taken.delete("null")
  return taken.has("any") || given.has("any") || [...taken].some((kind) => given.has(kind))
    ? undefined
    : `Customer.io reserves the name, for ${[...taken].join(" or ")}`
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
    default:
      return kinds.add("any")
  }
}
