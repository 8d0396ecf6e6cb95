/**
 * An outbox in Postgres, over `@effect/sql-pg`: loaded when one is meant, since that need not be installed.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OutboxPostgres from "../outbox/OutboxPostgres.ts"
import { OutboxStore } from "../outbox/OutboxStore.ts"
import { OutboxError } from "../pipeline/CallError.ts"
import type { PostgresPlace } from "./outboxPlace.ts"

/**
 * A pooler in transaction mode loses named statements between two of them, and some then hang instead of failing: they are
 * used only where the URL asks for them.
 */
export const layerPostgres = (
  { url, schema, prepare }: PostgresPlace,
  options: Omit<OutboxPostgres.OutboxPostgresOptions, "schema">
): Layer.Layer<OutboxStore, OutboxError> =>
  OutboxPostgres.layer({ ...options, schema }).pipe(
    Layer.provide(PgClient.layer({ url, prepare, ...nameOf(url) })),
    Layer.catchTag("SqlError", ({ reason }) => {
      const detail = reason.message ?? reason._tag
      return Layer.effect(
        OutboxStore,
        Effect.fail(new OutboxError({ type: "unknown", reason: "Unavailable", outbox: schema, detail }))
      )
    })
  )

/** How the server lists its connections, if the URL does not say. */
const nameOf = (url: Redacted.Redacted<string>) =>
  new URL(Redacted.value(url)).searchParams.has("application_name") ? {} : { applicationName: "cdp-analytics" }
