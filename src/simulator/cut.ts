import { cut as cutOff } from "../message/printable.ts"

/** What nobody gives longer: names and ids, and other texts of a request. */
export const maxNameLength = 100
export const maxTextLength = 1000

/** Text of at most so many characters, in a string of its own: a part of a string would keep the whole of it. */
export const cut = (text: string, length: number): string =>
  text.length > length ? decoder.decode(encoder.encode(cutOff(text, length))) : text

const encoder = new TextEncoder()
const decoder = new TextDecoder()
