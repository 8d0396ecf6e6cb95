/**
 * What Customer.io reads specially: people, devices, objects and deliveries.
 *
 * Each function is one call of `Analytics`, a `track` or a `group`, whose magic name and fields nobody has to know. Its input
 * is checked first, and what is wrong with it is an `InvalidMessage` with the field and the reason; then it goes the way of
 * all calls, and fails with nothing that they do not fail with.
 *
 * **Example** (A person signs in on a phone)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.registerDevice({
 *   userId: "019mr8mf4r",
 *   token: "c0ffee",
 *   type: "ios",
 *   properties: { app_version: "2.1.0" }
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Analytics, failCall } from "./Analytics.ts"
import type { CallError } from "./AnalyticsError.ts"
import type { Receipt } from "./delivery/Delivery.ts"
import type { Identified } from "./message/MessageInput.ts"
import type {
  DeleteDeviceInput,
  DeleteObjectInput,
  DeletePersonInput,
  RegisterDeviceInput,
  RelateInput,
  ReportDeliveryInput,
  SetObjectInput,
  SuppressPersonInput,
  UnrelateInput,
  UnsuppressPersonInput
} from "./message/SemanticEvent.ts"
import * as messages from "./message/semanticMessage.ts"

export { type SemanticName as Name, semanticNames as names } from "./message/semanticNames.ts"

/** The way of a semantic event: read, and then that of the plain call. */
const say =
  <Input, Message>(
    read: messages.Read<Input, Message>,
    call: (analytics: Analytics["Service"]) => (message: Message) => Effect.Effect<Receipt, CallError>
  ) =>
  (input: Input): Effect.Effect<Receipt, CallError, Analytics> =>
    Analytics.use((analytics): Effect.Effect<Receipt, CallError> => {
      const said = read(input)
      if (Result.isFailure(said)) {
        return failCall(analytics, said.failure.type === "group" ? "group" : "track", said.failure)
      }
      const { message, context, places } = said.success
      const called = call(analytics)(message)
      const within = context === undefined ? called : Analytics.withContext(called, context)
      return places === undefined ? within : Effect.mapError(within, (error) => messages.renamed(error, places))
    })

const track = ({ track }: Analytics["Service"]) => track
const group = ({ group }: Analytics["Service"]) => group

/**
 * Deletes a person: their profile, devices and relationships. A later event makes them known anew, without any of that. Needs
 * `userId`, which is what Customer.io's documentation names, or `anonymousId`.
 *
 * **Example** (An account is closed)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.deletePerson({ userId: "019mr8mf4r" })
 * ```
 *
 * @category people
 * @since 0.1.0
 */
export const deletePerson: (input: DeletePersonInput & Identified) => Effect.Effect<Receipt, CallError, Analytics> =
  say(messages.readDeletePerson, track)

/**
 * Deletes a person, and has whatever names them ignored until they are unsuppressed: for a request to be forgotten. Who is
 * only not to be written to has the trait `unsubscribed`. Needs `userId`, which is what Customer.io's documentation names,
 * or `anonymousId`.
 *
 * **Example** (A request to be forgotten)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.suppressPerson({ userId: "019mr8mf4r" })
 * ```
 *
 * @category people
 * @since 0.1.0
 */
export const suppressPerson: (input: SuppressPersonInput & Identified) => Effect.Effect<Receipt, CallError, Analytics> =
  say(messages.readSuppressPerson, track)

/**
 * Lets the ids of a suppressed person be used again. It brings nothing back: the next event makes a new profile. Needs
 * `userId`, which is what Customer.io's documentation names, or `anonymousId`.
 *
 * **Example** (Somebody comes back)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.unsuppressPerson({ userId: "019mr8mf4r" })
 * ```
 *
 * @category people
 * @since 0.1.0
 */
export const unsuppressPerson: (
  input: UnsuppressPersonInput & Identified
) => Effect.Effect<Receipt, CallError, Analytics> = say(messages.readUnsuppressPerson, track)

/**
 * Makes a device of a person, or updates the one with this token. Needs `token`, `type`, and `userId` or `anonymousId`.
 *
 * **Details**
 *
 * Token, type and what else is known of the device are `context.device` of the event, over what `context` has there.
 * `properties` are attributes of the device, to make segments of.
 *
 * **Example** (A person signs in on a phone)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.registerDevice({
 *   userId: "019mr8mf4r",
 *   token: "c0ffee",
 *   type: "ios",
 *   model: "iPhone17,1",
 *   properties: { app_version: "2.1.0", push_enabled: "true" }
 * })
 * ```
 *
 * @category devices
 * @since 0.1.0
 */
export const registerDevice: (input: RegisterDeviceInput & Identified) => Effect.Effect<Receipt, CallError, Analytics> =
  say(messages.readRegisterDevice, track)

/**
 * Deletes the device of a person that has this token. Needs `token`, and `userId` or `anonymousId`.
 *
 * **Example** (A person signs out)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.deleteDevice({ userId: "019mr8mf4r", token: "c0ffee" })
 * ```
 *
 * @category devices
 * @since 0.1.0
 */
export const deleteDevice: (input: DeleteDeviceInput & Identified) => Effect.Effect<Receipt, CallError, Analytics> =
  say(messages.readDeleteDevice, track)

/**
 * Makes an object, such as a company, or updates its traits: a `group` about no person. Needs `objectId`.
 *
 * **Example** (A company on a plan)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.setObject({ objectId: "acme", traits: { name: "Acme", plan: "Enterprise" } })
 * ```
 *
 * @category objects
 * @since 0.1.0
 */
export const setObject: (input: SetObjectInput) => Effect.Effect<Receipt, CallError, Analytics> = say(
  messages.readSetObject,
  group
)

/**
 * Relates a person to an object, which is made if it is not there, or updates what is known of the relationship: a `group`
 * about a person. Needs `objectId`, and `userId` or `anonymousId`.
 *
 * **Example** (A person joins a company)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.relate({
 *   userId: "019mr8mf4r",
 *   objectId: "acme",
 *   relationshipAttributes: { role: "admin" }
 * })
 * ```
 *
 * @category objects
 * @since 0.1.0
 */
export const relate: (input: RelateInput & Identified) => Effect.Effect<Receipt, CallError, Analytics> = say(
  messages.readRelate,
  group
)

/**
 * Ends the relationship of a person with an object; both stay. Needs `objectId`, and `userId`, which is what Customer.io's
 * documentation names, or `anonymousId`.
 *
 * **Example** (A person leaves a company)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.unrelate({ userId: "019mr8mf4r", objectId: "acme" })
 * ```
 *
 * @category objects
 * @since 0.1.0
 */
export const unrelate: (input: UnrelateInput & Identified) => Effect.Effect<Receipt, CallError, Analytics> = say(
  messages.readUnrelate,
  track
)

/**
 * Deletes an object and all relationships with it. Needs `objectId`.
 *
 * **Details**
 *
 * The API asks for an id of a person, and takes any: `anonymousId` is the `objectId` where the input has no id.
 *
 * **Example** (An object of the second type)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.deleteObject({ objectId: "effect-101", objectTypeId: 2 })
 * ```
 *
 * @category objects
 * @since 0.1.0
 */
export const deleteObject: (input: DeleteObjectInput) => Effect.Effect<Receipt, CallError, Analytics> = say(
  messages.readDeleteObject,
  track
)

/**
 * Reports what became of a message that Customer.io sent by a way that it cannot see. Needs `deliveryId` and `metric`.
 *
 * **Details**
 *
 * `anonymousId` is the `deliveryId` where the input has no id, as Customer.io's own apps send it.
 *
 * **Example** (A link of a message was clicked)
 *
 * ```ts
 * import { SemanticEvents } from "cdp-analytics-effect"
 *
 * const effect = SemanticEvents.reportDelivery({
 *   deliveryId: "RPILAgUBcRhIBqSp7kiPekGBIeVh",
 *   metric: "clicked",
 *   recipient: "cool.person@example.com",
 *   href: "https://example.com/spring"
 * })
 * ```
 *
 * @category deliveries
 * @since 0.1.0
 */
export const reportDelivery: (input: ReportDeliveryInput) => Effect.Effect<Receipt, CallError, Analytics> = say(
  messages.readReportDelivery,
  track
)
