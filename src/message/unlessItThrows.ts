import * as Result from "effect/Result"
import type { CallName } from "./callName.ts"
import { UnserializableMessage } from "./MessageError.ts"
import { nameThrown } from "./nameThrown.ts"

/** Reads what a call was given: only a getter, a proxy or a `toJSON` of the caller's can throw there. */
export const unlessItThrows = <A, E>(
  nameCall: () => CallName,
  read: () => Result.Result<A, E>
): Result.Result<A, E | UnserializableMessage> => {
  try {
    return read()
  } catch (error) {
    const reason = `reading the message threw ${nameThrown(error)}`
    return Result.fail(new UnserializableMessage({ ...nameCall(), path: "", reason }))
  }
}
