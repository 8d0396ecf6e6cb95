/** Where a message is open to names of the caller's own. */
export const records: ReadonlySet<PropertyKey> = new Set(["context", "integrations", "properties", "traits"])
