/**
 * Analytics in memory, for tests of programs that use it.
 *
 * @since 0.1.0
 */
export { AnalyticsTest, type DeliveryFailure, SentMessage } from "./AnalyticsTest.ts"
