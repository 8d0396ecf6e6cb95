/**
 * Runs each program of the README and of docs/guides that is marked as one, as the guide says: in a folder of its own, with a
 * Data Pipelines server on this machine in the environment. How a block begins says how it is run:
 *
 *   ts run       to its end, which has exit code 0
 *   ts serve     with an order that is posted to it, and then a signal
 *   ts crash     with an order that is posted to it and a SIGKILL, and again until that has arrived
 *   ts worker    with a request to its `fetch`
 *   ts database  to its end, with DATABASE_URL of a Postgres, and beside it the program of its page that is marked so:
 *   ts relay     until a signal, with the same
 *   ts replay    to its end, where the outbox in `analytics.db` has a dead letter
 *   ts test      by vitest, without the server
 *
 * Events of each arrive. A block `json name` is a line of that file, for the programs of its page.
 */
import { spawn } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsOutboxNode, OutboxSqlite } from "cdp-analytics-effect/node"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Layer, Redacted } from "effect"
import { freePort } from "../test/support/listen.ts"
import { sharedPostgres } from "../test/support/postgres.ts"

process.chdir(fileURLToPath(new URL("..", import.meta.url)))
const root = ".guides"
rmSync(root, { recursive: true, force: true })
mkdirSync(join(root, "test"), { recursive: true })

const blocksOf = (page, pattern) => Array.from(readFileSync(page, "utf8").matchAll(pattern), ([, ...parts]) => parts)

const programs = ["README.md", ...globSync("docs/guides/*.md").sort()].flatMap((page) =>
  blocksOf(page, /^```ts (\w+)\n(.*?)^```$/gms).map(([how, code], index) => {
    const name = `${page.replaceAll(/\W/g, "_")}_${index}`
    return { page, how, code, name }
  })
)
const tests = programs.filter(({ how }) => how === "test")
if (tests.length === 0 || tests.length === programs.length) throw new Error("no guide has a program to run, or no test")

/** In a process of its own, while the server answers in this one. */
const start = (args, cwd, env = {}) => {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"]
  })
  return { child, ended: new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal))) }
}

const post = async (address) => {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return (await fetch(address, { method: "POST" })).status
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return undefined
}

const eventsOf = async ({ CUSTOMERIO_ENDPOINT }) => (await fetch(`${CUSTOMERIO_ENDPOINT}/events.json`)).json()

const arrival = async (env) => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await eventsOf(env)).events.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The server refuses a message, and it is kept as a dead letter. */
const makeDeadLetter = (filename, { CUSTOMERIO_ENDPOINT: endpoint }) =>
  Effect.gen(function* () {
    yield* Simulator.setFaults([{ kind: "status", status: 400, times: 1 }])
    yield* Analytics.track({ userId: "ada", event: "order_completed" })
    yield* Analytics.flush
  }).pipe(
    Effect.provide(
      AnalyticsOutboxNode.layer({ apiKey: Redacted.make("dev"), endpoint }).pipe(
        Layer.provide(OutboxSqlite.layer({ filename }))
      )
    )
  )

/** Each returns what is wrong. */
const ways = {
  run: async ({ folder, env }) => {
    const status = await start(["program.ts"], folder, env).ended
    return status === 0 ? undefined : `exit code ${status}`
  },
  serve: async ({ folder, env, port }) => {
    const { child, ended } = start(["program.ts"], folder, env)
    const answer = await Promise.race([post(`http://localhost:${port}/orders/ada`), ended])
    child.kill("SIGINT")
    const status = await ended
    return answer === 201 && status === 130 ? undefined : `answer ${answer}, exit code ${status}`
  },
  crash: async ({ folder, env, port }) => {
    const killed = start(["program.ts"], folder, env)
    const answer = await Promise.race([post(`http://localhost:${port}/orders/ada`), killed.ended])
    killed.child.kill("SIGKILL")
    await killed.ended
    const { child, ended } = start(["program.ts"], folder, env)
    await arrival(env)
    child.kill("SIGINT")
    const status = await ended
    return answer === 201 && status === 130 ? undefined : `answer ${answer}, exit code ${status}`
  },
  worker: async ({ folder, env }) => {
    const call = `
      import worker from "./program.ts"
      const response = await worker.fetch(new Request("http://localhost/"), process.env)
      if (!response.ok) process.exit(1)`
    writeFileSync(join(folder, "call.ts"), call)
    const status = await start(["call.ts"], folder, env).ended
    return status === 0 ? undefined : `exit code ${status}`
  },
  database: async ({ page, folder, env }) => {
    const withDatabase = { ...env, DATABASE_URL: (await Effect.runPromise(sharedPostgres)).url }
    const { code } = programs.find((other) => other.page === page && other.how === "relay")
    writeFileSync(join(folder, "relay.ts"), code)
    const relay = start(["relay.ts"], folder, withDatabase)
    const status = await start(["program.ts"], folder, withDatabase).ended
    if (status === 0) await arrival(env)
    relay.child.kill("SIGTERM")
    const relayStatus = await relay.ended
    return status === 0 && relayStatus === 130 ? undefined : `exit code ${status}, of the relay ${relayStatus}`
  }
}
ways.replay = ways.run

await Effect.runPromise(
  Effect.gen(function* () {
    const { url } = yield* Simulator
    const env = { CUSTOMERIO_ENDPOINT: url, CUSTOMERIO_API_KEY: "dev" }
    for (const { page, how, code, name } of programs.filter(({ how }) => how !== "relay")) {
      if (how === "test") {
        writeFileSync(join(root, "test", `${name}.test.ts`), code)
        continue
      }
      const folder = join(root, name)
      mkdirSync(folder)
      for (const [file, line] of blocksOf(page, /^```json (\S+)\n(.*?)^```$/gms)) {
        writeFileSync(join(folder, file), `${JSON.stringify(JSON.parse(line))}\n`)
      }
      const port = yield* freePort
      writeFileSync(join(folder, "program.ts"), code.replace("port: 3000", `port: ${port}`))
      yield* Simulator.clear
      if (how === "replay") yield* makeDeadLetter(join(folder, "analytics.db"), env)
      const fault = yield* Effect.promise(() => ways[how]({ page, folder, env, port }))
      const { length } = yield* Simulator.events
      if (fault !== undefined || length === 0) throw new Error(`${page}: ${fault ?? "no events"}`)
      console.log(`${page}, ${how}: ${length} events`)
    }
  }).pipe(Effect.provide(Simulator.layerServer()))
)

const status = await start(["node_modules/vitest/vitest.mjs", "run", "--dir", root], ".").ended
if (status !== 0) throw new Error(`the tests of the guides: exit code ${status}`)
rmSync(root, { recursive: true, force: true })
