import { own } from "./own.ts"

/**
 * Whose message it is, for the order of messages: by `userId`, else `anonymousId`, else `previousId`, else `groupId`, else the
 * address of an `identify` that has no id. An empty id is none.
 */
export const personOf = (message: Readonly<Record<string, unknown>>): string => {
  for (const name of idNames) {
    const id = own(message, name)
    if (typeof id === "string" && id !== "") return id
  }
  const traits = own(message, "traits")
  if (typeof traits !== "object" || traits === null || !Object.hasOwn(traits, "email")) return ""
  return "email" in traits && typeof traits.email === "string" ? traits.email : ""
}

const idNames = ["userId", "anonymousId", "previousId", "groupId"] as const
