import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import { nameCall } from "./callName.ts"
import type { EventContext } from "./EventContext.ts"
import { formatPath } from "./issue.ts"
import { library } from "./library.ts"
import type { MessageType } from "./Message.ts"
import { InvalidMessage, type MessageError } from "./MessageError.ts"
import { merge } from "./merge.ts"
import type { AnyRecord } from "./open.ts"
import { own } from "./own.ts"
import { personOf } from "./person.ts"
import type { Draft } from "./read.ts"
import { isTime, timeOf } from "./time.ts"
import { tooLarge } from "./tooLarge.ts"
import { findSameKey, makeWhole, mayHaveHalves, sameKeyReason } from "./whole.ts"

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
  readonly person: string
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
}

/**
 * Stamps a message, merges the defaults of the client under it, and encodes it to JSON, once. Without a stamp, it has all
 * that already.
 */
export type Encode = (draft: Draft, stamp: Stamp | undefined) => Result.Result<EncodedCall, MessageError>

export const makeEncode = (options: EncodeOptions): Encode => {
  const countBytes = makeCountBytes(options.maxMessageBytes)
  const formatStamp = rememberLast(formatTimestamp)
  const encodeContext = (context: object) => ({ ...merge(options.context, context), library })
  const defaultContext = encodeContext({})

  const stampAndMerge = (message: Record<string, unknown>, stamp: Stamp): void => {
    // Whether it is the message's own is asked only where something was found: most messages have none of these.
    const { messageId: id, timestamp: time, context, category } = message
    if (typeof id !== "string" || id === "" || !Object.hasOwn(message, "messageId")) {
      message["messageId"] = stamp.messageId
    }
    if (!isTime(time) || !Object.hasOwn(message, "timestamp")) message["timestamp"] = formatStamp(stamp.timestamp)
    if (options.integrations !== undefined) {
      message["integrations"] = merge(options.integrations, objectOf(own(message, "integrations")))
    }
    if (typeof category === "string" && category !== "" && Object.hasOwn(message, "category")) {
      message["properties"] = merge({ category }, objectOf(own(message, "properties")))
    }
    message["context"] =
      context === undefined || !Object.hasOwn(message, "context") ? defaultContext : encodeContext(objectOf(context))
  }

  return (draft, stamp) => {
    const { type, message } = draft
    // An empty id is a missing one.
    if (message["userId"] === "") message["userId"] = undefined
    if (message["anonymousId"] === "") message["anonymousId"] = undefined
    if (stamp !== undefined) stampAndMerge(message, stamp)
    const { messageId, timestamp, event } = message
    if (isTime(timestamp)) message["timestamp"] = formatTimestamp(timeOf(timestamp))
    let json = JSON.stringify(message)
    if (mayHaveHalves(json)) {
      const sameKey = findSameKey(message)
      if (sameKey !== undefined) {
        const path = formatPath(sameKey)
        return Result.fail(new InvalidMessage({ ...nameCall(type, event), path, reason: sameKeyReason }))
      }
      json = makeWhole(json)
    }
    const bytes = countBytes(json)
    return bytes > options.maxMessageBytes
      ? Result.fail(tooLarge(draft, bytes, options.maxMessageBytes))
      : Result.succeed({ type, event, person: personOf(message), messageId: String(messageId), json, bytes })
  }
}

const objectOf = (value: unknown): object => (typeof value === "object" && value !== null ? value : {})

const formatTimestamp = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** Many messages are stamped in one millisecond. */
const rememberLast = <A, B>(f: (a: A) => B): ((a: A) => B) => {
  let last: readonly [A, B] | undefined
  return (a) => {
    if (last === undefined || last[0] !== a) last = [a, f(a)]
    return last[1]
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
