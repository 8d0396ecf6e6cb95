import type { GrowthFigures } from "./growth.ts"
import type { PostgresResults } from "./postgres.ts"
import type { SqliteResults } from "./sqlite.ts"

/** What is in results.json. */
export interface Results {
  readonly date: string
  readonly machine: string
  readonly versions: ReadonlyArray<string>
  readonly rounds: number
  readonly sqlite: SqliteResults
  readonly postgres: PostgresResults
  readonly growth: ReadonlyArray<GrowthFigures>
}
