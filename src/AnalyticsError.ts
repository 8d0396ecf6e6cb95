/**
 * Every tagged failure.
 *
 * - Raised by a call: `InvalidMessage`, `MessageTooLarge`, `UnserializableMessage`, `QueueFull`, `AnalyticsClosed`.
 * - Raised by building a layer: `InvalidOptions` (and Effect's `ConfigError`); the former by `Simulator.setFaults`, too.
 * - Raised by `Analytics.flushOrFail`: `NotDelivered`.
 * - Outcomes of delivery: `Rejected`, `Unauthorized`, `RetriesExhausted`, `ShutdownTimeout`, `Dropped`.
 *
 * Those of a call have the message's `type` and, of a `track`, its `event`. No failure carries another value of a message, the
 * API key, a request or a response: it can be logged as it is.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

export { NotDelivered } from "./delivery/NotDelivered.ts"
export {
  type DeliveryError,
  Dropped,
  Elsewhere,
  Rejected,
  RetriesExhausted,
  ShutdownTimeout,
  Unauthorized
} from "./delivery/Outcome.ts"
export {
  InvalidMessage,
  isRefused,
  MessageTooLarge,
  type Refused,
  UnserializableMessage
} from "./message/MessageError.ts"
export { AnalyticsClosed, type CallError, OutboxError, QueueFull } from "./pipeline/CallError.ts"

/**
 * An option has a value that it cannot take. Raised when a layer is built, and by `Simulator.setFaults`.
 *
 * @category layer errors
 * @since 0.1.0
 */
export class InvalidOptions extends Schema.TaggedError<InvalidOptions>()("InvalidOptions", {
  /** The option, such as `flushAt`, or a path within it, such as `context.device.token`. */
  option: Schema.String,
  /** What was expected of it. */
  reason: Schema.String
}) {
  override get message(): string {
    return this.option === "" ? `Invalid options: ${this.reason}` : `Invalid option ${this.option}: ${this.reason}`
  }
}
