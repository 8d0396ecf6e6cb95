import * as Redacted from "effect/Redacted"
import { printable } from "../message/printable.ts"

/** A key as it is sent: what a file or a secret store has around it is none of it. */
export const trimKey = (key: Redacted.Redacted<string>): Redacted.Redacted<string> => {
  const text = Redacted.value(key)
  const trimmed = text.trim()
  return trimmed === text ? key : Redacted.make(trimmed, key.label === undefined ? {} : { label: key.label })
}

/** Why a key cannot be one, without a word of it. */
export const problemOfKey = (key: string): string | undefined => {
  const text = key.trim()
  if (text === "") return "the key is empty"
  if (/[\r\n]/.test(text)) return "the key has more than one line"
  if (text.includes(":")) return "the key has a colon in it: is it a site id and a key of the Track API?"
  return printable(text) === text ? undefined : "the key has a character that does not show"
}

/**
 * What else a key may be, by its shape: 20 hexadecimal digits are a site id or a key of the Track API, 32 a key of the App API
 * (as those who look for leaked keys know them). A key of a source may have the same shape, so this only explains a refusal.
 */
export const otherKindOfKey = (key: string): string | undefined => {
  if (/^[0-9a-f]{20}$/.test(key)) return "a site id or a key of the Track API"
  return /^[0-9a-f]{32}$/.test(key) ? "a key of the App API" : undefined
}

/** Where a key is to be found (https://docs.customer.io/integrations/data-in/connections/http-api). */
export const whereKeysAre = "Integrations, Add integration, Customer.io API"
