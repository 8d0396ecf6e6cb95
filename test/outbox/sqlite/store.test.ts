import { OutboxSqlite } from "cdp-analytics-effect/node"
import { Effect, Layer } from "effect"
import { testContract } from "../contract.ts"
import { temporaryFolder } from "./folder.ts"

testContract({
  name: "SQLite",
  layer: Layer.unwrap(Effect.map(temporaryFolder, (folder) => OutboxSqlite.layer({ filename: `${folder}/outbox.db` }))),
  clock: "test"
})
