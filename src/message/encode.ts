import { DateTime, Result, Schema, type SchemaIssue, SchemaParser } from "effect"
import { type Accepts, makeAccepts } from "./accepts.ts"
import { type CallName, nameCall } from "./callName.ts"
import type { EventContext, EventContextInput } from "./EventContext.ts"
import { describeIssue, formatPath } from "./issue.ts"
import { library } from "./library.ts"
import { Alias, Group, Identify, type Message, type MessageType, Page, Screen, Track } from "./Message.ts"
import { InvalidMessage, MessageTooLarge, UnserializableMessage } from "./MessageError.ts"
import { merge } from "./merge.ts"
import type { AnyRecord } from "./open.ts"
import { hasToJson, isRecord, toWire } from "./wire.ts"

/** A message as it goes over the wire: its JSON, made once, and what the client needs to know of it. */
export interface EncodedMessage {
  readonly messageId: string
  readonly json: string
  /** UTF-8 bytes of `json`. */
  readonly bytes: number
}

/** The message that a call made, and what names the call where there is no room for it. */
export interface EncodedCall extends EncodedMessage {
  readonly type: MessageType
  /** Of a `track`. */
  readonly event: unknown
}

export interface EncodeOptions {
  /** Most UTF-8 bytes of a message's JSON. */
  readonly maxMessageBytes: number
  /** Merged under the context of every message. */
  readonly context: EventContext
  /** Merged under the integrations of every message. */
  readonly integrations: AnyRecord | undefined
}

/** What is stamped on a message that does not say otherwise. */
export interface Stamp {
  readonly messageId: string
  /** In epoch milliseconds. */
  readonly timestamp: number
  /** Outermost first. */
  readonly contexts: ReadonlyArray<EventContextInput>
}

export type EncodeError = InvalidMessage | MessageTooLarge | UnserializableMessage

/** Encodes a message of the given type, or, without one, of the type that it names itself. */
export type Encode = (
  type: MessageType | undefined,
  input: unknown,
  stamp: Stamp
) => Result.Result<EncodedCall, EncodeError>

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

const messageTypes = Object.keys(judges).join(", ")

const isMessageType = (type: unknown): type is MessageType => typeof type === "string" && Object.hasOwn(judges, type)

/** Validates, stamps, merges defaults and encodes to JSON, once. */
export const makeEncode = (options: EncodeOptions): Encode => {
  const countBytes = makeCountBytes(options.maxMessageBytes)
  const formatStamp = rememberLast(formatTimestamp)
  const encodeContext = (context: object) => ({ ...merge(options.context, context), library })
  const defaultContext = encodeContext({})

  const encode: Encode = (call, input, stamp) => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      return Result.fail(new InvalidMessage({ type: call ?? "unknown", path: "", reason: "Expected an object" }))
    }
    const type = call ?? ("type" in input ? input.type : undefined)
    if (!isMessageType(type)) {
      return Result.fail(
        new InvalidMessage({ type: "unknown", path: "type", reason: `Expected one of ${messageTypes}` })
      )
    }
    const message: Record<string, unknown> = { type, ...input }
    if (stamp.contexts.length > 0) {
      message["context"] = mergeRecords(stamp.contexts.reduce<unknown>(mergeRecords, {}), message["context"])
    }
    if (!judges[type].accepts(message)) {
      const refusal = convertOrRefuse(type, message)
      if (refusal !== undefined) return Result.fail(refusal)
    }

    // An empty id is a missing one.
    if (message["userId"] === "") message["userId"] = undefined
    if (message["anonymousId"] === "") message["anonymousId"] = undefined
    const { messageId: ownId, timestamp, context, integrations, category, event } = message
    const messageId = typeof ownId === "string" && ownId !== "" ? ownId : stamp.messageId
    message["messageId"] = messageId
    message["timestamp"] = isTimestamp(timestamp) ? formatTimestamp(timestamp) : formatStamp(stamp.timestamp)
    if (options.integrations !== undefined) {
      message["integrations"] = merge(options.integrations, objectOf(integrations))
    }
    if (typeof category === "string" && category !== "") {
      message["properties"] = merge({ category }, objectOf(message["properties"]))
    }

    message["context"] = context === undefined ? defaultContext : encodeContext(objectOf(context))
    const json = JSON.stringify(message)
    const bytes = countBytes(json)
    return bytes > options.maxMessageBytes
      ? Result.fail(new MessageTooLarge({ ...nameCall(type, event), bytes, limit: options.maxMessageBytes }))
      : Result.succeed({ type, event, messageId, json, bytes })
  }

  return (call, input, stamp) => {
    try {
      return encode(call, input, stamp)
    } catch (error) {
      // Only a getter, a proxy, a toJSON or the depth of the caller's value can throw here. Its words may hold data.
      const reason = `reading the message threw ${nameOf(error)}`
      return Result.fail(new UnserializableMessage({ ...readCallName(call, input), path: "", reason }))
    }
  }
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

/** Where a message is open to names of the caller's own. */
const records: ReadonlyArray<string> = ["context", "integrations", "properties", "traits"]

const objectOf = (value: unknown): object => (typeof value === "object" && value !== null ? value : {})

/** What is neither absent nor a record wins, and is refused with the message. */
const mergeRecords = (base: unknown, over: unknown): unknown => {
  if (over === undefined || !isRecord(base)) return base
  return isRecord(over) ? merge(base, over) : over
}

/** Puts into the message what its values are in JSON, or says what JSON has nothing for, or the Schema does not allow. */
const convertOrRefuse = (type: MessageType, message: Record<string, unknown>): EncodeError | undefined => {
  const call = nameCall(type, message["event"])
  for (const [name, value] of Object.entries(message)) {
    const isOpen = records.includes(name)
    // What says itself what it is, such as a date, is no record.
    if (isOpen && hasToJson(value)) {
      return new InvalidMessage({ ...call, path: name, reason: "Expected an object without a toJSON of its own" })
    }
    if (name === "timestamp") continue
    // Before the Schema, which would only say that a BigInt is no number.
    const wire = toWire(value)
    if (Result.isFailure(wire)) {
      const { path, reason } = wire.failure
      return new UnserializableMessage({ ...call, path: formatPath([name, ...path]), reason })
    }
    // Of the others the Schema says what they are: what only could be text is no id.
    if (isOpen) message[name] = wire.success
  }
  // In JSON's terms it may well be one that the quick yes knows, and then it need not be parsed.
  if (judges[type].accepts(message)) return undefined
  const parsed = judges[type].parse(message)
  return Result.isFailure(parsed) ? new InvalidMessage({ ...call, ...describeIssue(parsed.failure) }) : undefined
}

const isTimestamp = (value: unknown): value is Date | DateTime.DateTime =>
  value instanceof Date || DateTime.isDateTime(value)

const formatTimestamp = (time: number | Date | DateTime.DateTime): string =>
  DateTime.formatIso(DateTime.makeUnsafe(time))

/** Many messages are stamped in one millisecond. */
const rememberLast = <A, B>(f: (a: A) => B): ((a: A) => B) => {
  let last: readonly [A, B] | undefined
  return (a) => {
    if (last === undefined || last[0] !== a) last = [a, f(a)]
    return last[1]
  }
}

/** What was thrown may be as hostile as what threw it. */
const nameOf = (error: unknown): string => {
  try {
    return (
      ["Error", "RangeError", "TypeError"].find((name) => error instanceof Error && error.name === name) ?? "something"
    )
  } catch {
    return "something"
  }
}

/** Longer messages, where the options allow them, are counted without the buffer. */
const maxBufferBytes = 64 * 1024

/** Counts UTF-8 bytes by encoding into one buffer that is used again and again. */
const makeCountBytes = (limit: number): ((text: string) => number) => {
  const encoder = new TextEncoder()
  const buffer = new Uint8Array(Math.min(limit, maxBufferBytes))
  return (text) => {
    const { read, written } = encoder.encodeInto(text, buffer)
    return read === text.length ? written : encoder.encode(text).length
  }
}
