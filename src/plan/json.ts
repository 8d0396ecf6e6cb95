import * as Result from "effect/Result"
import { formatPath } from "../message/issue.ts"
import { Room } from "../message/room.ts"
import { toWire } from "../message/wire.ts"
import { InvalidPlan } from "./InvalidPlan.ts"

/** Of characters: a plan of thousands of events has less. */
const maxLength = 50_000_000

/**
 * A copy of a document as JSON has it, so that nothing in it is a circle, is deeper than functions go that call themselves, or
 * is something else when it is read again. Throws `InvalidPlan` where it is no JSON.
 */
export const readJson = (document: unknown): unknown => {
  const read = toWire(document, new Room(maxLength))
  if (Result.isSuccess(read)) return read.success
  const { path, reason } = read.failure
  throw new InvalidPlan({ plan: "", path: formatPath(path), reason })
}
