import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import {
  AnalyticsOutbox,
  type OutboxDatabase,
  OutboxRelay,
  type OutboxRelayOptions,
  OutboxStore,
  type OutboxWriterOptions
} from "cdp-analytics-effect/outbox"
import { Context, Effect, Layer, Redacted } from "effect"
import type { HttpClient } from "effect/http"
import { silent } from "../support/logs.ts"
import { layerMock, type Server } from "../support/Server.ts"

/** An outbox that outlives its layers, and the server. */
export class Outbox extends Context.Service<
  Outbox,
  {
    readonly filename: string
    readonly store: Layer.Layer<OutboxStore>
    readonly http: Context.Context<HttpClient.HttpClient>
  }
>()("cdp-analytics-effect/test/outbox/Outbox") {}

/** A new one, in a folder of its own. */
export const layerOutbox: Layer.Layer<Outbox | Server> = Layer.effect(
  Outbox,
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const filename = join(folder, "outbox.db")
    const http = yield* Effect.context<HttpClient.HttpClient>()
    return { filename, store: Layer.orDie(OutboxSqlite.layer({ filename })), http }
  })
).pipe(Layer.provideMerge(layerMock), Layer.merge(silent))

const key = { apiKey: Redacted.make("key") }

/** Runs an effect with what accepts and delivers, from when it opens to when it closes. */
export const withBoth =
  (options: Partial<AnalyticsOptions> = {}) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const { store, http } = yield* Outbox
      return yield* Effect.provide(
        effect,
        AnalyticsOutbox.layer({ ...key, flushInterval: "50 millis", ...options }).pipe(
          Layer.provide([store, Layer.succeedContext(http)])
        )
      )
    })

export const withWriter =
  (options: OutboxWriterOptions = {}) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Outbox, ({ store }) =>
      Effect.provide(effect, AnalyticsOutbox.layerWriter(options).pipe(Layer.provide(store)))
    )

export const withRelay =
  (options: Partial<OutboxRelayOptions> = {}) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Outbox, ({ store, http }) =>
      Effect.provide(
        effect,
        AnalyticsOutbox.layerRelay({ ...key, flushInterval: "50 millis", ...options }).pipe(
          Layer.provide([store, Layer.succeedContext(http)])
        )
      )
    )

/** Looks into the database. */
export const inDatabase = <A, E>(look: (database: OutboxDatabase) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const { store } = yield* Outbox
    const { open } = yield* Effect.provide(OutboxStore, store)
    return yield* Effect.flatMap(open, look)
  }).pipe(Effect.scoped)

export const track = (userId: string, event: string) => Analytics.track({ userId, event })

export const drain = OutboxRelay.drain
