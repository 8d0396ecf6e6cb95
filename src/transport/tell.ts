import { isKnownWord } from "./vocabulary.ts"

/** How much of what others say is looked at. */
const maxLength = 500

/** White space, punctuation, or what stands between: a word, with the thousands of a limit, or this machine's address. */
const tokens = /\s+|[.,:;()[\]"']+|127\.0\.0\.1(?!\d)|[^\s.,:;()[\]"']+(?:,(?:000|768)(?!\d))?/g

/** More of them in a row are no punctuation. */
const maxMarks = 3

const isSeparator = (token: string): boolean => /^[\s.,:;()[\]"']/.test(token)

const isShortNumber = (token: string): boolean => /^\d{1,3}$/.test(token)

type Kind = "word" | "number" | "gap"

/**
 * What may be told of the words of others: those of the vocabulary and, at the beginning and after one of these, a number of
 * up to three digits. A run of anything else is `…`. Nothing is compared with what was sent, so no form of that passes. Of
 * what is the client's own the endpoint's `port` is told, behind a colon.
 */
export const tell = (text: string, port?: string): string => {
  let told = ""
  let between = ""
  let last: Kind | undefined
  // A word that is cut short is none.
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  for (const token of shown.match(tokens) ?? []) {
    if (isSeparator(token)) {
      between += token.trim() === "" ? " " : token.slice(0, maxMarks)
      continue
    }
    const kind = between === ":" && token === port ? "number" : kindOf(token, last)
    // In a run of what is not told, what separates it is not either.
    if (kind !== "gap" || last !== "gap") told += between + (kind === "gap" ? "…" : token)
    between = ""
    last = kind
  }
  return `${told}${between}`.trim()
}

const kindOf = (token: string, last: Kind | undefined): Kind => {
  if (isKnownWord(token)) return "word"
  return isShortNumber(token) && (last === "word" || last === undefined) ? "number" : "gap"
}
