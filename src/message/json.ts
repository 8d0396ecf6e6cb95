export interface JsonIssue {
  /** From the value inwards. */
  readonly path: ReadonlyArray<PropertyKey>
  readonly reason: string
}

/**
 * The first place in `value` that `JSON.stringify` would throw at or change in silence (`NaN` to `null`, a `Map` to `{}`,
 * a function to nothing), or `undefined`. What a `toJSON` of the value's own returns is not looked at.
 */
export const findJsonIssue = (value: unknown): JsonIssue | undefined => find(value, [])

/** Whether the value says itself what it is in JSON. */
export const hasToJson = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"

const find = (value: unknown, ancestors: Array<object>): JsonIssue | undefined => {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return undefined
    case "number":
      return Number.isFinite(value) ? undefined : issue(`${value} is not a JSON number`)
    case "object":
      return value === null ? undefined : findInObject(value, ancestors)
    default:
      return issue(`JSON has no ${typeof value}`)
  }
}

const findInObject = (value: object, ancestors: Array<object>): JsonIssue | undefined => {
  if (ancestors.includes(value)) return issue("the value contains itself")
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? issue("the Date is invalid") : undefined
  if (hasToJson(value)) return undefined
  ancestors.push(value)
  const found = Array.isArray(value) ? findInArray(value, ancestors) : findInRecord(value, ancestors)
  ancestors.pop()
  return found
}

const findInArray = (values: ReadonlyArray<unknown>, ancestors: Array<object>): JsonIssue | undefined => {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    const found = value === undefined ? issue("JSON has no undefined in an array") : find(value, ancestors)
    if (found !== undefined) return within(index, found)
  }
  return undefined
}

const findInRecord = (record: object, ancestors: Array<object>): JsonIssue | undefined => {
  const kind = Object.prototype.toString.call(record)
  if (kind !== "[object Object]") return issue(`JSON has no ${kind.slice(8, -1)}`)
  for (const [key, value] of Object.entries(record)) {
    const found = find(value, ancestors)
    if (found !== undefined) return within(key, found)
  }
  return undefined
}

const issue = (reason: string): JsonIssue => ({ path: [], reason })

const within = (key: PropertyKey, inner: JsonIssue): JsonIssue => ({ ...inner, path: [key, ...inner.path] })
