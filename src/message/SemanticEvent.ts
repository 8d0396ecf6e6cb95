/**
 * What the functions of `SemanticEvents` take, as Schemas.
 *
 * Each has an `Input`, which is what may be given, and a type of its own, which is what the Schema decodes. The functions
 * refuse a key that they do not know, as the six calls do.
 *
 * @see https://docs.customer.io/integrations/data-in/semantic-events/cio-journeys
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { DeviceContext, type EventContext } from "./EventContext.ts"
import { common, identifiesPerson, Name, named, person } from "./Message.ts"
import type { CommonInput, PersonInput } from "./MessageInput.ts"
import { Any, type AnyRecord, type NotData, reserved } from "./open.ts"
import { own } from "./own.ts"
import { Properties, type PropertiesInput } from "./Properties.ts"
import { deliveryMetrics } from "./semanticNames.ts"
import { GroupTraits, type GroupTraitsInput } from "./Traits.ts"

/** What names something: an empty text names nothing. */
const Id = Name.check(Schema.isNonEmpty({ expected: "text that is not empty" }))

const isTypeText = Schema.isPattern(/^[1-9]\d*$/, { expected: 'an integer from 1 on as text, such as "1"' })

/** Ids of object types are counted from 1. In JSON they are text. */
const ObjectTypeId = Schema.Union([
  Schema.String.check(isTypeText),
  Schema.Int.check(
    Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, { expected: "an integer from 1 on" })
  )
])

const object = { objectId: Id, objectTypeId: Schema.optional(ObjectTypeId) }

const { id, manufacturer, model, name, version, advertisingId } = DeviceContext.schema.fields

/** Of each input, the fields that the plain call does not have. */
export const ownFields = {
  registerDevice: {
    token: Id,
    type: Schema.Literals(["ios", "android"]),
    id,
    manufacturer,
    model,
    name,
    version,
    advertisingId
  },
  deleteDevice: { token: Id },
  object,
  relate: { ...person, ...object },
  reportDelivery: {
    deliveryId: Id,
    metric: Schema.Literals(deliveryMetrics),
    recipient: Schema.optional(Schema.String),
    href: Schema.optional(Schema.String),
    reason: Schema.optional(Schema.String),
    actionName: Schema.optional(Schema.String),
    actionValue: Schema.optional(Schema.String)
  }
}

/** In the traits of an object these would be said twice, or of nobody. */
const besideTraits = {
  objectTypeId: "Expected objectTypeId beside traits, not in them",
  relationshipAttributes: "Expected relationshipAttributes in a call of relate, not in traits"
}

/** Of a record: what is wrong with it as traits of an object. */
export const checkObjectTraits = (traits: AnyRecord) => {
  const misplaced = Object.entries(besideTraits).find(([key]) => own(traits, key) !== undefined)
  return misplaced && { path: [misplaced[0]], issue: misplaced[1] }
}

/**
 * Traits of an object: of `GroupTraits` all but the object's type and the attributes of a relationship, which are fields of
 * the functions.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ObjectTraits = GroupTraits.check(Schema.makeFilter(checkObjectTraits)).annotate({
  identifier: "ObjectTraits",
  title: "Object traits",
  description: "What is known about an object: reserved names, typed, and any other key"
})

/** The person whose profile an event is about. */
interface AboutPersonInput extends CommonInput, PersonInput {}

/** The object that an event is about. */
interface AboutObjectInput extends CommonInput {
  /** The object's id: the `groupId` of the groups that made it. */
  readonly objectId: string
  /** The type that the object is of: an integer from 1 on, sent as text. Default: `"1"`. */
  readonly objectTypeId?: string | number | undefined
}

/**
 * What `SemanticEvents.deletePerson` takes, where it says whom it is about.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeletePersonInput extends AboutPersonInput {}

/**
 * What `SemanticEvents.suppressPerson` takes, where it says whom it is about.
 *
 * @category models
 * @since 0.1.0
 */
export interface SuppressPersonInput extends AboutPersonInput {}

/**
 * What `SemanticEvents.unsuppressPerson` takes, where it says whom it is about.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnsuppressPersonInput extends AboutPersonInput {}

/**
 * What `SemanticEvents.registerDevice` takes, where it says whose device it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface RegisterDeviceInput extends AboutPersonInput {
  /** The push token. */
  readonly token: string
  /** What push messages go through: Apple's service, or Google's. */
  readonly type: "ios" | "android"
  /** An id of the device. */
  readonly id?: string | null | undefined
  /** Such as `Apple`. */
  readonly manufacturer?: string | null | undefined
  /** Such as `iPhone17,1`. */
  readonly model?: string | null | undefined
  /** Such as `iPhone`. */
  readonly name?: string | null | undefined
  /** Version of the device. */
  readonly version?: string | null | undefined
  /** IDFA or Google's advertising id. */
  readonly advertisingId?: string | null | undefined
  /**
   * Attributes of the device, to make segments of. Customer.io's own apps send `app_version`, `device_os`, `device_model`,
   * `device_locale`, `push_enabled` and the like.
   */
  readonly properties?: PropertiesInput | undefined
}

/**
 * What `SemanticEvents.deleteDevice` takes, where it says whose device it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeleteDeviceInput extends AboutPersonInput {
  /** The push token that the device was registered with. */
  readonly token: string
}

/**
 * What `SemanticEvents.setObject` takes.
 *
 * @category models
 * @since 0.1.0
 */
export interface SetObjectInput extends AboutObjectInput {
  /** What is known about the object; what is `null` is taken away from it. */
  readonly traits?: ObjectTraitsInput | undefined
}

/**
 * Traits of an object: of `GroupTraits` all but the object's type and the attributes of a relationship.
 *
 * @category models
 * @since 0.1.0
 */
export type ObjectTraitsInput = GroupTraitsInput & {
  /** A field of the functions. */
  readonly objectTypeId?: undefined
  /** A field of `SemanticEvents.relate`. */
  readonly relationshipAttributes?: undefined
}

/**
 * What `SemanticEvents.relate` takes, where it says whom it relates.
 *
 * @category models
 * @since 0.1.0
 */
export interface RelateInput extends AboutObjectInput, PersonInput {
  /** What is known about the relationship, such as `{ role: "admin" }`. */
  readonly relationshipAttributes?: { readonly [key: string]: unknown } | (NotData & object) | null | undefined
}

/**
 * What `SemanticEvents.unrelate` takes, where it says whose relationship ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnrelateInput extends AboutObjectInput, PersonInput {}

/**
 * What `SemanticEvents.deleteObject` takes. It is about no person; the API asks for an id of one, and takes any: the
 * `objectId` is sent as `anonymousId` where there is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeleteObjectInput extends AboutObjectInput, PersonInput {}

/**
 * What `SemanticEvents.reportDelivery` takes. It is about a delivery, and so about whoever it was sent to: the `deliveryId`
 * is sent as `anonymousId` where there is no id, as Customer.io's own apps do.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReportDeliveryInput extends CommonInput, PersonInput {
  /** The `CIO-Delivery-ID` of the message that was delivered. */
  readonly deliveryId: string
  /** What became of it. */
  readonly metric: "delivered" | "opened" | "clicked" | "converted"
  /** Whom it was sent to: an email address, a telephone number or, of a push message, the device's token. */
  readonly recipient?: string | undefined
  /** Of what was clicked, the URL. */
  readonly href?: string | undefined
  /** Why, where something failed. */
  readonly reason?: string | undefined
  /** Of what was clicked in an in-app message, the name of the action. */
  readonly actionName?: string | undefined
  /** Of what was clicked in an in-app message, the value of the action. */
  readonly actionValue?: string | undefined
}

const aboutPerson = { ...common, ...person }
const registerDevice = { ...aboutPerson, ...ownFields.registerDevice, properties: Schema.optional(Properties) }
const deleteDevice = { ...aboutPerson, ...ownFields.deleteDevice }
const setObject = { ...common, ...object, traits: Schema.optional(ObjectTraits) }
const relate = { ...aboutPerson, ...object, relationshipAttributes: reserved(Any) }
const aboutObject = { ...aboutPerson, ...object }
const reportDelivery = { ...aboutPerson, ...ownFields.reportDelivery }

/**
 * Deletes a person, with their devices and relationships. Needs `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DeletePerson = named<DeletePerson, DeletePersonInput, typeof aboutPerson>(aboutPerson)
  .check(identifiesPerson)
  .annotate({
    identifier: "DeletePerson",
    title: "Delete person",
    description: "Deletes a person and all that is known about them"
  })

/**
 * Deletes a person, and has their ids ignored until they are unsuppressed. Needs `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SuppressPerson = named<SuppressPerson, SuppressPersonInput, typeof aboutPerson>(aboutPerson)
  .check(identifiesPerson)
  .annotate({
    identifier: "SuppressPerson",
    title: "Suppress person",
    description: "Deletes a person, and has their ids ignored from then on"
  })

/**
 * Lets the ids of a suppressed person be used again. Needs `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UnsuppressPerson = named<UnsuppressPerson, UnsuppressPersonInput, typeof aboutPerson>(aboutPerson)
  .check(identifiesPerson)
  .annotate({
    identifier: "UnsuppressPerson",
    title: "Unsuppress person",
    description: "Lets the ids of a suppressed person be used again"
  })

/**
 * Makes or updates a device of a person. Needs `token`, `type`, and `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RegisterDevice = named<RegisterDevice, RegisterDeviceInput, typeof registerDevice>(registerDevice)
  .check(identifiesPerson)
  .annotate({
    identifier: "RegisterDevice",
    title: "Register device",
    description: "Makes or updates a device of a person"
  })

/**
 * Deletes a device of a person. Needs `token`, and `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DeleteDevice = named<DeleteDevice, DeleteDeviceInput, typeof deleteDevice>(deleteDevice)
  .check(identifiesPerson)
  .annotate({ identifier: "DeleteDevice", title: "Delete device", description: "Deletes a device of a person" })

/**
 * Makes or updates an object, such as a company. Needs `objectId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SetObject = named<SetObject, SetObjectInput, typeof setObject>(setObject).annotate({
  identifier: "SetObject",
  title: "Set object",
  description: "Makes or updates an object"
})

/**
 * Relates a person to an object. Needs `objectId`, and `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Relate = named<Relate, RelateInput, typeof relate>(relate)
  .check(identifiesPerson)
  .annotate({ identifier: "Relate", title: "Relate", description: "Relates a person to an object" })

/**
 * Ends the relationship of a person with an object. Needs `objectId`, and `userId` or `anonymousId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Unrelate = named<Unrelate, UnrelateInput, typeof aboutObject>(aboutObject)
  .check(identifiesPerson)
  .annotate({
    identifier: "Unrelate",
    title: "Unrelate",
    description: "Ends the relationship of a person with an object"
  })

/**
 * Deletes an object and all relationships with it. Needs `objectId`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DeleteObject = named<DeleteObject, DeleteObjectInput, typeof aboutObject>(aboutObject).annotate({
  identifier: "DeleteObject",
  title: "Delete object",
  description: "Deletes an object and all relationships with it"
})

/**
 * Reports what became of a message that Customer.io sent. Needs `deliveryId` and `metric`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReportDelivery = named<ReportDelivery, ReportDeliveryInput, typeof reportDelivery>(
  reportDelivery
).annotate({ identifier: "ReportDelivery", title: "Report delivery", description: "Reports what became of a message" })

/**
 * Traits of an object as the Schema decodes them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ObjectTraits extends GroupTraits {
  /** A field of the functions. */
  readonly objectTypeId?: undefined
  /** A field of `SemanticEvents.relate`. */
  readonly relationshipAttributes?: undefined
}

/**
 * What `SemanticEvents.deletePerson` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeletePerson extends DeletePersonInput {
  readonly context?: EventContext | undefined
}

/**
 * What `SemanticEvents.suppressPerson` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SuppressPerson extends SuppressPersonInput {
  readonly context?: EventContext | undefined
}

/**
 * What `SemanticEvents.unsuppressPerson` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnsuppressPerson extends UnsuppressPersonInput {
  readonly context?: EventContext | undefined
}

/**
 * What `SemanticEvents.registerDevice` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RegisterDevice extends RegisterDeviceInput {
  readonly context?: EventContext | undefined
  readonly properties?: Properties | undefined
}

/**
 * What `SemanticEvents.deleteDevice` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeleteDevice extends DeleteDeviceInput {
  readonly context?: EventContext | undefined
}

/**
 * What `SemanticEvents.setObject` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SetObject extends SetObjectInput {
  readonly context?: EventContext | undefined
  readonly traits?: ObjectTraits | undefined
}

/**
 * What `SemanticEvents.relate` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Relate extends RelateInput {
  readonly context?: EventContext | undefined
  readonly relationshipAttributes?: { readonly [key: string]: unknown } | null | undefined
}

/**
 * What `SemanticEvents.unrelate` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Unrelate extends UnrelateInput {
  readonly context?: EventContext | undefined
}

/**
 * What `SemanticEvents.deleteObject` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeleteObject extends DeleteObjectInput {
  readonly context?: EventContext | undefined
}

/**
 * What `SemanticEvents.reportDelivery` takes, as the Schema decodes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReportDelivery extends ReportDeliveryInput {
  readonly context?: EventContext | undefined
}
