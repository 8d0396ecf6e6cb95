import * as Result from "effect/Result"
import { type CallName, nameCall } from "./callName.ts"
import { formatPath } from "./issue.ts"
import { Message, type MessageType } from "./Message.ts"
import { InvalidMessage } from "./MessageError.ts"
import { own } from "./own.ts"

/** What a call is made into, on its way to a message: a copy of what was given, which the steps of the way change. */
export interface Draft {
  readonly type: MessageType
  readonly message: Record<string, unknown>
  /** What of it was found to be right, and what JSON says as it is, before the Schema of the message is asked. */
  known?: unknown
}

const types: Readonly<Record<MessageType, true>> = {
  identify: true,
  track: true,
  page: true,
  screen: true,
  group: true,
  alias: true
}

/** Of all that a message may have. */
const names: ReadonlySet<string> = new Set(Message.members.flatMap(({ fields }) => Object.keys(fields)))

/** For whoever reads what was expected. */
export const messageTypes = Object.keys(types).join(", ")

export const isMessageType = (type: unknown): type is MessageType =>
  typeof type === "string" && Object.hasOwn(types, type)

/** Whether there are more keys than a message may have, before all of them are copied. */
const isWide = (input: object): boolean => {
  let keys = 0
  for (const _ in input) if (++keys > names.size) return true
  return false
}

/** Reads what a call was given. Without a type, the message names its own. */
export const read = (call: MessageType | undefined, input: unknown): Result.Result<Draft, InvalidMessage> => {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return Result.fail(new InvalidMessage({ type: call ?? "unknown", path: "", reason: "Expected an object" }))
  }
  if (isWide(input)) {
    const excess = Object.keys(input).find((key) => !names.has(key))
    if (excess !== undefined) {
      const path = formatPath([excess])
      return Result.fail(
        new InvalidMessage({ ...readCallName(call, input), path, reason: "Expected no excess property" })
      )
    }
  }
  const message: Record<string, unknown> = { type: call, ...input }
  const type = call ?? message["type"]
  return isMessageType(type)
    ? Result.succeed({ type, message })
    : Result.fail(new InvalidMessage({ type: "unknown", path: "type", reason: `Expected one of ${messageTypes}` }))
}

/** Which call it is, of an input that may be anything, and throw where it is read. */
export const readCallName = (call: MessageType | undefined, input: unknown): CallName => {
  try {
    const message: Readonly<Record<string, unknown>> = Object(input)
    const type = call ?? own(message, "type")
    return nameCall(isMessageType(type) ? type : undefined, own(message, "event"))
  } catch {
    return nameCall(call, undefined)
  }
}
