import type { EventContextInput } from "./EventContext.ts"
import { merge } from "./merge.ts"
import type { Draft } from "./read.ts"
import { isRecord } from "./wire.ts"

/** Merges the contexts that are around a call, outermost first, under its own. */
export const mergeContexts = ({ message }: Draft, contexts: ReadonlyArray<EventContextInput>): void => {
  if (contexts.length === 0) return
  message["context"] = mergeRecords(contexts.reduce<unknown>(mergeRecords, {}), message["context"])
}

/** What is neither absent nor a record wins, and is refused with the message. */
const mergeRecords = (base: unknown, over: unknown): unknown => {
  if (over === undefined || !isRecord(base)) return base
  return isRecord(over) ? merge(base, over) : over
}
