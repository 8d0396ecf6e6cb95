import { Result, Schema, type SchemaIssue, SchemaParser } from "effect"
import { type Accepts, makeAccepts } from "./accepts.ts"
import { nameCall } from "./callName.ts"
import { describeIssue, formatPath } from "./issue.ts"
import { Alias, Group, Identify, type Message, type MessageType, Page, Screen, Track } from "./Message.ts"
import { InvalidMessage, type MessageError, UnserializableMessage } from "./MessageError.ts"
import { own, ownProperties } from "./own.ts"
import type { Draft } from "./read.ts"
import { records } from "./records.ts"
import { roomFor } from "./room.ts"
import { tooLarge } from "./tooLarge.ts"
import { hasToJson, toWire } from "./wire.ts"

interface Judge {
  /** Most messages need no more than this: a quick yes, of the Schema and of JSON. */
  readonly accepts: Accepts
  /** Has the last word, and words for what is wrong. */
  readonly parse: (input: unknown) => Result.Result<Message, SchemaIssue.Issue>
}

const judge = <S extends Schema.ConstraintDecoder<unknown> & Schema.Schema<Message>>(schema: S): Judge => ({
  accepts: makeAccepts(schema),
  parse: SchemaParser.decodeUnknownResult(Schema.toType(schema), { onExcessProperty: "error" })
})

const judges: Record<MessageType, Judge> = {
  identify: judge(Identify),
  track: judge(Track),
  page: judge(Page),
  screen: judge(Screen),
  group: judge(Group),
  alias: judge(Alias)
}

/**
 * Why a message of so many bytes at most cannot be sent, if it cannot. Values that JSON has another form for have that form
 * then.
 */
export const check = (draft: Draft, limit: number): MessageError | undefined =>
  judges[draft.type].accepts(draft.message, roomFor(limit)) ? undefined : convertOrRefuse(draft, limit)

/** Puts into the message what its values are in JSON, or says what JSON has nothing for, or the Schema does not allow. */
const convertOrRefuse = (draft: Draft, limit: number): MessageError | undefined => {
  const { type, message } = draft
  const call = nameCall(type, own(message, "event"))
  const room = roomFor(limit)
  for (const [name, value] of Object.entries(message)) {
    const isOpen = records.has(name)
    // What says itself what it is, such as a date, is no record.
    if (isOpen && hasToJson(value)) {
      return new InvalidMessage({ ...call, path: name, reason: "Expected an object without a toJSON of its own" })
    }
    if (name === "timestamp") continue
    // Before the Schema, which would only say that a BigInt is no number.
    const wire = toWire(value, room)
    if (Result.isFailure(wire)) {
      if (room.isOver) return tooLarge(draft, room.taken, limit)
      const { path, reason } = wire.failure
      return new UnserializableMessage({ ...call, path: formatPath([name, ...path]), reason })
    }
    // Of the others the Schema says what they are: what only could be text is no id.
    if (isOpen) message[name] = wire.success
  }
  // In JSON's terms it may well be one that the quick yes knows, and then it need not be parsed.
  if (judges[type].accepts(message, roomFor(limit))) return undefined
  // The parser would find what is inherited.
  const parsed = judges[type].parse(ownProperties(message))
  return Result.isFailure(parsed) ? new InvalidMessage({ ...call, ...describeIssue(parsed.failure) }) : undefined
}
