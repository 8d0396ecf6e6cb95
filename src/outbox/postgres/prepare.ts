import * as Effect from "effect/Effect"
import type { OutboxError } from "../../pipeline/CallError.ts"
import type { Ask } from "./ask.ts"
import type { Fail } from "./failure.ts"
import type { Settings } from "./settings.ts"
import { ddlOf, type Tables, version } from "./tables.ts"

/** Makes the tables where they are not there, and says whether this version of the library can work with those that are. */
export const prepare = Effect.fnUntraced(function* (
  { schema, migrate }: Settings,
  tables: Tables,
  ask: Ask,
  fail: Fail
): Effect.fn.Return<void, OutboxError> {
  const hasTables = Effect.map(
    ask<{ is_there: boolean; encoding: string }>(
      "select to_regclass($1::text) is not null as is_there, current_setting('server_encoding') as encoding",
      [tables.migration]
    ),
    ([row]) => ({ isThere: row?.is_there === true, encoding: row?.encoding ?? "" })
  )
  const { isThere, encoding } = yield* hasTables
  // A character that the database cannot keep would cost the caller its transaction.
  if (encoding !== "UTF8") {
    return yield* fail.incompatible(`the database must be of the encoding UTF8, and is of ${encoding}`)
  }
  if (!isThere) {
    if (!migrate) {
      return yield* fail.incompatible(
        "the schema has no tables of an outbox: make them with what `cdp-analytics outbox schema` prints, or leave the option migrate on"
      )
    }
    yield* ask(ddlOf(schema), [], Number.POSITIVE_INFINITY)
  }
  const [row] = yield* ask<{ version: number | null }>(`select max(version) as version from ${tables.migration}`)
  if (row?.version !== version) {
    return yield* fail.incompatible(
      `its tables are of version ${row?.version ?? "unknown"}, and this version of the library works with version ${version}`
    )
  }
})
