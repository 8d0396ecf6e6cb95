/**
 * Every tagged failure.
 *
 * - Raised by a call: `InvalidMessage`, `MessageTooLarge`, `UnserializableMessage`, `QueueFull`, `AnalyticsClosed`.
 * - Raised by building the layer: `InvalidOptions` (and Effect's `ConfigError`).
 * - Outcomes of delivery: `Rejected`, `Unauthorized`, `RetriesExhausted`, `ShutdownTimeout`, `Dropped`.
 *
 * No failure carries a value of a message, the API key, a request or a response: it can be logged as it is.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/** Of the message: `identify`, `track`, `page`, `screen`, `group` or `alias`; `unknown` where it had no such type. */
const type = Schema.String

/**
 * The message does not fit its Schema: a required id is missing, a reserved name has another type, or a top-level key is
 * not known to the API. The message was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class InvalidMessage extends Schema.TaggedError<InvalidMessage>()("InvalidMessage", {
  type,
  /** Where in the message, such as `properties.products[0].price`; empty when it is the message as a whole. */
  path: Schema.String,
  /** What was expected there. It never repeats the value. */
  reason: Schema.String
}) {
  override get message(): string {
    return `Invalid ${this.type} message${this.path === "" ? "" : ` at ${this.path}`}: ${this.reason}`
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
  type,
  /** UTF-8 bytes of the message's JSON. */
  bytes: Schema.Int,
  /** The most that is taken. */
  limit: Schema.Int
}) {
  override get message(): string {
    return `The ${this.type} message has ${this.bytes} bytes, the limit is ${this.limit}`
  }
}

/**
 * JSON cannot carry the message: a `BigInt`, a cycle, `NaN`, a function, a `Map`, a `toJSON` or getter that throws. The
 * message was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class UnserializableMessage extends Schema.TaggedError<UnserializableMessage>()("UnserializableMessage", {
  type,
  /** Where in the message, such as `properties.total`; empty when that is not known. */
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `JSON cannot carry the ${this.type} message${this.path === "" ? "" : ` at ${this.path}`}: ${this.reason}`
  }
}

/**
 * As many messages or bytes are waiting as `queueCapacity` and `queueBytes` allow, and `whenFull` is `fail`. The message
 * was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class QueueFull extends Schema.TaggedError<QueueFull>()("QueueFull", {
  /** Messages waiting to be sent. */
  messages: Schema.Int,
  /** Bytes of JSON waiting to be sent. */
  bytes: Schema.Int,
  /** `queueCapacity`. */
  capacity: Schema.Int,
  /** `queueBytes`. */
  capacityBytes: Schema.Int
}) {
  override get message(): string {
    return `The queue is full: ${this.messages} of ${this.capacity} messages, ${this.bytes} of ${this.capacityBytes} bytes`
  }
}

/**
 * The layer's scope is closed or closing. The message was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class AnalyticsClosed extends Schema.TaggedError<AnalyticsClosed>()("AnalyticsClosed", {}) {
  override get message(): string {
    return "Analytics is closed: its layer's scope has ended"
  }
}

/**
 * Why a call did not accept a message.
 *
 * @category call errors
 * @since 0.1.0
 */
export type CallError = InvalidMessage | MessageTooLarge | UnserializableMessage | QueueFull | AnalyticsClosed

/**
 * An option has a value that it cannot take. Raised when the layer is built.
 *
 * @category layer errors
 * @since 0.1.0
 */
export class InvalidOptions extends Schema.TaggedError<InvalidOptions>()("InvalidOptions", {
  /** The option, such as `flushAt`, or a path within it, such as `context.device.token`. */
  option: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return this.option === "" ? `Invalid options: ${this.reason}` : `Invalid option ${this.option}: ${this.reason}`
  }
}

const countMessages = (messageIds: ReadonlyArray<string>): string =>
  messageIds.length === 1 ? "1 message" : `${messageIds.length} messages`

const batch = {
  /** Numbers the batches of one client from 1; the same as `batchId` in its logs. */
  batchId: Schema.Int,
  /** The messages that were in the batch. */
  messageIds: Schema.Array(Schema.String)
}

/**
 * The server refused the batch in a way that sending it again cannot mend, such as 400 for a message that it finds
 * invalid.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  ...batch,
  /** HTTP status. */
  status: Schema.Int,
  /** The server's words. */
  reason: Schema.String
}) {
  override get message(): string {
    return `The server answered ${this.status} to a batch of ${countMessages(this.messageIds)}: ${this.reason}`
  }
}

/**
 * The server does not take the API key (401 or 403): it is mistyped, revoked, or of the other region.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {
  ...batch,
  /** HTTP status. */
  status: Schema.Int,
  /** The server's words. */
  reason: Schema.String
}) {
  override get message(): string {
    return `The server answered ${this.status}: the API key is wrong, or belongs to the other region: ${this.reason}`
  }
}

/**
 * Every attempt failed in a way that is worth retrying, and the `retry` schedule ended.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class RetriesExhausted extends Schema.TaggedError<RetriesExhausted>()("RetriesExhausted", {
  ...batch,
  /** Requests made. */
  attempts: Schema.Int,
  /** HTTP status of the last answer; absent when there was none. */
  status: Schema.optionalKey(Schema.Int),
  /** Why the last attempt failed. */
  reason: Schema.String
}) {
  override get message(): string {
    return `Gave up on a batch of ${countMessages(this.messageIds)} after ${this.attempts} attempts: ${this.reason}`
  }
}

/**
 * The messages had no outcome when `shutdownTimeout` was over. Those that were in a request may have arrived.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class ShutdownTimeout extends Schema.TaggedError<ShutdownTimeout>()("ShutdownTimeout", {
  messageIds: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Closed before ${countMessages(this.messageIds)} could be delivered`
  }
}

/**
 * The message was the oldest in a full queue and `whenFull` is `dropOldest`.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class Dropped extends Schema.TaggedError<Dropped>()("Dropped", {
  messageIds: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Dropped ${countMessages(this.messageIds)} from a full queue`
  }
}

/**
 * Why an accepted message was not delivered.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export type DeliveryError = Rejected | Unauthorized | RetriesExhausted | ShutdownTimeout | Dropped
