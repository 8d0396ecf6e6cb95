import type { EventContextInput } from "./EventContext.ts"
import type { MessageTooLarge } from "./MessageError.ts"
import { mergeAll } from "./merge.ts"
import { own } from "./own.ts"
import type { Draft } from "./read.ts"
import { roomFor } from "./room.ts"
import { tooLarge } from "./tooLarge.ts"
import { isRecord } from "./wire.ts"

/** Merges the contexts that are around a call, outermost first, under its own, or says that they are too large. */
export const mergeContexts = (
  draft: Draft,
  contexts: ReadonlyArray<EventContextInput>,
  limit: number
): MessageTooLarge | undefined => {
  if (contexts.length === 0) return undefined
  const { message } = draft
  const given = [...contexts, own(message, "context")].filter((context) => context !== undefined)
  const records = given.filter(isRecord)
  if (records.length < given.length) {
    // What is neither absent nor a record wins, and is refused with the message.
    message["context"] = given.find((context) => !isRecord(context))
    return undefined
  }
  const room = roomFor(limit)
  message["context"] = mergeAll(records, room)
  return room.isOver ? tooLarge(draft, room.taken, limit) : undefined
}
