import type { TrackedEvent } from "../contenders/Contender.ts"

/** Events as a shop sends them, each of the given size as JSON, made one at a time as they would be, numbered from `from`. */
export function* makeEvents(count: number, bytes: number, from = 0): Generator<TrackedEvent> {
  const filler = "x".repeat(Math.max(0, bytes - JSON.stringify(makeEvent(10_000, "")).length))
  for (let n = from; n < from + count; n++) yield makeEvent(n, filler)
}

const makeEvent = (n: number, description: string): TrackedEvent => ({
  userId: `user-${n % 1000}`,
  event: "added_to_cart",
  properties: { n, product_id: `p-${n % 500}`, price: 39.95, quantity: 1, currency: "USD", description }
})
