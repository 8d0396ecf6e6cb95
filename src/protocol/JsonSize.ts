/** How much JSON a value is. */
export interface JsonSize {
  /** UTF-8 bytes of its JSON. */
  readonly bytes: number
  /** Values in it, itself counted: in memory each takes more than its JSON may have. */
  readonly values: number
}

/** Of what `JSON.parse` made, however deep: as it never calls itself, it does not run out of stack. */
export const sizeOf = (json: unknown): JsonSize => {
  const left = [json]
  let bytes = 0
  let values = 0
  while (left.length > 0) {
    const value = left.pop()
    values++
    if (typeof value !== "object" || value === null) {
      bytes += scalarBytes(value)
      continue
    }
    const inner: ReadonlyArray<unknown> = Object.values(value)
    // Its brackets and commas; a record has keys and colons besides.
    bytes += 2 + Math.max(0, inner.length - 1)
    if (!Array.isArray(value)) for (const key of Object.keys(value)) bytes += scalarBytes(key) + 1
    for (const item of inner) left.push(item)
  }
  return { bytes, values }
}

const encoder = new TextEncoder()

/** Most text is itself in JSON, a byte for each character. */
const isPlain = (text: string): boolean => !/[^ !#-[\]-~]/.test(text)

const scalarBytes = (value: unknown): number => {
  if (typeof value === "string") return isPlain(value) ? value.length + 2 : encoder.encode(JSON.stringify(value)).length
  // An infinite number, which JSON can say, is `null` where it is said again.
  return String(typeof value === "number" && !Number.isFinite(value) ? null : value).length
}
