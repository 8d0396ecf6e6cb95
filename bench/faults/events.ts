import type { TrackedEvent } from "../contenders/Contender.ts"

/** Events whose properties hold a text of the given length. */
export const events = (count: number, textLength = 20): ReadonlyArray<TrackedEvent> =>
  Array.from({ length: count }, (_, n) => ({
    userId: `user-${n % 1000}`,
    event: "added_to_cart",
    properties: { n, text: "x".repeat(textLength) }
  }))
