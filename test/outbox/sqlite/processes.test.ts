import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeRandom } from "../../support/random.ts"
import { isFull } from "../../support/repetitions.ts"
import { append, fetchAll, messageIn } from "../contract.ts"
import { openOutbox, temporaryFolder } from "./folder.ts"
import { bundle, said, start } from "./start.ts"

const minutes = 60_000

/** The messages of a process and a lane, in the order in which they were appended. */
const lanesOf = (messageIds: ReadonlyArray<string>): Map<string, Array<number>> => {
  const lanes = new Map<string, Array<number>>()
  for (const messageId of messageIds) {
    const [name, lane, index] = messageId.split("-")
    const key = `${name}-${lane}`
    const indices = lanes.get(key) ?? []
    indices.push(Number(index))
    lanes.set(key, indices)
  }
  return lanes
}

const assertInOrder = (messageIds: ReadonlyArray<string>): void => {
  for (const [lane, indices] of lanesOf(messageIds)) {
    for (let at = 1; at < indices.length; at++) assert.isAbove(indices[at]!, indices[at - 1]!, lane)
  }
}

describe.skipIf(!isFull)("processes", () => {
  it.live(
    "several write one file: everything is there once, in each one's order, and one has the lanes",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const filename = `${folder}/outbox.db`
        const program = yield* bundle(folder)
        // Nobody has made the file.
        const writers = Array.from({ length: 4 }, (_, index) =>
          start(process.execPath, [program, "write", filename, `w${index}`])
        )
        const codes = yield* Effect.promise(() => Promise.all(writers.map(({ ended }) => ended)))
        assert.deepStrictEqual(codes, [0, 0, 0, 0])
        const outbox = yield* openOutbox({ filename })
        const messages = yield* fetchAll(outbox)
        const messageIds = messages.map(({ messageId }) => messageId)
        assert.sameMembers(
          messageIds,
          writers.flatMap(({ lines }) => lines.map((line) => line.slice(1)))
        )
        assert.strictEqual(messages.length, 1600)
        assert.deepStrictEqual(
          { ...outbox.usage() },
          { messages: 1600, bytes: messages.reduce((sum, { bytes }) => sum + bytes, 0) }
        )
        assertInOrder(messageIds)
      }).pipe(Effect.scoped),
    minutes
  )

  it.live(
    "what another process commits is known within a second, and fetched at once",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const filename = `${folder}/outbox.db`
        const program = yield* bundle(folder)
        const outbox = yield* openOutbox({ filename })
        assert.strictEqual(outbox.usage().messages, 0)
        const writer = start(process.execPath, [program, "write", filename, "w"])
        yield* Effect.promise(() => writer.ended)
        yield* Effect.sleep("1 second")
        assert.strictEqual(outbox.usage().messages, 400)
        assert.strictEqual((yield* fetchAll(outbox)).length, 400)
      }).pipe(Effect.scoped),
    minutes
  )

  it.live(
    "the lanes of a process that was killed are taken at once, of one that lives they are not",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const filename = `${folder}/outbox.db`
        const program = yield* bundle(folder)
        const outbox = yield* openOutbox({ filename })
        yield* append(outbox, messageIn(1, "a"))
        const [a] = yield* fetchAll(outbox)
        const holder = start(process.execPath, [program, "hold", filename, "holder"])
        yield* said(holder, 1)
        assert.deepStrictEqual(holder.lines, ["L64"])
        assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 0)
        assert.deepStrictEqual(yield* outbox.remove("relay", [a!]), [])
        holder.process.kill("SIGSTOP")
        assert.strictEqual((yield* outbox.renew("relay", [])).lanes.size, 0)
        holder.process.kill("SIGKILL")
        yield* Effect.promise(() => holder.ended)
        const { lanes } = yield* outbox.renew("relay", [])
        assert.strictEqual(lanes.size, 64)
        assert.isDefined(lanes.get(0)!.abandonedFor)
        assert.deepStrictEqual(yield* outbox.remove("relay", [a!]), [a!.id])
      }).pipe(Effect.scoped),
    minutes
  )

  /** Processes that use one file, one after another, and are killed. */
  const kill = Effect.fnUntraced(function* (folder: string, program: string, seed: number, turns: number) {
    const filename = `${folder}/outbox-${seed}.db`
    const random = makeRandom(seed)
    const accepted = new Set<string>()
    const perhapsDeleted = new Set<string>()
    const deleted = new Set<string>()
    for (let turn = 0; turn < turns; turn++) {
      const child = start(process.execPath, [program, "writeAndDeliver", filename, `p${turn}`])
      yield* said(child, 1 + Math.floor(random() * 300))
      yield* Effect.sleep(random() * 10)
      child.process.kill("SIGKILL")
      yield* Effect.promise(() => child.ended)
      // What the last one held is free.
      assert.include(child.lines, "L64")
      for (const line of child.lines) {
        const set = line.startsWith("+") ? accepted : line.startsWith("?") ? perhapsDeleted : deleted
        set.add(line.slice(1))
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const outbox = yield* openOutbox({ filename })
          const messages = yield* fetchAll(outbox)
          const bytes = messages.reduce((sum, message) => sum + message.bytes, 0)
          assert.deepStrictEqual({ ...outbox.usage() }, { messages: messages.length, bytes })
          const there = messages.map(({ messageId }) => messageId)
          const waiting = new Set(there)
          assert.strictEqual(waiting.size, there.length)
          assertInOrder(there)
          // What was to be deleted when the process was killed may be there, and is sent again.
          for (const id of accepted) assert.isTrue(waiting.has(id) || perhapsDeleted.has(id), `${id} in turn ${turn}`)
        })
      )
    }
    return { accepted: accepted.size, deleted: deleted.size }
  })

  it.live(
    "200 processes are killed: what they were told was accepted is there, in order, unless it was delivered",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const program = yield* bundle(folder)
        const files = yield* Effect.forEach([1, 2, 3, 4], (seed) => kill(folder, program, seed, 50), { concurrency: 2 })
        for (const { accepted, deleted } of files) {
          assert.isAbove(accepted, 500)
          assert.isAbove(deleted, 300)
        }
      }).pipe(Effect.scoped),
    5 * minutes
  )
})
