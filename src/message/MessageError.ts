/**
 * Why something cannot be said: no message was made of it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { callNameFields, sayCall } from "./callName.ts"
import { isCounted } from "./room.ts"

/** ` at properties.price`, or nothing for the message as a whole. */
const sayPath = (path: string): string => (path === "" ? "" : ` at ${path}`)

/**
 * The message does not fit its Schema: a required id is missing, a reserved name has another type, or a top-level key is
 * not known to the API. Or an id or a name would not arrive as it is, or, unless `allowSuspiciousIds` is true, an id
 * would make one person of many. Or a plan does not allow it. The message was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class InvalidMessage extends Schema.TaggedError<InvalidMessage>()("InvalidMessage", {
  ...callNameFields,
  /** Where in the message, such as `properties.products[0].price`; empty when it is the message as a whole. */
  path: Schema.String,
  /** What was expected there. It never repeats the value. */
  reason: Schema.String,
  /** The name of the plan that does not allow it, where it is a plan that does not. */
  plan: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const by = this.plan === undefined ? "" : `, by the plan ${JSON.stringify(this.plan)}`
    return `Invalid ${sayCall(this)}${sayPath(this.path)}: ${this.reason}${by}`
  }
}

/**
 * The message's JSON has more UTF-8 bytes than the API takes (32 KB by its documentation, `maxMessageBytes`). The message
 * was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class MessageTooLarge extends Schema.TaggedError<MessageTooLarge>()("MessageTooLarge", {
  ...callNameFields,
  /** UTF-8 bytes of the message's JSON; at least so many where they are over the limit by more than 64 KiB. */
  bytes: Schema.Int,
  /** The most that is taken. */
  limit: Schema.Int
}) {
  override get message(): string {
    const bytes = isCounted(this.bytes, this.limit) ? this.bytes : `at least ${this.bytes}`
    return `The ${sayCall(this)} has ${bytes} bytes, the limit is ${this.limit}`
  }
}

/**
 * JSON cannot carry the message: a `BigInt`, a cycle, `NaN`, a function, a `Map`, a `Redacted` or `HashMap`, a `toJSON` or
 * getter that throws, more than 100 objects or arrays in one another. The message was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class UnserializableMessage extends Schema.TaggedError<UnserializableMessage>()("UnserializableMessage", {
  ...callNameFields,
  /** Where in the message, such as `properties.total`; empty when that is not known. */
  path: Schema.String,
  /** What is there, or was expected there. It never repeats the value. */
  reason: Schema.String
}) {
  override get message(): string {
    return `JSON cannot carry the ${sayCall(this)}${sayPath(this.path)}: ${this.reason}`
  }
}

/**
 * Why an input makes no message.
 *
 * @category call errors
 * @since 0.1.0
 */
export type MessageError = Refused

/**
 * A call failed because of its message: this one is refused, and the next one may be taken.
 *
 * @category call errors
 * @since 0.1.0
 */
export type Refused = InvalidMessage | MessageTooLarge | UnserializableMessage

const refusals = [InvalidMessage, MessageTooLarge, UnserializableMessage]

/**
 * Whether a call failed because of its message, so that there is no point in making it again, and none in stopping: not for
 * a full queue, nor for a client that is closed.
 *
 * **Example** (A file with a bad line)
 *
 * ```ts
 * import { Analytics, isRefused, type Message } from "cdp-analytics-effect"
 * import { Effect } from "effect"
 *
 * const send = (messages: ReadonlyArray<Message>) =>
 *   Effect.forEach(messages, (message) =>
 *     Analytics.enqueue(message).pipe(Effect.catchIf(isRefused, (error) => Effect.logWarning(error.message)))
 *   )
 * ```
 *
 * @category call errors
 * @since 0.1.0
 */
export const isRefused = (error: unknown): error is Refused => refusals.some((refusal) => error instanceof refusal)
