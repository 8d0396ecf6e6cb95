/** The name of what was thrown, which may be as hostile as what threw it. Its words may hold data. */
export const nameThrown = (error: unknown): string => {
  try {
    return (
      ["Error", "RangeError", "ReferenceError", "TypeError"].find((name) => isError(error) && error.name === name) ??
      "something"
    )
  } catch {
    return "something"
  }
}

/** Of whatever realm. */
const isError = (value: unknown): value is Error =>
  value instanceof Error || Object.prototype.toString.call(value) === "[object Error]"
