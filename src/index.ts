/**
 * Analytics for Effect 4: people's behaviour, delivered to Customer.io Data Pipelines.
 *
 * @since 0.1.0
 */
export { Analytics, AnalyticsLive } from "./Analytics.ts"
export {
  AnalyticsClosed,
  type CallError,
  type DeliveryError,
  Dropped,
  InvalidMessage,
  InvalidOptions,
  MessageTooLarge,
  QueueFull,
  Rejected,
  RetriesExhausted,
  ShutdownTimeout,
  Unauthorized,
  UnserializableMessage
} from "./AnalyticsError.ts"
export * as AnalyticsMetrics from "./AnalyticsMetrics.ts"
export {
  type AnalyticsConfig,
  type AnalyticsOptions,
  analyticsConfig,
  defaultRetry,
  type RateLimit,
  type WhenFull
} from "./AnalyticsOptions.ts"
export { Delivered, type FlushReport, type Outcome, type Receipt, type Undelivered } from "./Delivery.ts"
export { EventContext } from "./EventContext.ts"
export { Integrations } from "./Integrations.ts"
export {
  Alias,
  type AliasInput,
  Group,
  type GroupInput,
  Identify,
  type IdentifyInput,
  Message,
  type MessageType,
  Page,
  type PageInput,
  Screen,
  type ScreenInput,
  Track,
  type TrackInput
} from "./Message.ts"
export { Product, Properties } from "./Properties.ts"
export { Address, GroupTraits, SubscriptionPreferences, Traits } from "./Traits.ts"
