import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Fiber, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { sharedPostgres } from "../support/postgres.ts"
import { isFull } from "../support/repetitions.ts"
import { fileWith, inFile } from "./outboxFile.ts"
import { answering, layerServer, main, type Options, received, run, secret } from "./run.ts"

/** With which a relay delivers to a server at once. */
const relayEnv = (endpoint: string) => ({
  CUSTOMERIO_API_KEY: secret,
  CUSTOMERIO_ENDPOINT: endpoint,
  CUSTOMERIO_FLUSH_INTERVAL: "50 millis"
})

/** Runs a relay as a process of its own, against a server. */
const relay = (file: string, endpoint: string, args: ReadonlyArray<string>, options: Options = {}) =>
  run(["outbox", "--database", file, "relay", ...args], { ...options, env: relayEnv(endpoint) })

const countWaiting = (file: string) =>
  inFile(file, (database) => Effect.map(database.report, ({ waiting }) => waiting.messages))

const arrived: Effect.Effect<void, never, Simulator> = Effect.flatMap(received, (messages) =>
  messages.length > 0
    ? Effect.void
    : Effect.andThen(
        Effect.promise(() => wait(50)),
        arrived
      )
)

describe.skipIf(!isFull)("outbox relay, as a process", { timeout: 60_000 }, () => {
  it.live.each(["SIGTERM", "SIGINT"] as const)("ends cleanly at %s: what is under way arrives", (signal) =>
    Effect.gen(function* () {
      const file = yield* fileWith([], ["ada"])
      let stop = () => {}
      // It answers after the signal.
      const url = yield* answering((response) => {
        stop()
        void wait(500).then(() => response.end("{}"))
      })
      const { code, out, err } = yield* relay(file, url, [], {
        onOutput: (_, end) => {
          stop = () => end(signal)
        }
      })
      assert.deepStrictEqual([code, out], [0, ""])
      const lines = err.trimEnd().split("\n")
      assert.lengthOf(lines, 2)
      assert.include(lines[0], `message="the relay delivers"`)
      assert.include(lines[1], `message="the relay has ended"`)
      assert.strictEqual(yield* countWaiting(file), 0)
      assert.deepStrictEqual(yield* inFile(file, (database) => Effect.map(database.report, ({ relays }) => relays)), [])
    })
  )

  it.live("a Ctrl+C that npm passes on, where the terminal has sent it already, is one signal", () =>
    Effect.gen(function* () {
      const file = yield* fileWith([], ["ada"])
      let stop = () => {}
      const url = yield* answering((response) => {
        stop()
        void wait(50).then(stop)
        void wait(500).then(() => response.end("{}"))
      })
      const { code } = yield* relay(file, url, [], {
        onOutput: (_, end) => {
          stop = () => end("SIGINT")
        }
      })
      assert.strictEqual(code, 0)
      assert.strictEqual(yield* countWaiting(file), 0)
    })
  )

  it.live("a second signal ends it at once, and what has no answer stays", () =>
    Effect.gen(function* () {
      const file = yield* fileWith([], ["ada"])
      let stop = () => {}
      let stoppedAt = 0
      // It does not answer.
      const url = yield* answering(() => {
        stop()
        void wait(500).then(() => {
          stoppedAt = performance.now()
          stop()
        })
      })
      const { code } = yield* relay(file, url, [], {
        onOutput: (_, end) => {
          stop = () => end("SIGTERM")
        }
      })
      assert.strictEqual(code, 143)
      assert.isBelow(performance.now() - stoppedAt, 2000)
      assert.strictEqual(yield* countWaiting(file), 1)
    })
  )

  it.live("a key that is changed in its file needs no restart", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const file = yield* fileWith([], ["ada"])
      const key = `${file}.key`
      writeFileSync(key, "wrong\n")
      let end = () => {}
      const session = yield* Effect.forkChild(
        relay(file, url, ["--api-key", `@${key}`], {
          onOutput: (output, stop) => {
            end = stop
            if (output.includes("takes nothing with this key")) writeFileSync(key, `${secret}\n`)
          }
        })
      )
      yield* arrived
      end()
      const { code, err } = yield* Fiber.join(session)
      assert.strictEqual(code, 0)
      assert.notInclude(err, "wrong")
      assert.notInclude(err, secret)
    }).pipe(Effect.provide(layerServer))
  )

  it.live("another takes over where one is killed", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const file = yield* fileWith([], [])
      const first = yield* Effect.forkChild(
        relay(file, url, [], { onOutput: (output, stop) => output.includes("delivers") && stop("SIGKILL") })
      )
      yield* Fiber.join(first)
      yield* run(["send", "page", "--user-id", "ada", "--outbox", file])
      let end = () => {}
      const second = yield* Effect.forkChild(
        relay(file, url, [], {
          onOutput: (_, stop) => {
            end = stop
          }
        })
      )
      yield* arrived
      end()
      assert.strictEqual((yield* Fiber.join(second)).code, 0)
    }).pipe(Effect.provide(layerServer))
  )
})

describe.skipIf(!isFull)("outbox dead, for who reads slowly", { timeout: 60_000 }, () => {
  it.live("keeps no more in memory than what was read", () =>
    Effect.gen(function* () {
      const people = Array.from({ length: 1500 }, (_, index) => `${index} ${"x".repeat(20_000)}`)
      const file = yield* fileWith(people, [])
      const { code, bytes } = yield* Effect.promise(async () => {
        const args = ["--max-old-space-size=64", main, "outbox", "--database", file, "dead", "--json"]
        const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] })
        const closed = once(child, "close")
        let bytes = 0
        for await (const chunk of child.stdout) {
          // As who looks at the first page.
          if (bytes === 0) await wait(3000)
          bytes += chunk.length
        }
        const [code] = await closed
        return { code, bytes }
      })
      assert.strictEqual(code, 0)
      assert.isAbove(bytes, 80_000_000)
    })
  )
})

describe.skipIf(!isFull)("outbox in Postgres", { timeout: 60_000 }, () => {
  const withSchema = Effect.map(sharedPostgres, ({ url }) => {
    const schema = `cli_${Math.random().toString(36).slice(2)}`
    return { schema, server: url, url: `${url}?schema=${schema}` }
  })

  it.live("is sent to, looked at and delivered as one in a file", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator
      const { url } = yield* withSchema
      const env = { CUSTOMERIO_OUTBOX: url }
      const absent = yield* run(["outbox", "status"], { env })
      assert.strictEqual(absent.code, 1)
      assert.include(absent.err, "has no tables of an outbox")

      const sent = yield* run(["send", "page", "--user-id", "ada", "--message-id", "m-1", "--outbox", url])
      assert.strictEqual(sent.code, 0)
      const waits = yield* run(["outbox", "status"], { env })
      assert.strictEqual(waits.code, 1)
      assert.include(waits.out, "1 message of")

      let end = () => {}
      const session = yield* Effect.forkChild(
        run(["outbox", "relay"], {
          env: { ...relayEnv(simulator.url), ...env },
          onOutput: (_, stop) => {
            end = stop
          }
        })
      )
      yield* arrived
      const attended = yield* run(["outbox", "status", "--json"], { env })
      assert.strictEqual(JSON.parse(attended.out).relays[0].lanes, 64)
      end()
      assert.strictEqual((yield* Fiber.join(session)).code, 0)
      for (const args of [["dead"], ["replay"], ["purge", "--user", "ada"], ["purge", "--yes"]]) {
        assert.strictEqual((yield* run(["outbox", ...args], { env })).code, 0, args.join(" "))
      }
      assert.strictEqual((yield* run(["outbox", "status"], { env })).code, 0)
    }).pipe(Effect.provide(layerServer))
  )

  it.live("has the tables that schema prints", () =>
    Effect.gen(function* () {
      const { schema, server, url } = yield* withSchema
      const { out } = yield* run(["outbox", "schema", "--schema", schema])
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(out)).pipe(
        Effect.provide(PgClient.layer({ url: Redacted.make(server) }))
      )
      assert.strictEqual((yield* run(["outbox", "status", "--database", url])).code, 0)
    })
  )

  it.live("says what to install where @effect/sql-pg is not there", () =>
    Effect.gen(function* () {
      const hook = `import { registerHooks } from "node:module"
registerHooks({ resolve: (name, context, next) => {
  if (!name.startsWith("@effect/sql-pg")) return next(name, context)
  throw Object.assign(new Error("Cannot find package '@effect/sql-pg' imported from here"), { code: "ERR_MODULE_NOT_FOUND" })
} })`
      const { code, err } = yield* run(["outbox", "status", "--database", "postgres://h/shop"], {
        env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` }
      })
      assert.deepStrictEqual(
        { code, err },
        { code: 1, err: "cdp at h/shop needs @effect/sql-pg, which is not installed: npm install @effect/sql-pg\n" }
      )
    })
  )
})
