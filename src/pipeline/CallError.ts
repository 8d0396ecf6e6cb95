/**
 * Why a call did not accept a message.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { callNameFields, sayCall } from "../message/callName.ts"
import type { Refused } from "../message/MessageError.ts"

/**
 * As many messages or bytes are waiting as `queueCapacity` and `queueBytes` allow, and `whenFull` is `fail`. The message
 * was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class QueueFull extends Schema.TaggedError<QueueFull>()("QueueFull", {
  ...callNameFields,
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
    const { messages, capacity, bytes, capacityBytes } = this
    return `No room for the ${sayCall(this)}: the queue has ${messages} of ${capacity} messages, ${bytes} of ${capacityBytes} bytes; whenFull can make calls wait, or drop the oldest message`
  }
}

/**
 * The layer's scope is closed or closing. The message was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class AnalyticsClosed extends Schema.TaggedError<AnalyticsClosed>()("AnalyticsClosed", {
  ...callNameFields
}) {
  override get message(): string {
    return `Analytics is closed to the ${sayCall(this)}: its layer's scope has ended`
  }
}

/**
 * The outbox could not keep a message, or cannot be opened. What the call was given was not accepted.
 *
 * @category call errors
 * @since 0.1.0
 */
export class OutboxError extends Schema.TaggedError<OutboxError>()("OutboxError", {
  /** Of no call, where a layer is built: `unknown`. */
  ...callNameFields,
  /**
   * `Unavailable`: the database cannot at the moment (locked, full, not to be reached), and the same call may succeed later.
   * `Corrupt`: the file is damaged, or is no database. `Incompatible`: the outbox is of another version of the library, an
   * option has a value that it cannot take, or the call stands in a transaction that it cannot be part of.
   */
  reason: Schema.Literals(["Unavailable", "Corrupt", "Incompatible"]),
  /** The file, or the schema of the database. */
  outbox: Schema.String,
  /** What happened, in the database's words or the library's; nothing of a message. */
  detail: Schema.String
}) {
  override get message(): string {
    const call = this.type === "unknown" ? "" : ` to the ${sayCall(this)}`
    return `The outbox ${this.outbox} is ${this.reason.toLowerCase()}${call}: ${this.detail}`
  }
}

/**
 * Why a call did not accept a message. Nothing of it was sent, and no outcome will tell of it.
 *
 * **Example** (A full queue is one thing, a wrong message another)
 *
 * ```ts
 * import { Analytics } from "cdp-analytics-effect"
 * import { Effect } from "effect"
 *
 * const effect = Analytics.track({ userId: "019mr8mf4r", event: "order_completed" }).pipe(
 *   Effect.catchTags({
 *     QueueFull: ({ messages }) => Effect.logWarning("no room", messages),
 *     InvalidMessage: ({ path, reason }) => Effect.logError("a bug of ours", path, reason)
 *   })
 * )
 * ```
 *
 * @category call errors
 * @since 0.1.0
 */
export type CallError = Refused | QueueFull | AnalyticsClosed | OutboxError
