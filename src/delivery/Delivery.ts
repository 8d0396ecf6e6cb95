/**
 * What becomes of an accepted message.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { Message } from "../message/Message.ts"
import type { DeliveryError, Outcome } from "./Outcome.ts"

/**
 * What a call returns: the message was accepted and will have one outcome. A receipt that nobody awaits costs nothing.
 *
 * **Example** (Answering only once the server has the message)
 *
 * ```ts
 * import { Analytics } from "cdp-analytics-effect"
 * import { Effect } from "effect"
 *
 * const effect = Effect.gen(function* () {
 *   const receipt = yield* Analytics.track({ userId: "019mr8mf4r", event: "invoice_paid" })
 *   yield* receipt.await
 * }).pipe(Effect.catchTag("Rejected", ({ reason }) => Effect.logError("refused", reason)))
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface Receipt {
  /** The id that the message was sent with: your own, or the one that was made for it. */
  readonly messageId: string
  /**
   * Succeeds when the server accepted the message and fails with the reason when it could not be delivered. It waits for
   * the batch to leave: `Analytics.flush` sends it at once. With `enabled: false` it succeeds at once. Where nothing in this
   * process delivers, as with `AnalyticsOutbox.layerWriter`, it fails with `Elsewhere` at once; where an outbox's layer
   * has closed before the message was delivered, too.
   */
  readonly await: Effect.Effect<void, DeliveryError>
  /** Whether what becomes of the message is told here: `elsewhere` where another process delivers it. */
  readonly settles: "here" | "elsewhere"
}

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
  readonly failed: Readonly<Partial<Record<Exclude<Outcome["_tag"], "Delivered">, number>>>
  /**
   * Messages accepted before the flush that had no outcome when `flushTimeout` was over. They are kept and tried on, and a
   * later flush counts them.
   */
  readonly waiting: number
}

/**
 * What the option `onUndelivered` is given: the messages of a batch that was not delivered, and why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Undelivered {
  /**
   * As they were sent, stamped and merged: `JSON.stringify` makes the same JSON of each, `messageFromJson` reads it, and
   * `Analytics.enqueue(message, { asStamped: true })` sends the same bytes again.
   */
  readonly messages: ReadonlyArray<typeof Message.Type>
  /**
   * The JSON of those that do not fit their Schema or cannot be read back to the byte, where there are any: a getter or a
   * proxy gave another value when the message was encoded than when it was looked at.
   */
  readonly unreadable?: ReadonlyArray<string>
  /** Why they were not. */
  readonly error: DeliveryError
}
