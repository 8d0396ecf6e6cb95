import { nameCall } from "./callName.ts"
import { InvalidMessage } from "./MessageError.ts"
import { own } from "./own.ts"
import type { Draft } from "./read.ts"

/** Whether a message was stamped before: without an id of its own, each time it is sent it would be another one. */
export const checkStamp = ({ type, message }: Draft): InvalidMessage | undefined => {
  const missing = ["messageId", "timestamp"].find((name) => (own(message, name) ?? "") === "")
  if (missing === undefined) return undefined
  const reason = `Expected the ${missing} that the message was stamped with`
  return new InvalidMessage({ ...nameCall(type, own(message, "event")), path: missing, reason })
}
