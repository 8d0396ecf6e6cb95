/**
 * What is accepted is kept in a database until it is delivered.
 *
 * @since 0.1.0
 */
/**
 * `Analytics` whose messages are kept in a database until they are delivered: the layers that accept, that deliver, and that do
 * both.
 *
 * @since 0.1.0
 */
export * as AnalyticsOutbox from "./AnalyticsOutbox.ts"
export * as OutboxPostgres from "./OutboxPostgres.ts"
export { OutboxRelay } from "./OutboxRelay.ts"
export {
  type Appended,
  type DeadLetter,
  type FetchedLane,
  type KeptMessage,
  type Lease,
  type Leases,
  type NewMessage,
  type OutboxDatabase,
  type OutboxReport,
  OutboxStore,
  type OutboxUsage,
  type Verdict
} from "./OutboxStore.ts"
export type { OutboxRelayOptions, OutboxWriterOptions } from "./options.ts"
