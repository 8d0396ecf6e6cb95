import { existsSync } from "node:fs"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as OutboxSqlite from "../node/OutboxSqlite.ts"
import { type OutboxDatabase, OutboxStore } from "../outbox/OutboxStore.ts"
import type { OutboxError } from "../pipeline/CallError.ts"
import { failWith } from "./failure.ts"
import { type OutboxPlace, type PostgresPlace, sayPlace } from "./outboxPlace.ts"

export interface OpenOptions {
  /** Where there is none, one is made; otherwise it is an error. */
  readonly mayMake: boolean
  /** Of dead letters, for who delivers: 30 days by default. */
  readonly deadLetterRetention?: Duration.Input | undefined
}

/** Does something with an outbox. What the database cannot do ends the program. */
export const withOutbox = <A, E, R>(
  place: OutboxPlace,
  options: OpenOptions,
  use: (database: OutboxDatabase) => Effect.Effect<A, E | OutboxError, R>
) =>
  Effect.gen(function* () {
    const store = yield* Layer.build(yield* storeOf(place, options))
    const database = yield* Effect.provide(
      Effect.flatMap(OutboxStore, ({ open }) => open),
      store
    )
    return yield* use(database)
  }).pipe(
    Effect.scoped,
    Effect.catchIf(isOutboxError, ({ message }) =>
      failWith(1, place._tag === "File" ? message : `At ${place.server}: ${message}`)
    )
  )

const isOutboxError = (error: unknown): error is OutboxError => Predicate.isTagged(error, "OutboxError")

const storeOf = Effect.fnUntraced(function* (place: OutboxPlace, { mayMake, deadLetterRetention }: OpenOptions) {
  if (place._tag === "Postgres") {
    const { layerPostgres } = yield* loadPostgres(place)
    return layerPostgres(place, { migrate: mayMake, deadLetterRetention })
  }
  const { file: filename } = place
  if (!mayMake && !existsSync(filename)) return yield* failWith(1, `There is no outbox: ${filename} does not exist`)
  return OutboxSqlite.layer({ filename, deadLetterRetention })
})

const loadPostgres = (place: PostgresPlace) =>
  Effect.catch(
    Effect.tryPromise(() => import("./outboxPostgres.ts")),
    ({ cause }) =>
      Predicate.hasProperty(cause, "message") && String(cause.message).includes("@effect/sql-pg")
        ? failWith(1, `${sayPlace(place)} needs @effect/sql-pg, which is not installed: npm install @effect/sql-pg`)
        : Effect.die(cause)
  )
