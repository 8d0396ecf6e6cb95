/**
 * Where an outbox keeps its messages.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { MessageType } from "../message/Message.ts"
import type { OutboxError } from "../pipeline/CallError.ts"

/**
 * Where an outbox keeps its messages: `OutboxSqlite.layer` or `OutboxPostgres.layer`. Nothing is opened, and no file or table
 * made, before a layer of `AnalyticsOutbox` asks for it.
 *
 * @category services
 * @since 0.1.0
 */
export class OutboxStore extends Context.Service<
  OutboxStore,
  {
    /** Opens the database, makes what it needs in it, and closes it with the scope. */
    readonly open: Effect.Effect<OutboxDatabase, OutboxError, Scope.Scope>
  }
>()("cdp-analytics-effect/outbox/OutboxStore") {}

/**
 * An open outbox. It is one database for many processes: each of its operations is a transaction of its own, but for
 * `append` in a transaction of the caller's.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutboxDatabase {
  /** The file, or the schema of the database: what errors and log lines name. */
  readonly name: string
  /** How many messages may wait. */
  readonly maxMessages: number
  /** How many bytes of JSON may wait. */
  readonly maxBytes: number
  /**
   * What waits, of all processes, without asking the database: what was committed by this process at once, the rest no older
   * than a second.
   */
  readonly usage: () => OutboxUsage
  /** Whether the calling fiber is in a transaction that `append` would be part of. */
  readonly isInTransaction: Effect.Effect<boolean>
  /**
   * Commits a message, or makes it part of the caller's transaction. `onCommit` is called once it is committed, which is
   * before this returns where the caller has no transaction.
   */
  readonly append: (message: NewMessage, onCommit: () => void) => Effect.Effect<Appended, OutboxError>
  /** Calls `listener` when something was committed, in this process at once and in others as far as it is heard of. */
  readonly onCommit: (listener: () => void) => Effect.Effect<void, never, Scope.Scope>

  /**
   * Renews the leases of a relay, takes those that nobody holds up to its fair share, and gives back what it has too many
   * of, but none of the busy ones. The first one makes the relay known, and must be followed by another within 5 seconds.
   */
  readonly renew: (relay: string, busy: ReadonlyArray<number>) => Effect.Effect<Leases, OutboxError>
  /** Gives all leases of a relay back. */
  readonly release: (relay: string) => Effect.Effect<void, OutboxError>
  /**
   * Messages of lanes, no more than so many of each, all in the order of their ids. Where there are more, half of what was asked
   * for may be enough.
   */
  readonly fetch: (
    lanes: ReadonlyArray<FetchedLane>,
    perLane: number
  ) => Effect.Effect<ReadonlyArray<KeptMessage>, OutboxError>
  /** Deletes messages whose lane is leased to the relay. Returns the ids of those that it deleted. */
  readonly remove: (
    relay: string,
    messages: ReadonlyArray<KeptMessage>
  ) => Effect.Effect<ReadonlyArray<number>, OutboxError>
  /** Makes dead letters of messages whose lane is leased to the relay. Returns the ids of those. */
  readonly bury: (
    relay: string,
    messages: ReadonlyArray<KeptMessage>,
    verdict: Verdict
  ) => Effect.Effect<ReadonlyArray<number>, OutboxError>
  /** Notes that messages were tried now, where they were not before. */
  readonly markTried: (messages: ReadonlyArray<KeptMessage>) => Effect.Effect<void, OutboxError>

  /** What became of a message that was appended. */
  readonly fateOf: (id: number) => Effect.Effect<"waiting" | "gone" | DeadLetter, OutboxError>
  /** Whether any message waits that has this id or a smaller one. */
  readonly hasUpTo: (id: number) => Effect.Effect<boolean, OutboxError>
  /** How many such messages wait. */
  readonly countUpTo: (id: number) => Effect.Effect<number, OutboxError>

  /** How long the oldest message has waited, in milliseconds, where no relay is there; nothing where one is, or nothing waits. */
  readonly unattended: Effect.Effect<number | undefined, OutboxError>
  /** How the outbox is, as the database knows it. */
  readonly report: Effect.Effect<OutboxReport, OutboxError>
  /** Dead letters, oldest first: those with these ids, or after `after`, no more than `limit`. */
  readonly dead: (query: {
    readonly ids?: ReadonlyArray<number> | undefined
    readonly after?: number | undefined
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<DeadLetter>, OutboxError>
  /** Makes waiting messages of dead letters, of all or of those with these ids. Returns of how many. */
  readonly replay: (ids: ReadonlyArray<number> | undefined) => Effect.Effect<number, OutboxError>
  /**
   * Deletes dead letters, all of them, or those of a person and what waits of that person: by `userId`, `anonymousId` or
   * `previousId`.
   */
  readonly purge: (
    person: string | undefined
  ) => Effect.Effect<{ readonly waiting: number; readonly dead: number }, OutboxError>
}

/**
 * Messages and the bytes of their JSON.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutboxUsage {
  /** How many messages. */
  readonly messages: number
  /** UTF-8 bytes of their JSON. */
  readonly bytes: number
}

/**
 * A message as it is appended.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewMessage {
  /** By which the server knows a second copy. */
  readonly messageId: string
  /** Of which of the six calls it is. */
  readonly type: MessageType
  /** 0 to 63: the messages of a person are in one. */
  readonly lane: number
  /** The message, as it is sent. */
  readonly json: string
  /** UTF-8 bytes of `json`. */
  readonly bytes: number
}

/**
 * A message that was appended.
 *
 * @category models
 * @since 0.1.0
 */
export interface Appended {
  /**
   * A message that was appended after another was committed has the greater one; of two that overlap, each may. Where a
   * message becomes a dead letter, it keeps its id; where that is replayed, it gets a new one.
   */
  readonly id: number
  /** Waits for the end of the caller's transaction, and says whether it was committed. */
  readonly isCommitted: Effect.Effect<boolean>
}

/**
 * Of which lane to fetch. All up to `after` is known; a store that does not give ids in the order of commits begins at the
 * beginning all the same.
 *
 * @category models
 * @since 0.1.0
 */
export interface FetchedLane {
  /** 0 to 63. */
  readonly lane: number
  /** 0 where nothing is known of it, or what was is to be fetched again. */
  readonly after: number
}

/**
 * A message as it was fetched. Ages are by the database's clock, in milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface KeptMessage extends NewMessage {
  /** Of its row. */
  readonly id: number
  /** Since it was appended. */
  readonly age: number
  /** Since it was first tried, where that is known. */
  readonly triedFor: number | undefined
}

/**
 * The lanes that a relay may deliver.
 *
 * @category models
 * @since 0.1.0
 */
export interface Leases {
  /** Each lane, with its lease. */
  readonly lanes: ReadonlyMap<number, Lease>
  /** For how many milliseconds, from when they were asked for. */
  readonly heldFor: number
}

/**
 * The lease of a lane.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lease {
  /** Another one each time that the lane changes hands. */
  readonly term: number
  /** Where the last holder did not give it back: how long ago it was heard of, in milliseconds. */
  readonly abandonedFor: number | undefined
}

/**
 * Why a message is a dead letter.
 *
 * @category models
 * @since 0.1.0
 */
export interface Verdict {
  /** `Rejected`, `RetriesExhausted`, or `TooLarge` where no request of the relay could carry it. */
  readonly tag: "Rejected" | "RetriesExhausted" | "TooLarge"
  /** HTTP status of the last answer, where there was one. */
  readonly status: number | undefined
  /** The server's words, or why the last attempt failed. */
  readonly reason: string
  /** Requests made with it. */
  readonly attempts: number
}

/**
 * A message that will not be sent again unless it is replayed.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeadLetter extends Verdict, NewMessage {
  /** Of its row, by which it is replayed. */
  readonly id: number
  /** When it was accepted, in epoch milliseconds. */
  readonly acceptedAt: number
  /** When it became one, in epoch milliseconds. */
  readonly diedAt: number
}

/**
 * How an outbox is.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutboxReport {
  /** What waits. */
  readonly waiting: OutboxUsage
  /** How long the oldest message has waited, in milliseconds. */
  readonly oldest: number | undefined
  /** How many wait, by their type. */
  readonly types: Readonly<Partial<Record<MessageType, number>>>
  /** How many dead letters there are. */
  readonly dead: number
  /** Who delivers, with how many lanes, and for how many milliseconds that holds if nothing more is heard. */
  readonly relays: ReadonlyArray<{ readonly relay: string; readonly lanes: number; readonly heldFor: number }>
  /** Bytes on the disk. */
  readonly size: number
}
