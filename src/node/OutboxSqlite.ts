/**
 * An outbox in a SQLite database, for one machine: a file, and nothing to install.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { OutboxStore } from "../outbox/OutboxStore.ts"
import type { OutboxError } from "../pipeline/CallError.ts"
import { makeDatabase } from "./sqlite/database.ts"
import { resolveOptions } from "./sqlite/options.ts"

/**
 * Options of `OutboxSqlite.layer`. Only `filename` is required.
 *
 * @category options
 * @since 0.1.0
 */
export interface OutboxSqliteOptions {
  /**
   * The file, which is made when it is absent, so that only this user can read it; its folder must be there. Beside it are two
   * more while it is open, with `-wal` and `-shm` at the end of their names. A disk of this machine, not one of the network.
   */
  readonly filename: string
  /**
   * What an accepted message survives: `full`, that the machine loses its power; `process`, that the process is killed, and
   * a call waits for no disk. Default: `full`.
   */
  readonly durability?: "full" | "process" | undefined
  /** How many bytes of JSON may wait. The file grows to about 1.2 times as much, and does not shrink. Default: 1 GiB. */
  readonly maxBytes?: number | undefined
  /** How many messages may wait. Default: as many as there is room for. */
  readonly maxMessages?: number | undefined
  /** For how long dead letters are kept. Default: 30 days. */
  readonly deadLetterRetention?: Duration.Input | undefined
}

/**
 * Keeps what is accepted in a file, until it is delivered. It commits by itself, in no transaction of another database.
 *
 * Several processes may open the file: all of them write, one delivers at a time, and another takes over when that one ends.
 * Nothing is opened before a layer of `AnalyticsOutbox` asks for it, which fails with `OutboxError` where the file is no
 * outbox, and leaves it as it is. The layer itself fails with it where an option has a value that it cannot take.
 *
 * **Example** (A file beside the program)
 *
 * ```ts
 * import { OutboxSqlite } from "cdp-analytics-effect/node"
 *
 * const store = OutboxSqlite.layer({ filename: "analytics.db", maxBytes: 100_000_000 })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: OutboxSqliteOptions): Layer.Layer<OutboxStore, OutboxError> =>
  Layer.effect(
    OutboxStore,
    Effect.map(resolveOptions(options), (resolved) => OutboxStore.of({ open: makeDatabase(resolved) }))
  )
