/** What does not show, or changes how what is around it shows: C0, C1, bidi and zero-width characters, line breaks, halves. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

/**
 * Text of others on one line, for a log or a terminal: characters that do not show are written `\u001b`, so that text which
 * is JSON already stays the same JSON.
 */
export const printable = (text: string): string =>
  text.replaceAll(hidden, (character) => character.split("").map(escapeUnit).join(""))

/** The beginning of a text that is too long, and a sign that it goes on; no half of a character. */
export const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : text

/** Nobody gives longer names, and what is no name is not to fill a log. */
const maxNameLength = 100

/** A name that others chose, printable, and cut to 100 characters. */
export const printableName = (name: string): string => {
  // Before the rest, however long it is.
  const text = printable(cut(name, maxNameLength))
  return cut(text, maxNameLength)
}
