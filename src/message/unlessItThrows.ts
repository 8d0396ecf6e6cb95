import * as Result from "effect/Result"
import type { MessageType } from "./Message.ts"
import { type MessageError, UnserializableMessage } from "./MessageError.ts"
import { nameThrown } from "./nameThrown.ts"
import { readCallName } from "./read.ts"

/** Reads what a call was given: only a getter, a proxy or a `toJSON` of the caller's can throw there. */
export const unlessItThrows = <A>(
  type: MessageType | undefined,
  input: unknown,
  make: () => Result.Result<A, MessageError>
): Result.Result<A, MessageError> => {
  try {
    return make()
  } catch (error) {
    const reason = `reading the message threw ${nameThrown(error)}`
    return Result.fail(new UnserializableMessage({ ...readCallName(type, input), path: "", reason }))
  }
}
