/**
 * Which destinations receive a message.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { AnyRecord } from "./open.ts"

/**
 * Destination name (case-sensitive) to whether it receives the message. `"All": false` turns off every destination but
 * those named. A destination may also take an object of settings of its own.
 *
 * **Example** (Sending to one destination only)
 *
 * ```ts
 * import type { Integrations } from "cdp-analytics-effect"
 *
 * const onlyMixpanel: Integrations = { All: false, Mixpanel: true }
 * ```
 *
 * @see https://docs.customer.io/cdp/sources/source-spec/common-fields/
 * @category schemas
 * @since 0.1.0
 */
export const Integrations = Schema.Record(
  Schema.String,
  Schema.Union([Schema.Boolean, Schema.Record(Schema.String, Schema.Unknown)])
).annotate({
  identifier: "Integrations",
  title: "Integrations",
  description: "Destination name (case-sensitive) to whether it receives the message",
  examples: [{ All: false, Mixpanel: true }]
})

/**
 * Destination name (case-sensitive) to whether it receives the message, or to settings of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Integrations {
  readonly [destination: string]: boolean | AnyRecord
}
