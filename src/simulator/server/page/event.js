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

const said = ({ path, reason }) => (path ? `${path}: ${reason}` : reason)

/** Why an event was refused, is not as the plan has it, or had no effect, or what it did, where it is one that is read specially. */
export const whyOf = ({ refusal, note, effect, plan }) => {
  if (refusal !== undefined) return said(refusal)
  return plan?.verdict === "violating" ? said(plan) : (note ?? effect ?? "")
}

/** How far the time of an event may be from its arrival and not be worth a word: queues wait, and clocks are not the same. */
const unremarkable = 60_000

/** When it happened, as its message says; not a number where it says nothing that is a time. */
export const timeSaid = ({ message: { originalTimestamp: said } }) =>
  typeof said === "string" && /^\d{4}-\d\d-\d\d/.test(said) ? Date.parse(said) : Number.NaN

/** The same, where that is another time than when it came. */
export const ownTimeOf = (event) => {
  const time = timeSaid(event)
  return Math.abs(time - event.receivedAt) > unremarkable ? time : undefined
}

const stamps = ["receivedAt", "originalTimestamp"]

/** The message as it was sent, with the context of its batch: the server's stamps are none of it. */
export const asSent = ({ message }) =>
  Object.fromEntries(
    Object.entries({ ...message, timestamp: message.originalTimestamp }).filter(
      ([key, value]) => !stamps.includes(key) && !(key === "timestamp" && value === null)
    )
  )

const escaped = (text) =>
  text
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("")

/** JSON in lines, with what does not show, or changes how what is around it shows, written out. */
const printed = (value) =>
  JSON.stringify(value, null, 2).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped)

export const asJson = (event) => printed(asSent(event))

/**
 * JSON in which nothing but letters, digits and a few marks stands for itself: no shell finds a quote in it that ends the
 * argument, nor white space where a quote is none, as in `cmd`.
 */
const quotable = (value) =>
  JSON.stringify(value).replaceAll(/\\["\\]|[^\p{L}\p{M}\p{N}\\"{}[\]:,._/@+=~-]/gu, (text) =>
    escaped(text.startsWith("\\") ? text.slice(1) : text)
  )

export const asCurl = (event, url) => {
  const body = quotable({ batch: [asSent(event)] })
  return `curl ${url}/v1/batch -u dev: -H 'Content-Type: application/json' -H 'X-Strict-Mode: 1' -d '${body}'`
}

/** As a call of this library; nothing for a message that has no such call. */
export const asTypeScript = (event) => {
  const { type, timestamp, context, ...fields } = asSent(event)
  // A type that is none of these would be code of whoever sent it.
  if (!types.includes(type)) return undefined
  const { library, ...ownContext } = context ?? {}
  const input = { ...fields, ...(Object.keys(ownContext).length > 0 && { context: ownContext }) }
  const source = printed(input)
    .replaceAll(/^(\s*)"__proto__":/gm, '$1["__proto__"]:')
    .replaceAll(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, "$1$2:")
  return `yield* Analytics.${type}(${source})`
}
