/**
 * Analytics for Effect 4: people's behaviour, delivered to Customer.io Data Pipelines.
 *
 * @since 0.1.0
 */
export { Analytics, AnalyticsLive } from "./Analytics.ts"
export { analyticsConfig } from "./AnalyticsEnvironment.ts"
export {
  AnalyticsClosed,
  type CallError,
  type DeliveryError,
  Dropped,
  Elsewhere,
  InvalidMessage,
  InvalidOptions,
  isRefused,
  MessageTooLarge,
  NotDelivered,
  OutboxError,
  QueueFull,
  type Refused,
  Rejected,
  RetriesExhausted,
  ShutdownTimeout,
  Unauthorized,
  UnserializableMessage
} from "./AnalyticsError.ts"
export * as AnalyticsMetrics from "./AnalyticsMetrics.ts"
export type { AnalyticsConfig, AnalyticsOptions, OptionsConfig } from "./AnalyticsOptions.ts"
export type { FlushReport, Receipt, Undelivered } from "./delivery/Delivery.ts"
export { Delivered, type Outcome } from "./delivery/Outcome.ts"
export type { UndeliveredHandler } from "./delivery/undelivered.ts"
export type { DateLike } from "./message/DateLike.ts"
export {
  type AppContext,
  type CampaignContext,
  type DeviceContext,
  EventContext,
  type EventContextInput,
  type LibraryContext,
  type LocationContext,
  type NetworkContext,
  type OsContext,
  type PageContext,
  type ReferrerContext,
  type ReservedContext,
  type ScreenContext
} from "./message/EventContext.ts"
export { Integrations } from "./message/Integrations.ts"
export {
  Alias,
  Group,
  Identify,
  Message,
  type MessageSchema,
  type MessageType,
  Page,
  Screen,
  Track
} from "./message/Message.ts"
export type {
  AliasInput,
  GroupInput,
  Identified,
  IdentifiedOrEmail,
  IdentifyInput,
  PageInput,
  ScreenInput,
  TrackInput
} from "./message/MessageInput.ts"
export { messageFromJson } from "./message/messageFromJson.ts"
export type { AnyRecord, NotData, RecordInput, RecordSchema } from "./message/open.ts"
export {
  Product,
  type ProductInput,
  Properties,
  type PropertiesInput,
  type ReservedProduct,
  type ReservedProperties
} from "./message/Properties.ts"
export {
  DeleteDevice,
  type DeleteDeviceInput,
  DeleteObject,
  type DeleteObjectInput,
  DeletePerson,
  type DeletePersonInput,
  ObjectTraits,
  type ObjectTraitsInput,
  RegisterDevice,
  type RegisterDeviceInput,
  Relate,
  type RelateInput,
  ReportDelivery,
  type ReportDeliveryInput,
  SetObject,
  type SetObjectInput,
  SuppressPerson,
  type SuppressPersonInput,
  Unrelate,
  type UnrelateInput,
  UnsuppressPerson,
  type UnsuppressPersonInput
} from "./message/SemanticEvent.ts"
export {
  Address,
  type AddressInput,
  GroupTraits,
  type GroupTraitsInput,
  type ReservedAddress,
  type ReservedGroupTraits,
  type ReservedSubscriptionPreferences,
  type ReservedTraits,
  type SubscriptionChannels,
  SubscriptionPreferences,
  type SubscriptionPreferencesInput,
  Traits,
  type TraitsInput
} from "./message/Traits.ts"
export type { EnqueueOptions } from "./pipeline/accept.ts"
export type { Order, WhenFull } from "./pipeline/admission.ts"
export type { Status } from "./pipeline/Status.ts"
export * as SemanticEvents from "./SemanticEvents.ts"
export { defaultRetry } from "./transport/defaultRetry.ts"
export * as Retry from "./transport/Retry.ts"
export type { LastFailure } from "./transport/Server.ts"
export type { RateLimit } from "./transport/Transport.ts"
