import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { OutboxStore } from "cdp-analytics-effect/outbox"
import { Effect } from "effect"
import { append, messageIn } from "../contract.ts"

/** A folder for as long as the scope is open. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Everything that is in it. */
export const contentsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, "base64")]))

export const openOutbox = (options: OutboxSqlite.OutboxSqliteOptions) =>
  Effect.flatMap(OutboxStore, (store) => store.open).pipe(Effect.provide(OutboxSqlite.layer(options)))

/** Makes an outbox, and closes it with so many messages in it. */
export const makeOutbox = (filename: string, messages: number) =>
  Effect.scoped(
    Effect.flatMap(openOutbox({ filename }), (outbox) =>
      Effect.forEach(
        Array.from({ length: messages }),
        (_, index) => append(outbox, messageIn(index % 64, `m${index}`, { properties: { text: "x".repeat(500) } })),
        { concurrency: "unbounded" }
      )
    )
  )
