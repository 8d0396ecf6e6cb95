/**
 * Runs each program of docs/guides that is marked as one (a block that begins with `ts run`) as the guide says: with a Data
 * Pipelines server on this machine in the environment. Each ends with exit code 0, and events arrive.
 */
import { spawn } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"

process.chdir(fileURLToPath(new URL("..", import.meta.url)))
const folder = ".guides"
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)

const programs = globSync("docs/guides/*.md")
  .sort()
  .flatMap((page) =>
    Array.from(readFileSync(page, "utf8").matchAll(/^```ts run\n(.*?)^```$/gms), ([, code], index) => {
      const file = `${folder}/${page.replaceAll(/\W/g, "_")}_${index}.ts`
      writeFileSync(file, code)
      return { page, file }
    })
  )
if (programs.length === 0) throw new Error("no guide has a program to run")

await Effect.runPromise(
  Effect.gen(function* () {
    const { url } = yield* Simulator
    for (const { page, file } of programs) {
      yield* Simulator.clear
      const status = yield* Effect.promise(() => run(file, url))
      const { length } = yield* Simulator.events
      if (status !== 0 || length === 0) throw new Error(`${page}: exit code ${status}, ${length} events`)
      console.log(`${page}: ${length} events`)
    }
  }).pipe(Effect.provide(Simulator.layerServer()))
)
rmSync(folder, { recursive: true, force: true })

/** In a process of its own, while the server answers in this one. */
async function run(file, url) {
  const env = { ...process.env, CUSTOMERIO_ENDPOINT: url, CUSTOMERIO_API_KEY: "dev" }
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "inherit", "inherit"] })
  return new Promise((resolve) => child.on("exit", resolve))
}
