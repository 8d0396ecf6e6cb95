/**
 * Analytics in memory, for tests of programs that use it.
 *
 * @since 0.1.0
 */
export { AnalyticsTest, type DeliveryFailure } from "./AnalyticsTest.ts"
export type { PlannedProperties, PlannedTrack } from "./PlannedTrack.ts"
export { SentAlias, SentGroup, SentIdentify, SentMessage, SentPage, SentScreen, SentTrack } from "./SentMessage.ts"
export type { Violation } from "./Violations.ts"
