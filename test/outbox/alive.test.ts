import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { OutboxStore } from "cdp-analytics-effect/outbox"
import { Effect } from "effect"
import { isFull } from "../support/repetitions.ts"
import { makeFolder, makeProgram, start } from "./program.ts"

describe.skipIf(!isFull)("a process that flushes an outbox", () => {
  it.live("lives until that is done, and no longer", () =>
    Effect.gen(function* () {
      const filename = join(yield* makeFolder, "outbox.db")
      const { open } = yield* Effect.provide(OutboxStore, OutboxSqlite.layer({ filename }))
      const outbox = yield* open
      // Another process delivers: nothing but the waiting is under way in the one that flushes.
      yield* outbox.renew("other", [])
      const { ended, lines } = start(yield* makeProgram("flusher.ts"), { FILENAME: filename }, () => {})
      const everything = Array.from({ length: 64 }, (_, lane) => ({ lane, after: 0 }))
      const fetched = yield* Effect.repeat(Effect.delay(outbox.fetch(everything, 1), "50 millis"), {
        until: (messages) => messages.length > 0
      })
      yield* Effect.sleep("1 second")
      yield* outbox.remove("other", fetched)
      yield* outbox.report
      yield* Effect.promise(() => ended)
      assert.deepStrictEqual(lines, ["delivered 0"])
    }).pipe(Effect.scoped)
  )
})
