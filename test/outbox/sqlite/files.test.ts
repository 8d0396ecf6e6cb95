import { execFileSync } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { assert, it } from "@effect/vitest"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { Effect, Exit, Layer, type Scope } from "effect"
import { makeRandom } from "../../support/random.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"
import { contentsOf, makeOutbox, openOutbox, temporaryFolder } from "./folder.ts"

const inFolder = <E>(what: string, run: (folder: string) => Effect.Effect<unknown, E, Scope.Scope>, isLong = false) =>
  it.live.skipIf(isLong && !isFull)(what, () => Effect.scoped(Effect.flatMap(temporaryFolder, run)), 60_000)

const openAndClose = (filename: string) => Effect.scoped(openOutbox({ filename }))

/** Refuses to open the file, with an error that names it, and leaves everything beside it as it is. */
const refuse = Effect.fnUntraced(function* (folder: string, filename: string) {
  const before = contentsOf(folder)
  const error = yield* Effect.flip(openAndClose(filename))
  assert.strictEqual(error.outbox, filename)
  assert.include(error.message, filename)
  assert.deepStrictEqual(contentsOf(folder), before)
  return error
})

inFolder("a new outbox is for its user only, and so is what is beside it", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    const outbox = yield* openOutbox({ filename })
    yield* append(outbox, messageIn(1, "a"))
    assert.sameMembers(readdirSync(folder), ["outbox.db", "outbox.db-wal", "outbox.db-shm"])
    for (const name of readdirSync(folder)) assert.strictEqual(statSync(`${folder}/${name}`).mode & 0o777, 0o600)
  })
)

inFolder("a closed outbox is one file, and has in it what was there", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    yield* makeOutbox(filename, 3)
    assert.deepStrictEqual(readdirSync(folder), ["outbox.db"])
    const outbox = yield* openOutbox({ filename })
    assert.strictEqual((yield* fetchAll(outbox)).length, 3)
    assert.strictEqual(outbox.usage().messages, 3)
  })
)

inFolder("an id is never given again, also when its message was the last one", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    let last = 0
    for (let turn = 0; turn < 3; turn++) {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const outbox = yield* openOutbox({ filename })
          const id = yield* append(outbox, messageIn(1, "a"))
          assert.isAbove(id, last)
          last = id
          yield* outbox.renew("relay", [])
          yield* outbox.remove("relay", yield* fetchAll(outbox))
          yield* outbox.release("relay")
        })
      )
    }
  })
)

inFolder("what is no database is corrupt", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    writeFileSync(filename, "a list of things\n".repeat(1000))
    assert.strictEqual((yield* refuse(folder, filename)).reason, "Corrupt")
    writeFileSync(filename, "short")
    assert.strictEqual((yield* refuse(folder, filename)).reason, "Corrupt")
    writeFileSync(filename, "")
    assert.strictEqual((yield* refuse(folder, filename)).reason, "Corrupt")
  })
)

inFolder("a database of something else is incompatible", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/other.db`
    const make = (sql: string) => {
      rmSync(filename, { force: true })
      const database = new DatabaseSync(filename)
      database.exec(sql)
      database.close()
      return refuse(folder, filename)
    }
    assert.strictEqual(
      (yield* make("create table message (id integer primary key, lane integer)")).reason,
      "Incompatible"
    )
    assert.strictEqual((yield* make("pragma application_id = 7; create table a (b)")).reason, "Incompatible")
    assert.strictEqual((yield* make("pragma journal_mode = wal; create table a (b)")).reason, "Incompatible")
  })
)

inFolder("a database of something else that is in use there stays in use", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/other.db`
    const database = new DatabaseSync(filename)
    database.exec("pragma journal_mode = wal; create table a (b); insert into a values (1)")
    assert.strictEqual((yield* refuse(folder, filename)).reason, "Incompatible")
    database.exec("insert into a values (2)")
    assert.strictEqual(database.prepare("select count(*) as c from a").get()!["c"], 2)
    database.close()
  })
)

inFolder("an outbox of a newer version is incompatible", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    yield* makeOutbox(filename, 1)
    const database = new DatabaseSync(filename)
    database.exec("pragma user_version = 2")
    database.close()
    const error = yield* refuse(folder, filename)
    assert.strictEqual(error.reason, "Incompatible")
    assert.include(error.detail, "version 2")
  })
)

inFolder("where its folder is not, or it is a folder, is said", (folder) =>
  Effect.gen(function* () {
    const absent = yield* refuse(folder, `${folder}/none/outbox.db`)
    assert.include(absent.detail, "folder does not exist")
    mkdirSync(`${folder}/some`)
    const error = yield* Effect.flip(openAndClose(`${folder}/some`))
    assert.include(error.detail, "no file")
    assert.deepStrictEqual(readdirSync(`${folder}/some`), [])
  })
)

inFolder("a log whose outbox is gone is not mixed into a new one", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    writeFileSync(`${filename}-wal`, "what was written last")
    assert.strictEqual((yield* refuse(folder, filename)).reason, "Corrupt")
  })
)

inFolder(
  "a cut outbox is corrupt when it is opened or when what is missing is asked for, and is left as it is",
  (folder) =>
    Effect.gen(function* () {
      const filename = `${folder}/outbox.db`
      yield* makeOutbox(filename, 200)
      const size = statSync(filename).size
      const whole = readFileSync(filename)
      for (const part of [0.02, 0.1, 0.5, 0.95]) {
        writeFileSync(filename, whole)
        truncateSync(filename, Math.floor(size * part))
        const before = contentsOf(folder)
        const exit = yield* Effect.exit(Effect.scoped(Effect.flatMap(openOutbox({ filename }), fetchAll)))
        assert(Exit.isFailure(exit), `${part} of it`)
        const error = yield* Effect.flip(exit)
        assert.strictEqual(error.reason, "Corrupt")
        assert.deepStrictEqual(contentsOf(folder), before)
      }
    })
)

inFolder("an outbox with bytes changed by chance is refused, or read as it is, and not written to", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    yield* makeOutbox(filename, 50)
    const whole = readFileSync(filename)
    const random = makeRandom(18)
    for (let turn = 0; turn < (isFull ? 2000 : 30); turn++) {
      const bytes = Buffer.from(whole)
      const start = Math.floor(random() * random() * bytes.length)
      for (let index = start; index < start + 1 + random() * 100 && index < bytes.length; index++) {
        bytes[index] = Math.floor(random() * 256)
      }
      writeFileSync(filename, bytes)
      const exit = yield* Effect.exit(Effect.scoped(Effect.flatMap(openOutbox({ filename }), fetchAll)))
      if (Exit.isFailure(exit)) {
        const error = yield* Effect.flip(exit)
        assert.strictEqual(error._tag, "OutboxError")
      }
      assert.deepStrictEqual(readdirSync(folder), ["outbox.db"], `turn ${turn}`)
      assert.isTrue(readFileSync(filename).equals(bytes), `turn ${turn}`)
    }
  })
)

inFolder("an outbox whose process was killed while the log was written to it is whole with its log", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    const copy = `${folder}/copy.db`
    const outbox = yield* openOutbox({ filename })
    // More than there are pages for: the log has another first page.
    for (let index = 0; index < 50; index++) yield* append(outbox, messageIn(1, `m${index}`, { text: "x".repeat(500) }))
    // The first page was written, which says how many there are, and no other.
    const bytes = readFileSync(filename)
    bytes.writeUInt32BE(1000, 28)
    writeFileSync(copy, bytes)
    copyFileSync(`${filename}-wal`, `${copy}-wal`)
    assert.strictEqual((yield* Effect.flatMap(openOutbox({ filename: copy }), fetchAll)).length, 50)
  })
)

inFolder("two that open a file in one process share it, by whatever name", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    mkdirSync(`${folder}/sub`)
    const first = yield* openOutbox({ filename })
    symlinkSync(filename, `${folder}/link.db`)
    let heard = 0
    yield* first.onCommit(() => heard++)
    for (const name of [filename, `${folder}/sub/../outbox.db`, `${folder}/link.db`]) {
      yield* Effect.scoped(
        Effect.flatMap(openOutbox({ filename: name }), (outbox) => append(outbox, messageIn(1, name)))
      )
    }
    assert.strictEqual(heard, 3)
    assert.strictEqual(first.usage().messages, 3)
    yield* append(first, messageIn(1, "last"))
    assert.strictEqual((yield* fetchAll(first)).length, 4)
  })
)

inFolder("many that open a file at the same time make it once", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    const outboxes = yield* Effect.forEach(Array.from({ length: 20 }), () => openOutbox({ filename }), {
      concurrency: "unbounded"
    })
    yield* Effect.forEach(outboxes, (outbox, index) => append(outbox, messageIn(1, `m${index}`)), {
      concurrency: "unbounded"
    })
    assert.strictEqual((yield* fetchAll(outboxes[0]!)).length, 20)
    assert.sameMembers(readdirSync(folder), ["outbox.db", "outbox.db-wal", "outbox.db-shm"])
  })
)

inFolder("what is being committed when an outbox is closed is committed", (folder) =>
  Effect.gen(function* () {
    const filename = `${folder}/outbox.db`
    let committed = 0
    yield* Effect.scoped(
      Effect.gen(function* () {
        const outbox = yield* openOutbox({ filename })
        for (let index = 0; index < 10; index++) {
          yield* Effect.forkDetach(
            outbox.append(messageIn(1, `m${index}`), () => committed++),
            {
              startImmediately: true
            }
          )
        }
      })
    )
    assert.strictEqual(committed, 10)
    assert.strictEqual((yield* Effect.flatMap(openOutbox({ filename }), fetchAll)).length, 10)
  })
)

inFolder("a closed outbox takes nothing more, and says so", (folder) =>
  Effect.gen(function* () {
    const outbox = yield* Effect.scoped(openOutbox({ filename: `${folder}/outbox.db` }))
    const error = yield* Effect.flip(append(outbox, messageIn(1, "a")))
    assert.strictEqual(error.reason, "Unavailable")
    assert.strictEqual(error.type, "track")
    assert.strictEqual((yield* Effect.flip(fetchAll(outbox))).reason, "Unavailable")
    assert.strictEqual(outbox.usage().messages, 0)
  })
)

inFolder(
  "an outbox whose file is deleted or replaced while it is open takes nothing more",
  (folder) =>
    Effect.gen(function* () {
      const filename = `${folder}/outbox.db`
      const outbox = yield* openOutbox({ filename })
      yield* append(outbox, messageIn(1, "a"))
      renameSync(filename, `${folder}/other.db`)
      yield* Effect.sleep("1 second")
      for (const content of [undefined, "another"]) {
        if (content !== undefined) writeFileSync(filename, content)
        const error = yield* Effect.flip(append(outbox, messageIn(1, "b")))
        assert.strictEqual(error.reason, "Unavailable")
        assert.include(error.detail, "deleted or replaced")
      }
      renameSync(`${folder}/other.db`, filename)
      yield* append(outbox, messageIn(1, "c"))
    }),
  true
)

inFolder("building the layer makes no file", (folder) =>
  Effect.gen(function* () {
    yield* Effect.scoped(Layer.build(OutboxSqlite.layer({ filename: `${folder}/outbox.db` })))
    assert.deepStrictEqual(readdirSync(folder), [])
  })
)

it.effect.each<readonly [given: unknown, option: string]>([
  [{ filename: "" }, "filename"],
  [{ filename: ":memory:" }, "filename"],
  [{ filename: "a\0b" }, "filename"],
  [{}, "filename"],
  [{ filename: 7 }, "filename"],
  [{ filename: "a.db", durability: "none" }, "durability"],
  [{ filename: "a.db", maxBytes: 0 }, "maxBytes"],
  [{ filename: "a.db", maxBytes: Number.POSITIVE_INFINITY }, "maxBytes"],
  [{ filename: "a.db", maxMessages: 1.5 }, "maxMessages"],
  [{ filename: "a.db", deadLetterRetention: "soon" }, "deadLetterRetention"],
  [{ filename: "a.db", file: "b" }, "file"],
  [undefined, ""],
  ["a.db", ""]
])("the option of %j that cannot be is named: %s", ([given, option]) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(
      Effect.scoped(Layer.build(OutboxSqlite.layer(given as OutboxSqlite.OutboxSqliteOptions)))
    )
    assert.strictEqual(error.reason, "Incompatible")
    assert.include(error.detail, option === "" ? "Expected" : `Invalid option ${option}: `)
  })
)

it.effect("what is not said has its default", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const outbox = yield* openOutbox({ filename: `${folder}/outbox.db` })
      assert.strictEqual(outbox.name, `${folder}/outbox.db`)
      assert.strictEqual(outbox.maxBytes, 2 ** 30)
      assert.strictEqual(outbox.maxMessages, Number.MAX_SAFE_INTEGER)
      const small = yield* openOutbox({ filename: `${folder}/outbox.db`, maxBytes: 10, maxMessages: 2 })
      assert.deepStrictEqual([small.maxBytes, small.maxMessages], [10, 2])
    })
  )
)

it.live.skipIf(!isFull)("node:sqlite is loaded when an outbox is opened, and not before", () =>
  Effect.gen(function* () {
    const program = `
      const isLoaded = () => process.moduleLoadList.includes("NativeModule sqlite")
      const { OutboxSqlite } = await import("cdp-analytics-effect/node")
      const { OutboxStore } = await import("cdp-analytics-effect/outbox")
      const { Effect } = await import("effect")
      const before = isLoaded()
      const open = Effect.scoped(Effect.flatMap(OutboxStore, ({ open }) => open))
      await Effect.runPromise(Effect.provide(open, OutboxSqlite.layer({ filename: process.argv[1] })))
      console.log(before, isLoaded())`
    const folder = yield* temporaryFolder
    const from = ["--import", "./scripts/from-source.mjs", "--input-type=module", "-e", program, `${folder}/outbox.db`]
    assert.strictEqual(execFileSync(process.execPath, from, { encoding: "utf8" }), "false true\n")
  }).pipe(Effect.scoped)
)
