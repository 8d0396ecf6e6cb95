/** Text of others in Markdown (GitHub's, CommonMark with tables): it shows as it is, and does nothing. */
import { cut, printable } from "../message/printable.ts"

/** Nobody reads longer names. */
const maxNameLength = 100

/** What Markdown or HTML would take for a sign, wherever it stands. */
const signs = /[\\`*_[\]<>|~&$#]|:(?=[\w+-]+:)/g

/** At the beginning of a line, this would begin a list or a heading. */
const beginning = /^(?:[-+=]|\d+(?=[.)]))/

/** On one line. */
export const inline = (text: string): string =>
  printable(text.replaceAll(/\s+/g, " ").trim())
    .replaceAll(signs, "\\$&")
    .replace(beginning, (sign) => (sign.length === 1 && !/\d/.test(sign) ? `\\${sign}` : `${sign}\\`))

export const inlineName = (name: string): string => (name === "" ? '\\"\\"' : inline(cut(name, maxNameLength)))

/** As code: what backticks cannot hold, nor tables, is in HTML. */
export const code = (text: string): string => {
  const shown = printable(text)
  if (/^[^`|\\\s](?:[^`|\\]*[^`|\\\s])?$/.test(shown)) return `\`${shown}\``
  return `<code>${shown.replaceAll(/[&<>`|\\*_[\]~"$\s]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</code>`
}

export const codeName = (name: string): string => code(name === "" ? '""' : cut(name, maxNameLength))

/** A block of JSON that no text in it can end. */
export const jsonBlock = (json: unknown): string => {
  const lines = JSON.stringify(json, null, 2).split("\n").map(printable)
  const text = lines.join("\n")
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = "`".repeat(longest + 1)
  return `${fence}json\n${text}\n${fence}`
}
