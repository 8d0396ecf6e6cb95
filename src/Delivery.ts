/**
 * What becomes of an accepted message.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { DeliveryError } from "./AnalyticsError.ts"

/**
 * What a call returns: the message was accepted and will have one outcome.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receipt {
  /** The id that the message was sent with: your own, or the one that was made for it. */
  readonly messageId: string
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
 * What became of a batch: `Delivered`, or a tagged failure. Every accepted message is in exactly one outcome.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = Delivered | DeliveryError

/**
 * What a flush did, in messages.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlushReport {
  /** Messages that the server accepted. */
  readonly delivered: number
  /** Messages that were not delivered, by the tag of the reason; a tag that did not occur is absent. */
  readonly failed: Readonly<Partial<Record<DeliveryError["_tag"], number>>>
}
