/**
 * What tells one call from the others where it failed: names that stand in the program, and no data of people.
 */
import * as Schema from "effect/Schema"
import type { MessageType } from "./Message.ts"
import { printableName } from "./printable.ts"

/** The fields of every error of a call that say which call it was. */
export const callNameFields = {
  /** Of the message: `identify`, `track`, `page`, `screen`, `group` or `alias`; `unknown` where it had no such type. */
  type: Schema.String,
  /** The event of a `track` that has one; no more than its first 100 characters, printable. */
  event: Schema.optionalKey(Schema.String)
}

export interface CallName {
  readonly type: string
  readonly event?: string
}

/** By the message's type and, of a `track`, its event. */
export const nameCall = (type: MessageType | undefined, event: unknown): CallName =>
  type === "track" && typeof event === "string" ? { type, event: printableName(event) } : { type: type ?? "unknown" }

/** `track message "order_completed"`: on one line, whatever is in the name. */
export const sayCall = ({ type, event }: CallName): string =>
  event === undefined ? `${type} message` : `${type} message ${JSON.stringify(event)}`
