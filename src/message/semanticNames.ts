/**
 * The events that Customer.io reads specially, each by the function of `SemanticEvents` that sends it: exactly these names.
 * `setObject` and `relate` are no events, but groups. A `track` with any other name is an event like any other.
 *
 * **Example** (Whether a name of your own is one of them)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const isTaken = (event: string) => Object.values<string>(SemanticEvents.names).includes(event)
 * ```
 *
 * @see https://docs.customer.io/integrations/data-in/semantic-events/cio-journeys
 * @category constants
 * @since 0.1.0
 */
export const semanticNames = {
  deletePerson: "User Deleted",
  suppressPerson: "User Suppressed",
  unsuppressPerson: "User Unsuppressed",
  registerDevice: "Device Created or Updated",
  deleteDevice: "Device Deleted",
  deleteObject: "Object Deleted",
  unrelate: "Relationship Deleted",
  reportDelivery: "Report Delivery Event"
} as const

/**
 * The name of an event that Customer.io reads specially.
 *
 * @category models
 * @since 0.1.0
 */
export type SemanticName = (typeof semanticNames)[keyof typeof semanticNames]

/** What a delivery can be reported as. */
export const deliveryMetrics = ["delivered", "opened", "clicked", "converted"] as const

const names: ReadonlySet<unknown> = new Set(Object.values(semanticNames))

/** Whether Customer.io reads an event of this name specially. */
export const isSemanticName = (name: unknown): name is SemanticName => names.has(name)
