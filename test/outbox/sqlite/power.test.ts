import { execFileSync } from "node:child_process"
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { makeRandom } from "../../support/random.ts"
import { isFull } from "../../support/repetitions.ts"
import { fetchAll } from "../contract.ts"
import { openOutbox, temporaryFolder } from "./folder.ts"
import { bundle, said, start } from "./start.ts"
import { readSteps, type Step, straceArguments } from "./strace.ts"

const minutes = 60_000

const hasStrace = Option.isSome(Option.liftThrowable(() => execFileSync("strace", ["-V"]))())

/** What is in an outbox, and whether it goes on. */
const read = (filename: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const outbox = yield* openOutbox({ filename })
      const messages = yield* fetchAll(outbox)
      const bytes = messages.reduce((sum, message) => sum + message.bytes, 0)
      assert.deepStrictEqual({ ...outbox.usage() }, { messages: messages.length, bytes })
      return messages.map(({ messageId }) => messageId)
    })
  )

/** A file as it is on the disk for sure, and what was written and not synced. */
class File {
  #content = Buffer.alloc(8_000_000)
  #size = 0
  #unsure: Array<Step> = []

  apply(step: Step): void {
    if (step.kind !== "sync") return void this.#unsure.push(step)
    for (const change of this.#unsure) this.#size = apply(this.#content, this.#size, change)
    this.#unsure = []
  }

  /** After the power is lost: of what was not synced, each part may be there or not. */
  afterLoss(isThere: () => boolean): Buffer {
    const content = Buffer.from(this.#content)
    let size = this.#size
    for (const step of this.#unsure) if (isThere()) size = apply(content, size, step)
    return content.subarray(0, size)
  }
}

/** Returns the size that it has then. */
const apply = (content: Buffer, size: number, step: Step): number => {
  if (step.kind === "cut") {
    content.fill(0, step.size)
    return step.size
  }
  if (step.kind !== "write") return size
  step.data.copy(content, step.offset)
  return Math.max(size, step.offset + step.data.length)
}

describe.skipIf(!isFull)("the machine loses its power", () => {
  it.live(
    "the log is cut at each of its frames and inside of them: what was acknowledged before is there",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const filename = `${folder}/outbox.db`
        const child = start(process.execPath, [yield* bundle(folder), "writeSlowly", filename, "w"])
        yield* said(child, 60)
        child.process.kill("SIGKILL")
        yield* Effect.promise(() => child.ended)
        const acknowledged = child.lines.map((line) => {
          const [messageId = "", size] = line.slice(1).split(" ")
          return { messageId, size: Number(size) }
        })
        const order = acknowledged.map(({ messageId }) => messageId)
        const copy = `${folder}/copy.db`
        const size = readFileSync(`${filename}-wal`).length
        const frame = 4096 + 24
        for (let end = 0; end <= size; end = end === 0 ? 32 : end + frame) {
          for (const cut of [end, end + 24 + 2048]) {
            copyFileSync(filename, copy)
            copyFileSync(`${filename}-wal`, `${copy}-wal`)
            truncateSync(`${copy}-wal`, Math.min(cut, size))
            const there = yield* read(copy)
            const before = acknowledged.filter((message) => message.size <= cut).length
            assert.isAtLeast(there.length, before, `${cut} of ${size}`)
            // Nothing of the middle is missing.
            assert.deepStrictEqual(there.slice(0, order.length), order.slice(0, there.length))
          }
        }
      }).pipe(Effect.scoped),
    3 * minutes
  )

  it.live.skipIf(!hasStrace)(
    "whatever of what was not synced is lost: what was acknowledged before is there, also while the log is written to the database",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const filename = `${folder}/outbox.db`
        const output = `${folder}/strace`
        // So large that the log, after which it is written to the database, is full soon.
        const program = [process.execPath, yield* bundle(folder), "writeSlowly", filename, "w", "9000"]
        yield* Effect.scoped(openOutbox({ filename }))
        const files = new Map([filename, `${filename}-wal`].map((file) => [file, new File()]))
        files.get(filename)!.apply({ kind: "write", file: filename, offset: 0, data: readFileSync(filename) })
        files.get(filename)!.apply({ kind: "sync", file: filename })
        const child = start("strace", [...straceArguments(output), ...program])
        yield* said(child, 450)
        execFileSync("pkill", ["-KILL", "-P", String(child.process.pid)])
        yield* Effect.promise(() => child.ended)

        const steps = readSteps(output, filename)
        const random = makeRandom(18)
        const copy = `${folder}/copy.db`
        const acknowledged: Array<string> = []
        let losses = 0
        let checkpoints = 0
        for (const [index, step] of steps.entries()) {
          if (step.kind !== "said") files.get(step.file)!.apply(step)
          if (step.kind === "said" && step.text.startsWith("+")) acknowledged.push(step.text.slice(1).split(" ")[0]!)
          if (step.kind === "sync" && step.file === filename) checkpoints++
          // About the checkpoints often, elsewhere now and then.
          const isNear = steps.slice(index, index + 10).some((near) => near.kind === "sync" && near.file === filename)
          if (random() > (isNear ? 0.5 : 0.02)) continue
          const share = random()
          for (const suffix of ["", "-wal"]) {
            writeFileSync(
              copy + suffix,
              files.get(filename + suffix)!.afterLoss(() => random() < share)
            )
          }
          rmSync(`${copy}-shm`, { force: true })
          const there = new Set(yield* read(copy))
          for (const messageId of acknowledged) assert.isTrue(there.has(messageId), `${messageId} after step ${index}`)
          losses++
        }
        assert.strictEqual(acknowledged.length, child.lines.length)
        assert.isAbove(checkpoints, 0)
        assert.isAbove(losses, 50)
      }).pipe(Effect.scoped),
    5 * minutes
  )
})
