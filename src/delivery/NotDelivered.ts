import * as Schema from "effect/Schema"

const Count = Schema.Int

/**
 * `Analytics.flushOrFail` found messages that were not delivered, or that still waited when `flushTimeout` was over: those
 * are kept and tried on.
 *
 * @category delivery errors
 * @since 0.1.0
 */
export class NotDelivered extends Schema.TaggedError<NotDelivered>()("NotDelivered", {
  /** What `Analytics.flush` would have returned. */
  report: Schema.Struct({
    /** Messages that the server accepted. */
    delivered: Count,
    /** Messages that were not delivered, by the tag of the reason. */
    failed: Schema.Struct({
      Rejected: Schema.optionalKey(Count),
      Unauthorized: Schema.optionalKey(Count),
      RetriesExhausted: Schema.optionalKey(Count),
      ShutdownTimeout: Schema.optionalKey(Count),
      Dropped: Schema.optionalKey(Count)
    }),
    /** Messages without an outcome when `flushTimeout` was over. */
    waiting: Count
  })
}) {
  override get message(): string {
    const { delivered, failed, waiting } = this.report
    const counts = Object.entries({ ...failed, ...(waiting > 0 && { waiting }) }).map(
      ([tag, count]) => `${count} ${tag}`
    )
    return `Not every message was delivered: ${counts.join(", ")}; ${delivered} delivered`
  }
}
