import { Result } from "effect"
import { type CallName, nameCall } from "./callName.ts"
import type { MessageType } from "./Message.ts"
import { InvalidMessage } from "./MessageError.ts"

/** What a call is made into, on its way to a message: a copy of what was given, which the steps of the way change. */
export interface Draft {
  readonly type: MessageType
  readonly message: Record<string, unknown>
}

const types: Readonly<Record<MessageType, true>> = {
  identify: true,
  track: true,
  page: true,
  screen: true,
  group: true,
  alias: true
}

const messageTypes = Object.keys(types).join(", ")

const isMessageType = (type: unknown): type is MessageType => typeof type === "string" && Object.hasOwn(types, type)

/** Reads what a call was given. Without a type, the message names its own. */
export const read = (call: MessageType | undefined, input: unknown): Result.Result<Draft, InvalidMessage> => {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return Result.fail(new InvalidMessage({ type: call ?? "unknown", path: "", reason: "Expected an object" }))
  }
  const type = call ?? ("type" in input ? input.type : undefined)
  return isMessageType(type)
    ? Result.succeed({ type, message: { type, ...input } })
    : Result.fail(new InvalidMessage({ type: "unknown", path: "type", reason: `Expected one of ${messageTypes}` }))
}

/** Which call it is, of an input that may be anything, and throw where it is read. */
export const readCallName = (call: MessageType | undefined, input: unknown): CallName => {
  try {
    const message: Record<string, unknown> = Object(input)
    const type = call ?? message["type"]
    return nameCall(isMessageType(type) ? type : undefined, message["event"])
  } catch {
    return nameCall(call, undefined)
  }
}
