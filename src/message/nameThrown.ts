/** The name of what was thrown, which may be as hostile as what threw it. Its words may hold data. */
export const nameThrown = (error: unknown): string => {
  try {
    return (
      ["Error", "RangeError", "TypeError"].find((name) => error instanceof Error && error.name === name) ?? "something"
    )
  } catch {
    return "something"
  }
}
