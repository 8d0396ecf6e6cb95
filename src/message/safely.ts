/** A question to a value that may throw where it is looked at: then the answer is no. */
export const safely =
  <A>(is: (value: unknown) => value is A) =>
  (value: unknown): value is A => {
    try {
      return is(value)
    } catch {
      return false
    }
  }
