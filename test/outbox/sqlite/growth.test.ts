import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import type { OutboxDatabase } from "cdp-analytics-effect/outbox"
import { Effect, Exit } from "effect"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"
import { openOutbox, temporaryFolder } from "./folder.ts"

const minutes = 60_000
const megabyte = 1024 ** 2

const text = "x".repeat(500)

const fill = (outbox: OutboxDatabase, messages: number, look: () => void = () => {}) =>
  Effect.gen(function* () {
    let next = 0
    const caller = Effect.gen(function* () {
      while (next < messages) {
        const index = next++
        if (index % 10_000 === 0) look()
        yield* append(outbox, messageIn(index % 64, `m${index}`, { text }))
      }
    })
    yield* Effect.all(
      Array.from({ length: 500 }, () => caller),
      { concurrency: "unbounded", discard: true }
    )
  })

const lanes = Array.from({ length: 64 }, (_, lane) => ({ lane, after: 0 }))

const drain = Effect.fnUntraced(function* (outbox: OutboxDatabase) {
  while (outbox.usage().messages > 0) {
    yield* outbox.renew("relay", [])
    yield* outbox.remove("relay", yield* outbox.fetch(lanes, 20))
  }
})

describe.skipIf(!isFull)("growth", () => {
  it.live(
    "a million messages: opened as fast as none, in as little memory, with a log that is bounded, and their space is used again",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const filename = `${folder}/outbox.db`
        let log = 0
        const lookAtLog = () => {
          log = Math.max(log, statSync(`${filename}-wal`).size)
        }
        yield* Effect.scoped(
          Effect.flatMap(openOutbox({ filename, durability: "process" }), (outbox) =>
            fill(outbox, 1_000_000, lookAtLog)
          )
        )
        assert.isBelow(log, 20 * megabyte)
        const size = statSync(filename).size

        const before = process.memoryUsage().rss
        const began = performance.now()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const outbox = yield* openOutbox({ filename, durability: "process" })
            assert.strictEqual(outbox.usage().messages, 1_000_000)
            assert.isAtLeast((yield* outbox.fetch(lanes, 8)).length, 256)
            assert.isBelow(performance.now() - began, 500)
            yield* append(outbox, messageIn(1, "last"))
            const counted = performance.now()
            assert.strictEqual(yield* outbox.countUpTo(1_000_000), 1_000_000)
            assert.isBelow(performance.now() - counted, 2000)
            assert.isBelow(process.memoryUsage().rss - before, 50 * megabyte)

            yield* drain(outbox)
            yield* fill(outbox, 500_000)
            assert.isAtMost(statSync(filename).size, size + 20 * megabyte)
            yield* drain(outbox)
          })
        )
      }).pipe(Effect.scoped),
    10 * minutes
  )

  const isRoot = process.getuid?.() === 0
  it.live.skipIf(process.platform !== "linux" || !isRoot)(
    "while the disk is full calls fail, nothing is half-written, what is there can be read, and with room it goes on",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const disk = `${folder}/disk`
        mkdirSync(disk)
        yield* Effect.acquireRelease(
          Effect.sync(() => execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk])),
          () => Effect.sync(() => execFileSync("umount", [disk]))
        )
        writeFileSync(`${disk}/ballast`, Buffer.alloc(1.5 * megabyte))
        const filename = `${disk}/outbox.db`
        yield* Effect.scoped(
          Effect.gen(function* () {
            const outbox = yield* openOutbox({ filename })
            let accepted = 0
            const appendNext = () => append(outbox, messageIn(accepted % 64, `m${accepted}`, { text }))
            const fillDisk = Effect.gen(function* () {
              while (true) {
                const exit = yield* Effect.exit(appendNext())
                if (Exit.isFailure(exit)) return yield* Effect.flip(exit)
                accepted++
              }
            })
            for (let turn = 0; turn < 3; turn++) {
              const error = yield* fillDisk
              assert.strictEqual(error.reason, "Unavailable")
              assert.include(error.detail, "full")
            }
            assert.isAbove(accepted, 100)
            assert.strictEqual((yield* fetchAll(outbox)).length, accepted)
            assert.strictEqual(outbox.usage().messages, accepted)

            rmSync(`${disk}/ballast`)
            for (let more = 0; more < 100; more++) {
              yield* appendNext()
              accepted++
            }
            assert.strictEqual((yield* fetchAll(outbox)).length, accepted)
            yield* drain(outbox)
          })
        )
        const database = new DatabaseSync(filename)
        assert.strictEqual(database.prepare("pragma integrity_check").get()!["integrity_check"], "ok")
        database.close()
      }).pipe(Effect.scoped),
    minutes
  )
})
