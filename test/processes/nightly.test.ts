import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { type Fault, Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { compileCache } from "../support/compileCache.ts"
import { makeRandom } from "../support/random.ts"
import { isFull, repetitions } from "../support/repetitions.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const page = readFileSync(join(root, "docs/guides/jobs-and-serverless.md"), "utf8")

/** The program of the guide, in a folder in which Node finds its packages. */
const program = (mayTake: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const code = Array.from(page.matchAll(/^```ts run\n(.*?)^```$/gms), ([, code = ""]) => code).find((code) =>
        code.includes("events.ndjson")
      )
      assert.isDefined(code)
      mkdirSync(join(root, ".guides"), { recursive: true })
      const folder = mkdtempSync(join(root, ".guides/nightly-"))
      const file = join(folder, "job.ts")
      writeFileSync(file, code.replace("10 minutes", mayTake))
      return { file, folder }
    }),
    ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

/** A folder of the job's own, with what it does there. */
const makeJob = Effect.fnUntraced(function* (mayTake: string) {
  const { file } = yield* program(mayTake)
  const { url } = yield* Simulator
  const cwd = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "nightly-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )
  const env = {
    ...process.env,
    ...compileCache,
    CUSTOMERIO_API_KEY: "k",
    CUSTOMERIO_ENDPOINT: url,
    CUSTOMERIO_SHUTDOWN_TIMEOUT: "500 millis"
  }
  const path = (name: string) => join(cwd, name)
  const linesOf = (name: string) =>
    existsSync(path(name))
      ? readFileSync(path(name), "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : []
  return {
    give: (lines: ReadonlyArray<object | string>) =>
      writeFileSync(
        path("events.ndjson"),
        lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")
      ),
    /** Its exit code, or the signal that ended it; it can be stopped once the server has had so many requests of it. */
    run: Effect.fnUntraced(function* (stop?: { readonly signal: NodeJS.Signals; readonly requests: number }) {
      const args = ["--import", join(root, "scripts/from-source.mjs"), file]
      const before = (yield* Simulator.requests).length
      const child = spawn(process.execPath, args, { cwd, env, stdio: "ignore" })
      const ended = Effect.promise(() => once(child, "exit"))
      if (stop !== undefined) {
        const isTime = Effect.map(Simulator.requests, ({ length }) => length - before >= stop.requests)
        const stopping = Effect.sleep("3 millis").pipe(
          Effect.andThen(isTime),
          Effect.repeat({ until: (isTime) => isTime }),
          Effect.andThen(Effect.sync(() => child.kill(stop.signal)))
        )
        yield* Effect.forkScoped(stopping)
      }
      const [code, signal] = yield* ended
      return (code ?? signal) as number | NodeJS.Signals
    }),
    left: () =>
      existsSync(path("sending"))
        ? readdirSync(path("sending")).flatMap((name) => (name.endsWith(".ndjson") ? linesOf(`sending/${name}`) : []))
        : [],
    refused: () => linesOf("refused.ndjson")
  }
})

const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ type: "track", userId: "u", event: String(from + index) }))

/** What arrived, and under how many ids. */
const arrived = Effect.map(Simulator.events, (events) => {
  const accepted = events.filter(({ verdict }) => verdict === "accepted")
  const names = accepted.map(({ message }) => String(message["event"]))
  return { names: new Set(names), count: names.length, twice: events.filter(({ verdict }) => verdict === "duplicate") }
})

const away: ReadonlyArray<Fault> = [{ kind: "status", status: 503 }]

const server = Simulator.layerServer({ keep: 100_000, maxBatchSize: 100_000 })

// The programs of the guides are run in CI besides.
describe.skipIf(!isFull)("the nightly job of the guide", { concurrent: true }, () => {
  it.live(
    "keeps what an outage leaves, once each, however often it is interrupted, and delivers it after",
    () =>
      Effect.gen(function* () {
        const job = yield* makeJob("1 second")
        yield* Simulator.setFaults(away)
        job.give([...events(0, 20), '{"type":"track"', { ...events(20, 21)[0], messageId: "my own" }])
        assert.strictEqual(yield* job.run({ signal: "SIGINT", requests: 1 }), 130)
        job.give(events(21, 30))
        assert.strictEqual(yield* job.run(), 1)
        const ids = job.left().map((line) => JSON.parse(line).messageId as string)
        assert.strictEqual(ids.length, 30)
        assert.strictEqual(new Set(ids).size, 30)
        assert.include(ids, "my own")
        assert.strictEqual(job.refused().length, 1)
        yield* Simulator.setFaults([])
        assert.strictEqual(yield* job.run(), 0)
        const { names, count, twice } = yield* arrived
        assert.deepStrictEqual([names.size, count, twice.length], [30, 30, 0])
        assert.deepStrictEqual(job.left(), [])
      }).pipe(Effect.scoped, Effect.provide(server)),
    60_000
  )

  it.live(
    "fails once for what the server refuses",
    () =>
      Effect.gen(function* () {
        const job = yield* makeJob("10 seconds")
        yield* Simulator.setFaults([{ kind: "status", status: 400 }])
        job.give(events(0, 2))
        assert.strictEqual(yield* job.run(), 1)
        const refused = job.refused().map((line) => JSON.parse(line))
        assert.deepStrictEqual(
          refused.map(({ line }) => JSON.parse(line).event),
          ["0", "1"]
        )
        assert.include(refused[0].reason, "400")
        assert.strictEqual(yield* job.run(), 0)
        assert.strictEqual(job.refused().length, 2)
      }).pipe(Effect.scoped, Effect.provide(server)),
    60_000
  )

  it.live.each(Array.from({ length: repetitions.kills }, (_, seed) => seed))(
    "loses nothing and makes no second id when it is killed at any moment: %d",
    (seed) =>
      Effect.gen(function* () {
        const random = makeRandom(seed)
        const job = yield* makeJob("1 minute")
        yield* Simulator.setFaults([{ kind: "delay", millis: 10 }])
        job.give(events(0, 4000))
        let code: number | NodeJS.Signals = "SIGKILL"
        for (let kills = 0; kills < 2 && code === "SIGKILL"; kills++)
          code = yield* job.run({ signal: "SIGKILL", requests: Math.floor(random() * 210) })
        yield* Simulator.setFaults([])
        assert.strictEqual(yield* job.run(), 0)
        const { names, count, twice } = yield* arrived
        assert.deepStrictEqual([names.size, count], [4000, 4000])
        // What was in requests, or just answered, when it was killed.
        assert.isAtMost(twice.length, 2 * 200)
        assert.deepStrictEqual([job.left(), job.refused()], [[], []])
      }).pipe(Effect.scoped, Effect.provide(server)),
    120_000
  )
})
