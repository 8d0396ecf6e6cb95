/**
 * Runs each program of the README and of docs/guides that is marked as one, as the guide says: in a folder of its own, with a
 * Data Pipelines server on this machine in the environment. How a block begins says how it is run:
 *
 *   ts run       to its end, which has exit code 0
 *   ts serve     with an order that is posted to it, and then a signal
 *   ts worker    with a request to its `fetch`
 *   ts test      by vitest, without the server
 *
 * Events of each arrive. A block `json name` is a line of that file, for the programs of its page.
 */
import { spawn } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { freePort } from "../test/support/listen.ts"

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
  worker: async ({ folder, env }) => {
    const call = `
      import worker from "./program.ts"
      const response = await worker.fetch(new Request("http://localhost/"), process.env)
      if (!response.ok) process.exit(1)`
    writeFileSync(join(folder, "call.ts"), call)
    const status = await start(["call.ts"], folder, env).ended
    return status === 0 ? undefined : `exit code ${status}`
  }
}

await Effect.runPromise(
  Effect.gen(function* () {
    const { url } = yield* Simulator
    const env = { CUSTOMERIO_ENDPOINT: url, CUSTOMERIO_API_KEY: "dev" }
    for (const { page, how, code, name } of programs) {
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
      const fault = yield* Effect.promise(() => ways[how]({ folder, env, port }))
      const { length } = yield* Simulator.events
      if (fault !== undefined || length === 0) throw new Error(`${page}: ${fault ?? "no events"}`)
      console.log(`${page}, ${how}: ${length} events`)
    }
  }).pipe(Effect.provide(Simulator.layerServer()))
)

const status = await start(["node_modules/vitest/vitest.mjs", "run", "--dir", root], ".").ended
if (status !== 0) throw new Error(`the tests of the guides: exit code ${status}`)
rmSync(root, { recursive: true, force: true })
