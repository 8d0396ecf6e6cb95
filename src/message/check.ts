import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
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
  readonly accepts: Accepts<CheckedMessage>
  /** Has the last word, and words for what is wrong. */
  readonly parse: (input: unknown) => Result.Result<CheckedMessage, SchemaIssue.Issue>
}

type CheckedMessage = typeof Message.Type

const judge = <S extends Schema.ConstraintDecoder<unknown> & Schema.Schema<CheckedMessage>>(schema: S): Judge => ({
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
export const check = (draft: Draft, limit: number): MessageError | undefined => {
  const fitted = fit(draft, limit)
  return Result.isFailure(fitted) ? fitted.failure : undefined
}

/** The message that a draft is, where it can be sent. */
export const fit = (draft: Draft, limit: number): Result.Result<CheckedMessage, MessageError> => {
  const { type, message } = draft
  const room = roomFor(limit)
  room.known = draft.known
  return judges[type].accepts(message, room) ? Result.succeed(message) : convertOrRefuse(draft, limit)
}

/** Puts into the message what its values are in JSON, or says what JSON has nothing for, or the Schema does not allow. */
const convertOrRefuse = (draft: Draft, limit: number): Result.Result<CheckedMessage, MessageError> => {
  const { type, message } = draft
  const { accepts, parse } = judges[type]
  const call = nameCall(type, own(message, "event"))
  const room = roomFor(limit)
  for (const [name, value] of Object.entries(message)) {
    const isOpen = records.has(name)
    // What says itself what it is, such as a date, is no record.
    if (isOpen && hasToJson(value)) {
      const reason = "Expected an object without a toJSON of its own"
      return Result.fail(new InvalidMessage({ ...call, path: name, reason }))
    }
    if (name === "timestamp") continue
    // Before the Schema, which would only say that a BigInt is no number.
    const wire = toWire(value, room)
    if (Result.isFailure(wire)) {
      if (room.isOver) return Result.fail(tooLarge(draft, room.taken, limit))
      const { path, reason } = wire.failure
      return Result.fail(new UnserializableMessage({ ...call, path: formatPath([name, ...path]), reason }))
    }
    // Of the others the Schema says what they are: what only could be text is no id.
    if (isOpen) message[name] = wire.success
  }
  // In JSON's terms it may well be one that the quick yes knows, and then it need not be parsed.
  if (accepts(message, roomFor(limit))) return Result.succeed(message)
  // The parser would find what is inherited.
  return Result.mapError(
    parse(ownProperties(message)),
    (issue) => new InvalidMessage({ ...call, ...describeIssue(issue) })
  )
}
