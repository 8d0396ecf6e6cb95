/**
 * Why a request failed, in words that can be logged: without the key and without people's data, whoever said them.
 */
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Answer } from "./exchange.ts"
import { tell } from "./tell.ts"
import { redirectTarget } from "./url.ts"
import { knownMediaType } from "./vocabulary.ts"

const Refusal = Schema.fromJsonString(
  Schema.Struct({
    meta: Schema.Struct({
      errors: Schema.optional(Schema.Array(Schema.String)),
      error: Schema.optional(Schema.String)
    })
  })
)
const parseRefusal = Schema.decodeUnknownOption(Refusal)

/** What an answer says: the API's words for a refusal, where a redirect points, or what kind of answer it is. */
export const reasonOf = (answer: Answer): string => {
  const location = answer.status >= 300 && answer.status < 400 ? answer.header("location") : undefined
  if (location !== undefined) return `redirects to ${redirectTarget(location)}`
  const told = tell(readRefusal(answer))
  return told === "" ? describeAnswer(answer) : told
}

/** The strings of the documented shapes; none of any other body. */
const readRefusal = ({ body }: Answer): string =>
  Option.match(parseRefusal(body.text), {
    onNone: () => "",
    onSome: ({ meta: { errors = [], error = "" } }) =>
      [...errors, error].filter((words) => words.trim() !== "").join("; ")
  })

/** `400, text/html, 1,234 bytes`. */
const describeAnswer = ({ status, header, body }: Answer): string => {
  const size = `${body.isWhole ? "" : "at least "}${body.bytes.toLocaleString("en-US")} bytes`
  const mediaType = knownMediaType(header("content-type") ?? "")
  return [String(status), mediaType, size].filter((part) => part !== undefined).join(", ")
}

/**
 * Why there was no answer of who is at the endpoint's `port`, in the words of the innermost error: the outer ones only say
 * that the request failed.
 */
export const describeCause = (cause: Cause.Cause<unknown>, port: string): string => {
  if (Cause.hasInterruptsOnly(cause)) return "interrupted"
  try {
    return tell(wordsOf(Cause.squash(cause)), port)
  } catch {
    // An error of the application's own client may throw where it is read.
    return "the request failed"
  }
}

const wordsOf = (thrown: unknown): string => {
  let error = thrown
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
