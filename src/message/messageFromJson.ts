import * as Result from "effect/Result"
import { nameCall } from "./callName.ts"
import { fit } from "./check.ts"
import type { Message } from "./Message.ts"
import { InvalidMessage, type MessageError } from "./MessageError.ts"
import { own } from "./own.ts"
import { type Draft, read } from "./read.ts"
import { parseTime, timeTextReason } from "./time.ts"

/**
 * A message of its JSON, such as a line of a file, or why it is none: `InvalidMessage`, with the path and the reason, and
 * never the value.
 *
 * **Details**
 *
 * It is as strict as the calls: a top-level key that is not known is refused, and so is what is more than 100 objects or
 * arrays deep. `timestamp` becomes a `Date`; it is ISO 8601 with its zone, and a day without a time is one of UTC. All other
 * text stays the text that it is, dates in traits too, so that the same is sent. Whether it is too large, and whether
 * its ids are suspicious, is asked when it is sent: that is for the client's options to say.
 *
 * **Example** (A file of messages, one on each line)
 *
 * ```ts
 * import { Analytics, messageFromJson } from "cdp-analytics-effect"
 * import { Effect } from "effect"
 *
 * const send = Effect.fn("send")(function* (lines: ReadonlyArray<string>) {
 *   for (const line of lines) yield* Analytics.enqueue(yield* Effect.fromResult(messageFromJson(line)))
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const messageFromJson = (json: string): Result.Result<typeof Message.Type, InvalidMessage> =>
  parse(json).pipe(
    Result.flatMap((value) => read(undefined, value)),
    Result.flatMap(readTimestamp),
    Result.flatMap((draft) => Result.mapError(fit(draft, Number.POSITIVE_INFINITY), asInvalid))
  )

const parse = (json: string): Result.Result<unknown, InvalidMessage> => {
  try {
    return Result.succeed(JSON.parse(json))
  } catch {
    // What JSON.parse says repeats what it read.
    return Result.fail(new InvalidMessage({ type: "unknown", path: "", reason: "Expected JSON" }))
  }
}

const readTimestamp = (draft: Draft): Result.Result<Draft, InvalidMessage> => {
  const { type, message } = draft
  const text = own(message, "timestamp")
  if (typeof text !== "string") return Result.succeed(draft)
  const timestamp = parseTime(text)
  if (timestamp === undefined) {
    const call = nameCall(type, own(message, "event"))
    return Result.fail(new InvalidMessage({ ...call, path: "timestamp", reason: timeTextReason }))
  }
  message["timestamp"] = timestamp
  return Result.succeed(draft)
}

/** A number that JSON has and JavaScript has not, such as 1e999, is wrong with the message that was given here. */
const asInvalid = (error: MessageError): InvalidMessage => {
  if (error._tag === "InvalidMessage") return error
  const { type, event, message } = error
  const { path, reason } = error._tag === "UnserializableMessage" ? error : { path: "", reason: message }
  return new InvalidMessage({ type, ...(event === undefined ? undefined : { event }), path, reason })
}
