import { PgClient } from "@effect/sql-pg"
import type { Analytics } from "cdp-analytics-effect"
import { AnalyticsNode, AnalyticsOutboxNode, OutboxSqlite } from "cdp-analytics-effect/node"
import { AnalyticsOutbox, OutboxPostgres, type OutboxRelay, type OutboxStore } from "cdp-analytics-effect/outbox"
import { Duration, Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql"

/** Where what is accepted is kept until it is delivered. */
export type Store =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly filename: string; readonly durability: "full" | "process" }
  | { readonly kind: "postgres"; readonly url: string }

/** There is room for every event. */
const room = { maxBytes: 8 * 1024 ** 3 }

/** The application's own client, with as many connections as it has by default. */
export const sqlLayer = (url: string) => Layer.orDie(PgClient.layer({ url: Redacted.make(url) }))

const storeLayer = (store: Store): Layer.Layer<OutboxStore> => {
  switch (store.kind) {
    case "memory":
      throw new Error("what is in memory has no store")
    case "sqlite":
      return Layer.orDie(OutboxSqlite.layer({ ...room, filename: store.filename, durability: store.durability }))
    case "postgres":
      return Layer.orDie(Layer.provide(OutboxPostgres.layer(room), sqlLayer(store.url)))
  }
}

export interface Delivering {
  readonly endpoint: string
  readonly batchSize: number
  readonly order: "person" | "none"
}

const optionsOf = ({ endpoint, batchSize, order }: Delivering) => ({
  apiKey: Redacted.make("key"),
  endpoint,
  order,
  flushAt: batchSize,
  maxBatchSize: batchSize,
  flushTimeout: Duration.infinity,
  shutdownTimeout: "100 seconds" as const
})

/** Accepts and delivers. */
export const layerBoth = (store: Store, options: Delivering): Layer.Layer<Analytics> =>
  store.kind === "memory"
    ? Layer.orDie(
        AnalyticsNode.layer({ ...optionsOf(options), queueCapacity: 10_000_000, queueBytes: Number.MAX_SAFE_INTEGER })
      )
    : Layer.orDie(Layer.provide(AnalyticsOutboxNode.layer(optionsOf(options)), storeLayer(store)))

/** Accepts only. */
export const layerWriter = (store: Store): Layer.Layer<Analytics> =>
  Layer.orDie(Layer.provide(AnalyticsOutbox.layerWriter(), storeLayer(store)))

/** Accepts only, in transactions of the client that it gives. */
export const layerWriterAndSql = (url: string): Layer.Layer<Analytics | SqlClient.SqlClient> =>
  Layer.orDie(
    AnalyticsOutbox.layerWriter().pipe(Layer.provide(OutboxPostgres.layer(room)), Layer.provideMerge(sqlLayer(url)))
  )

/** Delivers only. */
export const layerRelay = (store: Store, options: Delivering): Layer.Layer<OutboxRelay> =>
  Layer.orDie(Layer.provide(AnalyticsOutboxNode.layerRelay(optionsOf(options)), storeLayer(store)))
