/**
 * Why a request failed, in words that can be logged: without the key and without people's data, whoever said them.
 */
import { Cause, Option, Redacted, Schema } from "effect"
// Of this module alone: all of them take a tenth of the time that the library takes to load.
import * as Base64 from "effect/encoding/Base64"
import type { EncodedMessage } from "../message/encode.ts"

/** How much of a refusal is told. */
const maxReasonLength = 1000

const Refusal = Schema.fromJsonString(
  Schema.Struct({
    meta: Schema.Struct({
      errors: Schema.optional(Schema.Array(Schema.String)),
      error: Schema.optional(Schema.String)
    })
  })
)
const parseRefusal = Schema.decodeUnknownOption(Refusal)

/** The server's words, out of the JSON that it has for them where it is that. */
export const readRefusal = (body: ReadonlyArray<Uint8Array>): string => {
  const decoder = new TextDecoder()
  const text = body.map((part) => decoder.decode(part, { stream: true })).join("")
  return parseRefusal(text).pipe(
    Option.map(({ meta }) => [...(meta.errors ?? []), ...(meta.error === undefined ? [] : [meta.error])].join("; ")),
    Option.getOrElse(() => text)
  )
}

/** Why there was no answer, in the words of the innermost error: the outer ones only say that the request failed. */
export const describeCause = (cause: Cause.Cause<unknown>): string => {
  if (Cause.hasInterruptsOnly(cause)) return "interrupted"
  let error: unknown = Cause.squash(cause)
  // An error may be its own cause.
  for (let depth = 0; depth < 10; depth++) {
    const inner = innerError(error)
    if (inner === undefined) break
    error = inner
  }
  return error instanceof Error ? error.message || error.name : String(error)
}

const innerError = (error: unknown): Error | undefined => {
  if (!(error instanceof Error)) return undefined
  if (error.cause instanceof Error) return error.cause
  // Of a host with several addresses, none of which can be reached: it has no words of its own.
  return error instanceof AggregateError && error.message === "" && error.errors[0] instanceof Error
    ? error.errors[0]
    : undefined
}

/** Takes the key, as it is and as it is sent, and what the messages say of people out of a reason, and shortens it. */
export const makeRedact = (apiKey: Redacted.Redacted<string>) => {
  const key = Redacted.value(apiKey)
  const secrets = [key, Base64.encode(`${key}:`)]
  return (reason: string, messages: ReadonlyArray<EncodedMessage>): string => {
    if (reason === "") return reason
    let redacted = reason
    for (const text of [...secrets, ...personalTexts(messages)]) redacted = redacted.replaceAll(text, "<redacted>")
    return redacted.slice(0, maxReasonLength)
  }
}

/** What is shorter than this tells nothing of a person, and stands in many a sentence. */
const minPersonalLength = 4

const notPersonal = new Set(["type", "event", "name", "category", "messageId", "timestamp", "integrations"])

/** Each text and number that messages have for a person, as it is and as JSON writes it, longest first. */
const personalTexts = (messages: ReadonlyArray<EncodedMessage>): ReadonlyArray<string> => {
  const texts = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value === "string" || typeof value === "number") {
      const text = String(value)
      if (text.length < minPersonalLength) return
      texts.add(text)
      texts.add(JSON.stringify(text).slice(1, -1))
    } else if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value)) collect(inner)
    }
  }
  for (const { json } of messages) {
    for (const [name, value] of Object.entries(JSON.parse(json))) {
      if (!notPersonal.has(name)) collect(value)
    }
  }
  return [...texts].sort((one, other) => other.length - one.length)
}
