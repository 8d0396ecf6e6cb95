// What the page says of an event, and what it gives to copy.

export const types = ["identify", "track", "page", "screen", "group", "alias"]

/** Text, whatever the message has in its place. */
const text = (value) =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value)

export const typeOf = ({ message }) => text(message.type) || "?"

export const personOf = ({ message }) => text(message.userId || message.anonymousId || message.traits?.email)

export const nameOf = ({ message }) => {
  switch (message.type) {
    case "identify":
      return text(message.traits?.email || message.traits?.name)
    case "group":
      return text(message.traits?.name || message.groupId)
    case "alias":
      return `${text(message.previousId)} → ${text(message.userId)}`
    default:
      return text(message.event || message.name)
  }
}

/** Why an event was refused, or had no effect. */
export const whyOf = ({ refusal, note }) =>
  refusal === undefined ? (note ?? "") : refusal.path ? `${refusal.path}: ${refusal.reason}` : refusal.reason

const stamps = ["receivedAt", "originalTimestamp"]

/** The message as it was sent, but for the time, which the server may have given it. */
const withoutStamps = (message) => Object.fromEntries(Object.entries(message).filter(([key]) => !stamps.includes(key)))

export const asCurl = (event, url) => {
  const body = JSON.stringify({ batch: [withoutStamps(event.message)] }).replaceAll("'", "'\\''")
  return `curl ${url}/v1/batch -u dev: -H 'Content-Type: application/json' -H 'X-Strict-Mode: 1' -d '${body}'`
}

/** As a call of this library; nothing for a message that has no such call. */
export const asTypeScript = ({ message }) => {
  const { type, timestamp, context, ...fields } = withoutStamps(message)
  // A type that is none of these would be code of whoever sent it.
  if (!types.includes(type)) return undefined
  const { library, ...ownContext } = context ?? {}
  const input = { ...fields, ...(Object.keys(ownContext).length > 0 && { context: ownContext }) }
  const source = JSON.stringify(input, null, 2)
    .replaceAll(/^(\s*)"__proto__":/gm, '$1["__proto__"]:')
    .replaceAll(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, "$1$2:")
  return `yield* Analytics.${type}(${source})`
}
