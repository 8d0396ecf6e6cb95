import * as SchemaIssue from "effect/SchemaIssue"
import { cut, printableName } from "./printable.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** A place may be a hundred long names deep. */
const maxPathLength = 500

/** A path as it would be written in code: `properties.products[0].price`, printable and cut to 500 characters. */
export const formatPath = (path: ReadonlyArray<PropertyKey>): string => {
  const text = path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    const name = printableName(String(key))
    return text === "" ? name : `${text}.${name}`
  }, "")
  return cut(text, maxPathLength)
}

/** The first place where a value does not fit its Schema, and what was expected there; never the value itself. */
export const describeIssue = (issue: SchemaIssue.Issue): { readonly path: string; readonly reason: string } => {
  const places = format(issue).issues.map(({ message, path = [] }) => ({
    path: formatPath(path.map((segment) => (typeof segment === "object" ? segment.key : segment))),
    message
  }))
  const path = places[0]?.path ?? ""
  const reasons = places.filter((place) => place.path === path).map((place) => place.message)
  return { path, reason: [...new Set(reasons)].join(" or ").replaceAll(" or Expected ", " or ") }
}
