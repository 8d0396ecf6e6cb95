import { AsyncLocalStorage } from "node:async_hooks"
import { readdirSync, readFileSync } from "node:fs"
import { hostname } from "node:os"
import { DatabaseSync } from "node:sqlite"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"
import { openOutbox, temporaryFolder } from "./folder.ts"

const filenameIn = Effect.map(temporaryFolder, (folder) => `${folder}/outbox.db`)

/** As another process has the file open. */
const openRaw = (filename: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(filename)),
    (database) => Effect.sync(() => database.close())
  )

it.live("what is appended in one turn of the event loop is one transaction", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    const outbox = yield* openOutbox({ filename })
    const other = yield* openRaw(filename)
    let commits = 0
    yield* outbox.onCommit(() => commits++)
    yield* Effect.forEach(
      Array.from({ length: 256 }),
      (_, index) => append(outbox, messageIn(index % 64, `m${index}`)),
      { concurrency: "unbounded" }
    )
    assert.isAtMost(commits, 2)
    assert.strictEqual(other.prepare("select count(*) as c from message").get()!["c"], 256)
  }).pipe(Effect.scoped)
)

it.live("a message that SQLite cannot take fails alone", () =>
  Effect.gen(function* () {
    const outbox = yield* openOutbox({ filename: yield* filenameIn })
    // No such call reaches a store; what it does to its neighbours is the question.
    const bad = { ...messageIn(1, "bad"), lane: 0.5 }
    const results = yield* Effect.all(
      [append(outbox, messageIn(1, "a")), Effect.flip(append(outbox, bad)), append(outbox, messageIn(1, "c"))],
      { concurrency: "unbounded" }
    )
    assert.strictEqual((yield* fetchAll(outbox)).length, 2)
    assert.strictEqual(outbox.usage().messages, 2)
    assert.strictEqual(results[2], results[0] + 1)
    assert.strictEqual(results[1].type, "track")
  }).pipe(Effect.scoped)
)

it.live("while another process writes, calls wait and the event loop does not", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    const outbox = yield* openOutbox({ filename })
    const other = yield* openRaw(filename)
    other.exec("begin immediate")
    let longest = 0
    let last = performance.now()
    const ticks = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 1)
    yield* Effect.forkScoped(
      Effect.andThen(
        Effect.sleep("100 millis"),
        Effect.sync(() => other.exec("commit"))
      )
    )
    const ids = yield* Effect.forEach(["a", "b", "c"], (name) => append(outbox, messageIn(1, name)), {
      concurrency: "unbounded"
    })
    yield* outbox.renew("relay", [])
    clearInterval(ticks)
    assert.deepStrictEqual(ids, [1, 2, 3])
    assert.isBelow(longest, 80)
  }).pipe(Effect.scoped)
)

it.live.skipIf(!isFull)(
  "when another process does not end writing, calls fail as unavailable, and nothing of them is kept",
  () =>
    Effect.gen(function* () {
      const filename = yield* filenameIn
      const outbox = yield* openOutbox({ filename })
      const other = yield* openRaw(filename)
      other.exec("begin immediate")
      const error = yield* Effect.flip(append(outbox, messageIn(1, "a")))
      assert.strictEqual(error.reason, "Unavailable")
      assert.include(error.detail, "database is locked by others for 5000 ms")
      other.exec("commit")
      assert.deepStrictEqual(yield* fetchAll(outbox), [])
      assert.strictEqual(yield* append(outbox, messageIn(1, "b")), 1)
    }).pipe(Effect.scoped),
  20_000
)

it.live("each caller goes on in its own asynchronous context, and listeners are in nobody's", () =>
  Effect.gen(function* () {
    const outbox = yield* openOutbox({ filename: yield* filenameIn })
    const run = Effect.runPromiseWith(yield* Effect.context<never>())
    const storage = new AsyncLocalStorage<string>()
    const heard: Array<string | undefined> = []
    yield* outbox.onCommit(() => heard.push(storage.getStore()))
    const call = (name: string) =>
      storage.run(name, () => run(Effect.map(append(outbox, messageIn(1, name)), () => storage.getStore())))
    const stores = yield* Effect.promise(() => Promise.all(["one", "two", "three"].map(call)))
    assert.deepStrictEqual(stores, ["one", "two", "three"])
    assert.isAtLeast(heard.length, 1)
    assert.isTrue(heard.every((store) => store === undefined))
  }).pipe(Effect.scoped)
)

it.effect("dead letters are kept for as long as is said", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    const outbox = yield* openOutbox({ filename, deadLetterRetention: "2 days" })
    const forever = yield* openOutbox({ filename, deadLetterRetention: "Infinity" })
    yield* append(outbox, messageIn(1, "a"))
    yield* outbox.renew("relay", [])
    const verdict = { tag: "Rejected", status: 400, reason: "no", attempts: 1 } as const
    yield* outbox.bury("relay", yield* fetchAll(outbox), verdict)
    yield* TestClock.adjust("3 days")
    yield* forever.renew("relay", [])
    assert.strictEqual((yield* outbox.report).dead, 1)
    yield* outbox.renew("relay", [])
    assert.strictEqual((yield* outbox.report).dead, 0)
  }).pipe(Effect.scoped)
)

/** Makes it look as if the lanes were held by another process. */
const holdBy = (
  filename: string,
  place: { readonly host?: string; readonly namespace?: string; readonly pid?: number; readonly started?: string }
) =>
  Effect.map(openRaw(filename), (database) => {
    const columns = Object.entries(place)
    const sets = ["relay = 'stranger'", ...columns.map(([column]) => `${column} = ?`)].join(", ")
    database.prepare(`update lease set ${sets}`).run(...columns.map(([, value]) => value))
  })

it.effect("the lanes of what this process was before, as number 1 of a container say, are taken at once", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    yield* Effect.scoped(Effect.flatMap(openOutbox({ filename }), (outbox) => outbox.renew("before", [])))
    yield* holdBy(filename, { namespace: "pid:[1]", started: "before" })
    const outbox = yield* openOutbox({ filename })
    assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 64)
    // Two that are so alike and live do not take the lanes from each other for ever.
    yield* holdBy(filename, { namespace: "pid:[1]", started: "before" })
    assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 0)
  }).pipe(Effect.scoped)
)

it.effect("the lanes of another machine's relay are taken when it was not heard of for 15 seconds", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    const outbox = yield* openOutbox({ filename })
    yield* outbox.renew("relay", [])
    yield* holdBy(filename, { host: `not ${hostname()}`, pid: 1_000_000_000 })
    assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 0)
    yield* TestClock.adjust("14999 millis")
    assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 0)
    yield* TestClock.adjust("1 millis")
    assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 64)
  }).pipe(Effect.scoped)
)

it.effect("a clock that is set back or forward gives no lane to two for longer than until the first one renews", () =>
  Effect.gen(function* () {
    const outbox = yield* openOutbox({ filename: yield* filenameIn })
    yield* append(outbox, messageIn(1, "a"))
    const messages = yield* fetchAll(outbox)
    yield* TestClock.setTime(100_000_000)
    yield* outbox.renew("one", [])
    yield* TestClock.setTime(1000)
    assert.strictEqual((yield* outbox.renew("other", [])).lanes.size, 0)
    assert.strictEqual((yield* outbox.renew("one", [])).lanes.size, 64)
    yield* TestClock.setTime(200_000_000)
    assert.strictEqual((yield* outbox.renew("other", [])).lanes.size, 64)
    assert.strictEqual((yield* outbox.renew("one", [])).lanes.size, 0)
    assert.deepStrictEqual(yield* outbox.remove("one", messages), [])
  }).pipe(Effect.scoped)
)

it.live("what is interrupted while another process writes is not done after that", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    const outbox = yield* openOutbox({ filename })
    const other = yield* openRaw(filename)
    other.exec("begin immediate")
    const renewing = yield* Effect.forkScoped(outbox.renew("relay", []))
    yield* Effect.sleep("10 millis")
    yield* Fiber.interrupt(renewing)
    other.exec("commit")
    yield* Effect.sleep("20 millis")
    assert.deepStrictEqual((yield* outbox.report).relays, [])
  }).pipe(Effect.scoped)
)

it.effect("what another relay took over before it was deleted is deleted by whoever delivers it then", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    const outbox = yield* openOutbox({ filename })
    const other = yield* openRaw(filename)
    yield* append(outbox, messageIn(1, "a"))
    yield* outbox.renew("relay", [])
    yield* outbox.remove("relay", yield* fetchAll(outbox))
    // It is put off, and another process has the lanes meanwhile.
    other.exec("update lease set relay = 'other', term = term + 1")
    assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 0)
    other.exec("update lease set relay = null")
    yield* outbox.renew("relay", [])
    const again = yield* fetchAll(outbox)
    assert.deepStrictEqual(
      yield* outbox.remove("relay", again),
      again.map(({ id }) => id)
    )
    yield* outbox.renew("relay", [])
    assert.deepStrictEqual(yield* fetchAll(outbox), [])
    assert.strictEqual(outbox.usage().messages, 0)
  }).pipe(Effect.scoped)
)

it.live("while another process writes, a relay gets no more than some thousand messages ahead of what is deleted", () =>
  Effect.gen(function* () {
    const filename = yield* filenameIn
    const outbox = yield* openOutbox({ filename })
    const other = yield* openRaw(filename)
    yield* Effect.forEach(
      Array.from({ length: 5000 }),
      (_, index) => append(outbox, messageIn(index % 64, `m${index}`)),
      { concurrency: "unbounded" }
    )
    yield* outbox.renew("relay", [])
    const kept = yield* fetchAll(outbox)
    other.exec("begin immediate")
    let removed = 0
    const removing = yield* Effect.forkScoped(
      Effect.forEach(Array.from({ length: 50 }), (_, batch) =>
        Effect.map(outbox.remove("relay", kept.slice(100 * batch, 100 * (batch + 1))), ({ length }) => {
          removed += length
        })
      )
    )
    yield* Effect.sleep("20 millis")
    assert.isAbove(removed, 3000)
    assert.isBelow(removed, 4100)
    other.exec("commit")
    yield* Fiber.join(removing)
    assert.strictEqual(removed, 5000)
    yield* outbox.renew("relay", [])
    assert.deepStrictEqual(yield* fetchAll(outbox), [])
  }).pipe(Effect.scoped)
)

it.live("what is deleted for a person's sake cannot be read from the disk any more", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const outbox = yield* openOutbox({ filename: `${folder}/outbox.db` })
    const isOnDisk = (text: string) =>
      readdirSync(folder).some((name) => readFileSync(`${folder}/${name}`).includes(text))
    const secret = "the secret of one"
    for (let index = 0; index < 20; index++) {
      const userId = index % 2 === 0 ? "one" : "another"
      const text = index % 2 === 0 ? secret : "the text of another"
      yield* append(outbox, messageIn(1, `m${index}`, { userId, properties: { text: text.padEnd(index * 500, ".") } }))
    }
    yield* outbox.renew("relay", [])
    const verdict = { tag: "Rejected", status: 400, reason: "no", attempts: 1 } as const
    yield* outbox.bury("relay", (yield* fetchAll(outbox)).slice(0, 10), verdict)
    assert.isTrue(isOnDisk(secret))
    assert.deepStrictEqual(yield* outbox.purge("one"), { waiting: 5, dead: 5 })
    assert.isFalse(isOnDisk(secret))
    assert.isTrue(isOnDisk("the text of another"))
  }).pipe(Effect.scoped)
)
