/**
 * A message's id as the database can keep it: any text may be one, and Postgres takes no NUL. Those that are usual stay as they
 * are.
 */
export const writeId = (messageId: string): string => JSON.stringify(messageId).slice(1, -1)

export const readId = (kept: string): string => (kept.includes("\\") ? String(JSON.parse(`"${kept}"`)) : kept)
