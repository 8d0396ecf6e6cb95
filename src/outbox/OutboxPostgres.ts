/**
 * An outbox in Postgres, for what many machines accept: in the transaction of the caller, if it is in one.
 *
 * It goes through `effect/sql`, which Effect calls unstable: of it a program hands on a `SqlClient`, and names nothing else.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as SqlClient from "effect/sql/SqlClient"
import type { OutboxError } from "../pipeline/CallError.ts"
import { OutboxStore } from "./OutboxStore.ts"
import { makeFail } from "./postgres/failure.ts"
import { openPostgres } from "./postgres/openPostgres.ts"
import { readSettings, type Settings } from "./postgres/settings.ts"
import { ddlOf } from "./postgres/tables.ts"

/**
 * Options of `OutboxPostgres.layer`.
 *
 * @category options
 * @since 0.1.0
 */
export interface OutboxPostgresOptions {
  /**
   * The schema of the database that has the tables of the outbox, and nothing else: letters, digits, underscores and hyphens,
   * no more than 63 bytes. Default: `cdp`.
   */
  readonly schema?: string | undefined
  /**
   * Whether schema and tables are made where they are not there, which takes the right to create a schema in the database, or
   * tables in the schema; otherwise they must have been made by what `OutboxPostgres.ddl` gives. Default: true.
   */
  readonly migrate?: boolean | undefined
  /** How many bytes of JSON may wait, in all processes. Default: 1 GiB. */
  readonly maxBytes?: number | undefined
  /** How many messages may wait, in all processes. Default: as many as there is room for. */
  readonly maxMessages?: number | undefined
  /** How long dead letters are kept. `Duration.infinity` keeps them for ever. Default: 30 days. */
  readonly deadLetterRetention?: Duration.Input | undefined
}

/**
 * Keeps the messages of an outbox in Postgres, by the application's own `SqlClient`. A call within `sql.withTransaction` of
 * that client is part of the transaction: its message is sent if that is committed, and never if it is rolled back. Messages
 * are delivered by any process that has a relay.
 *
 * It works behind a pooler in transaction mode. Where the client can `LISTEN`, as the one of `@effect/sql-pg` can, a process
 * that delivers takes a connection for it, and hears of commits elsewhere at once; otherwise it looks once a second.
 *
 * **Example** (Of an application that uses `@effect/sql-pg`)
 *
 * ```ts
 * import { PgClient } from "@effect/sql-pg"
 * import { OutboxPostgres } from "cdp-analytics-effect/outbox"
 * import { Config, Layer } from "effect"
 *
 * const SqlLive = PgClient.layerConfig({ url: Config.Redacted("DATABASE_URL") })
 *
 * const StoreLive = OutboxPostgres.layer({ schema: "cdp" }).pipe(Layer.provide(SqlLive))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: OutboxPostgresOptions = {}
): Layer.Layer<OutboxStore, OutboxError, SqlClient.SqlClient> =>
  Layer.effect(
    OutboxStore,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const settings = yield* Effect.fromResult(readOptions(options))
      const fail = makeFail(settings.schema)
      if (!sql.onDialectOrElse({ pg: () => true, orElse: () => false })) {
        return yield* fail.incompatible(`the SqlClient must be one of Postgres, and is one of ${sql.driver}`)
      }
      return { open: openPostgres(settings, sql, fail) }
    })
  )

/**
 * What makes schema and tables of an outbox, as one statement of SQL that may be run again: for who gives an application no
 * right to make them.
 *
 * **Example** (What whoever keeps the database is to run)
 *
 * ```ts
 * import { OutboxPostgres } from "cdp-analytics-effect/outbox"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.flatMap(OutboxPostgres.ddl("cdp"), Console.log)
 * ```
 *
 * @category tables
 * @since 0.1.0
 */
export const ddl = (schema = "cdp"): Effect.Effect<string, OutboxError> =>
  Effect.map(Effect.fromResult(readOptions({ schema })), (settings) => `${ddlOf(settings.schema)};\n`)

const readOptions = (options: OutboxPostgresOptions): Result.Result<Settings, OutboxError> =>
  Result.mapError(readSettings(options), makeFail(String(options.schema ?? "cdp")).incompatible)
