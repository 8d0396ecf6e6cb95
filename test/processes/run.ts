import { spawn } from "node:child_process"
import { once } from "node:events"
import { Effect } from "effect"
import { compileCache } from "../support/compileCache.ts"

/** Runs a program of this folder, and stops it with the signal, if there is one, as soon as it says so. */
export const run = (
  file: string,
  env: Record<string, string>,
  stop?: { readonly at: string; readonly signal?: NodeJS.Signals }
) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [new URL(file, import.meta.url).pathname], {
      env: { ...process.env, ...compileCache, CUSTOMERIO_API_KEY: "k", ...env },
      stdio: ["ignore", "pipe", "inherit"]
    })
    let output = ""
    let stoppedAt = 0
    child.stdout.on("data", (data) => {
      output += data
      if (stop === undefined || stoppedAt > 0 || !output.includes(stop.at)) return
      stoppedAt = performance.now()
      if (stop.signal !== undefined) child.kill(stop.signal)
    })
    const closed = once(child.stdout, "close")
    const [code] = await once(child, "exit")
    const stopping = performance.now() - stoppedAt
    await closed
    return { code, output, stopping }
  })
