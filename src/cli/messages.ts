/**
 * Messages as they lie in files: of this library, of others, of an export of a warehouse.
 */
import * as Result from "effect/Result"
import { isTooDeep, tooDeep } from "../message/depth.ts"
import { own } from "../message/own.ts"
import type { Draft } from "../message/read.ts"
import { isMessageType, messageTypes } from "../message/read.ts"
import { isRecord } from "../message/wire.ts"
import type { Line } from "./lines.ts"

/** What is in a line, or why there is no message in it. What is said beside what a message has does not matter here. */
export const readMessage = ({ text, problem }: Line): Result.Result<Draft, string> => {
  if (text === undefined) return Result.fail(problem ?? "")
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return Result.fail("Expected JSON")
  }
  if (!isRecord(value)) return Result.fail("Expected an object")
  // `cdp-analytics dev --json` writes it with what became of it.
  const inner = own(value, "message")
  const message = own(value, "type") === undefined && isRecord(inner) ? inner : value
  const type = own(message, "type")
  if (!isMessageType(type)) return Result.fail(`type: Expected one of ${messageTypes}`)
  return isTooDeep(message) ? Result.fail(tooDeep) : Result.succeed({ type, message })
}
