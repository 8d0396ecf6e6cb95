/**
 * What tells one call from the others where it failed: names that stand in the program, and no data of people.
 */
import { Schema } from "effect"
import type { MessageType } from "./Message.ts"

/** The fields of every error of a call that say which call it was. */
export const callNameFields = {
  /** Of the message: `identify`, `track`, `page`, `screen`, `group` or `alias`; `unknown` where it had no such type. */
  type: Schema.String,
  /** The event of a `track` that has one; no more than its first 200 characters. */
  event: Schema.optionalKey(Schema.String)
}

export interface CallName {
  readonly type: string
  readonly event?: string
}

/** Nobody gives longer names, and what is no name is not to fill a log. */
const maxEventLength = 200

/** By the message's type and, of a `track`, its event. */
export const nameCall = (type: MessageType | undefined, event: unknown): CallName =>
  type === "track" && typeof event === "string"
    ? { type, event: event.length > maxEventLength ? `${event.slice(0, maxEventLength - 1)}…` : event }
    : { type: type ?? "unknown" }

/** `track message "order_completed"`: on one line, whatever is in the name. */
export const sayCall = ({ type, event }: CallName): string =>
  event === undefined ? `${type} message` : `${type} message ${JSON.stringify(event)}`
