import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { build } from "esbuild"

const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** `program.ts` as one file: it starts in a tenth of the time. */
export const bundle = (folder: string) =>
  Effect.promise(async () => {
    const outfile = join(folder, "program.mjs")
    await build({
      entryPoints: [source("test/outbox/sqlite/program.ts")],
      alias: {
        "cdp-analytics-effect/node": source("src/node/index.ts"),
        "cdp-analytics-effect/outbox": source("src/outbox/index.ts")
      },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile,
      banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)` }
    })
    return outfile
  })

export interface Started {
  readonly process: ChildProcess
  /** What it has said. */
  readonly lines: Array<string>
  /** Waits for its end, and for all that it said. */
  readonly ended: Promise<number | null>
}

export const start = (command: string, args: ReadonlyArray<string>): Started => {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] })
  const lines: Array<string> = []
  let rest = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n")
    rest = parts.pop() ?? ""
    lines.push(...parts)
  })
  const ended = once(child, "close").then(() => child.exitCode)
  return { process: child, lines, ended }
}

/** Waits until it has said so many lines. */
export const said = (started: Started, count: number) =>
  Effect.promise(async () => {
    while (started.lines.length < count) await Promise.race([once(started.process.stdout!, "data"), started.ended])
  })
