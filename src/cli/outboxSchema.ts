/**
 * `cdp-analytics outbox schema`: the tables of an outbox, for whoever keeps the database.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { schema as sqliteSchema } from "../node/sqlite/schema.ts"
import { failWith } from "./failure.ts"
import { findPlace, outboxCommand } from "./outboxCommand.ts"
import { printDocument } from "./print.ts"

export const schema = Command.make(
  "schema",
  {},
  Effect.fnUntraced(function* () {
    const place = yield* findPlace
    if (place?._tag === "File") return yield* printDocument(sqliteSchema.trim())
    const named = Option.getOrUndefined((yield* outboxCommand).schema)
    // Loaded when it is asked for: it takes its time.
    const { ddl } = yield* Effect.promise(() => import("../outbox/OutboxPostgres.ts"))
    const text = yield* Effect.catch(ddl(place?.schema ?? named), ({ message }) => failWith(2, message))
    yield* printDocument(text.trimEnd())
  })
).pipe(
  Command.withDescription(
    "Print what makes the tables: of Postgres, unless --database is a file; nothing is opened, and nothing is made"
  ),
  Command.withExamples([
    {
      command: "cdp-analytics outbox --schema cdp schema | psql postgres://admin@db.example/shop",
      description: "For an application that has no right to make tables"
    }
  ])
)
