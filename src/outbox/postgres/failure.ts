import { hasProperty } from "effect/Predicate"
import type { SqlError } from "effect/sql/SqlError"
import { OutboxError } from "../../pipeline/CallError.ts"

/** Says why something failed, for the outbox of one schema. */
export interface Fail {
  readonly incompatible: (detail: string) => OutboxError
  readonly unavailable: (detail: string) => OutboxError
  readonly of: (error: SqlError) => OutboxError
}

export const makeFail = (outbox: string): Fail => {
  const failure = (reason: OutboxError["reason"], detail: string): OutboxError =>
    new OutboxError({ type: "unknown", reason, outbox, detail })
  return {
    incompatible: (detail) => failure("Incompatible", detail),
    unavailable: (detail) => failure("Unavailable", detail),
    of: (error) => failure(reasonOf(error), detailOf(error))
  }
}

/** The server is not to be reached, or goes. */
export const isDisconnected = (error: SqlError): boolean =>
  error.reason._tag === "ConnectionError" || /^57P0[1-3]$/.test(stateOf(error) ?? "")

/** The same while a statement was under way: nobody knows whether that was committed. */
export const isUnknown = (error: SqlError): boolean => isDisconnected(error) && error.reason.operation !== "connect"

/** The same statement may succeed at once. */
export const isContended = (error: SqlError): boolean =>
  error.reason._tag === "DeadlockError" || error.reason._tag === "SerializationError"

const reasonOf = (error: SqlError): OutboxError["reason"] => {
  const state = stateOf(error)
  if (state === undefined) return "Unavailable"
  if (/^XX00[12]/.test(state)) return "Corrupt"
  // Wrong names and types (42), schemas and databases that are not there (3F, 3D), values (22, 23), and transactions that
  // were aborted before (25P02): the same call would fail again. A server that only reads now (25006) may be replaced.
  return /^(22|23|42|3F|3D|0A|25P)/.test(state) ? "Incompatible" : "Unavailable"
}

const detailOf = (error: SqlError): string => {
  const state = stateOf(error)
  const { cause, message } = error.reason
  const words = hasProperty(cause, "message") && typeof cause.message === "string" ? cause.message : (message ?? "")
  if (state === undefined) return `${error.reason._tag}${words === "" ? "" : `, ${words}`}`
  // What is said of values (22, 23) may repeat them.
  return /^(22|23)/.test(state) ? `SQLSTATE ${state}` : `SQLSTATE ${state}, ${words}`
}

/** What the server said, if it was the server that said something: no SQLSTATE begins with an E, as codes of Node do. */
const stateOf = ({ reason: { cause } }: SqlError): string | undefined =>
  hasProperty(cause, "code") && typeof cause.code === "string" && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(cause.code)
    ? cause.code
    : undefined
