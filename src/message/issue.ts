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

/** A place where a value does not fit its Schema, and what was expected there; never the value itself. */
export interface IssuePlace {
  readonly path: string
  readonly reason: string
}

/** All places that an issue has, each once. */
export const describeIssues = (issue: SchemaIssue.Issue): ReadonlyArray<IssuePlace> => {
  const reasons = new Map<string, Set<string>>()
  for (const { message, path = [] } of format(issue).issues) {
    const place = formatPath(path.map((segment) => (typeof segment === "object" ? segment.key : segment)))
    reasons.set(place, (reasons.get(place) ?? new Set()).add(message))
  }
  return Array.from(reasons, ([path, told]) => ({
    path,
    reason: [...told].join(" or ").replaceAll(" or Expected ", " or ")
  }))
}

/** The first of them. */
export const describeIssue = (issue: SchemaIssue.Issue): IssuePlace =>
  describeIssues(issue)[0] ?? { path: "", reason: "" }
