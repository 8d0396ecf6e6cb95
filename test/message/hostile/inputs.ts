import { pick, type Random } from "../../support/random.ts"
import { hostile } from "./values.ts"

export const calls = ["identify", "track", "page", "screen", "group", "alias", "enqueue"] as const
export type Call = (typeof calls)[number]

const valid: { readonly [Name in Call]: Record<string, unknown> } = {
  identify: { userId: "u", traits: { email: "e@example.com" } },
  track: { userId: "u", event: "e", properties: { price: 1 } },
  page: { userId: "u", name: "n", category: "c", properties: {} },
  screen: { anonymousId: "a", name: "n", category: "c" },
  group: { userId: "u", groupId: "g", traits: { name: "n" } },
  alias: { userId: "u", previousId: "p" },
  enqueue: { type: "track", userId: "u", event: "e" }
}

const keys = [
  "type",
  "userId",
  "anonymousId",
  "event",
  "messageId",
  "timestamp",
  "context",
  "integrations",
  "properties",
  "traits",
  "name",
  "category",
  "groupId",
  "previousId",
  "toJSON",
  "__proto__",
  "constructor",
  "unknown"
]

const containers = ["properties", "traits", "context", "integrations"]

/** Hostile as a whole, under a key of the message, or deep inside one of its parts. */
export const hostileInput = (random: Random, call: Call, trail: Array<string>): unknown => {
  const chance = random()
  if (chance < 0.15) return hostile(random, trail)
  const input: Record<string, unknown> = { ...valid[call] }
  const put = (key: string, value: unknown) => {
    trail.push(`at ${key}`)
    // An own key, also where it is called `__proto__`.
    Object.defineProperty(input, key, { value, enumerable: true, configurable: true, writable: true })
  }
  if (chance < 0.5) put(pick(random, keys), hostile(random, trail))
  else
    put(pick(random, containers), { [pick(random, ["custom", "email", "url", "All", "app"])]: hostile(random, trail) })
  if (chance > 0.95) Object.setPrototypeOf(input, pick(random, [null, { toJSON: () => 1 }, { userId: 10n }]))
  return input
}
