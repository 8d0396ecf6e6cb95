import { SchemaIssue } from "effect"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** A path as it would be written in code: `properties.products[0].price`. */
export const formatPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    return text === "" ? String(key) : `${text}.${String(key)}`
  }, "")

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
