/**
 * What became of a batch: delivered, or why not.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { sayCall } from "../message/callName.ts"

const countMessages = (messageIds: ReadonlyArray<string>): string =>
  messageIds.length === 1 ? "1 message" : `${messageIds.length} messages`

const batch = {
  /** Numbers the batches of one client from 1; the same as `batchId` in its logs. */
  batchId: Schema.Int,
  /** The messages that were in the batch. */
  messageIds: Schema.Array(Schema.String)
}

const answer = {
  /** HTTP status. */
  status: Schema.Int,
  /**
   * The server's words for it (`meta.errors` and `meta.error`), of which only those of a fixed vocabulary are told, and `…`
   * for others; where a redirect points; or what kind of answer it was: `400, text/html, 1,234 bytes`.
   */
  reason: Schema.String
}

/**
 * The server accepted the batch.
 *
 * @category models
 * @since 0.1.0
 */
export class Delivered extends Schema.TaggedClass<Delivered>()("Delivered", {
  /** Numbers the batches of one client from 1; the same as `batchId` in its logs. */
  batchId: Schema.Int,
  /** The messages that were in the batch. */
  messageIds: Schema.Array(Schema.String)
}) {}

/**
 * The server refused the batch in a way that sending it again cannot mend, such as 400 for a message that it finds
 * invalid.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  ...batch,
  /** Of the message, where it was sent alone, as a refused one is in the end. */
  type: Schema.optionalKey(Schema.String),
  /** Of a `track` that was sent alone, printable, and no more than the first 100 characters. */
  event: Schema.optionalKey(Schema.String),
  ...answer
}) {
  override get message(): string {
    const call = this.type === undefined ? "" : ` (${sayCall({ ...this, type: this.type })})`
    return `The server answered ${this.status} to a batch of ${countMessages(this.messageIds)}${call}: ${this.reason}`
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
  ...answer
}) {
  override get message(): string {
    return `The server answered ${this.status}: the API key is wrong, or belongs to the other region: ${this.reason}`
  }
}

/**
 * Every attempt failed in a way that is worth retrying, and the message was older than `deliveryTimeout`, or is at fault
 * itself (others were accepted each time that it failed), or the `retry` schedule ended. A message that was never tried has
 * `attempts` and `batchId` 0.
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
  /** The messages that it happened to. */
  messageIds: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Closed before ${countMessages(this.messageIds)} could be delivered`
  }
}

/**
 * The message was the oldest in a full queue and `whenFull` is `dropOldest`; or, with the outbox, the transaction that it was
 * part of was rolled back.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class Dropped extends Schema.TaggedError<Dropped>()("Dropped", {
  /** The messages that it happened to. */
  messageIds: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Dropped ${countMessages(this.messageIds)} from a full queue`
  }
}

/**
 * What `Receipt.await` fails with, at once, where nothing in this process delivers: the message was accepted, another process
 * delivers it, and what becomes of it is to be seen there. The same where the layer has closed before the message was
 * delivered: an outbox keeps it for the next start, or another process. No outcome and no report has it.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class Elsewhere extends Schema.TaggedError<Elsewhere>()("Elsewhere", {
  /** The messages that it is about. */
  messageIds: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Accepted here, and delivered by another process: ${countMessages(this.messageIds)}`
  }
}

/** Why a message was not delivered, as outcomes have it. */
export type Failure = Exclude<Outcome, Delivered>

/**
 * Why an accepted message was not delivered, or that it is not told here.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export type DeliveryError = Rejected | Unauthorized | RetriesExhausted | ShutdownTimeout | Dropped | Elsewhere

/**
 * What became of a batch: `Delivered`, or a tagged failure. Every accepted message is in exactly one outcome.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = Delivered | Rejected | Unauthorized | RetriesExhausted | ShutdownTimeout | Dropped
