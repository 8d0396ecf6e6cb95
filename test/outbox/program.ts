import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { build } from "esbuild"

/** A folder that is deleted when the scope closes. */
export const makeFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-process-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** A program of this folder in one file, which takes a quarter of the time to start. */
export const makeProgram = Effect.fnUntraced(function* (file: string) {
  const folder = yield* makeFolder
  const path = join(folder, "program.mjs")
  yield* Effect.promise(() =>
    build({
      entryPoints: [new URL(file, import.meta.url).pathname],
      outfile: path,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" }
    })
  )
  return { path, cache: join(folder, "compiled") }
})

export interface Running {
  readonly child: ChildProcess
  /** What it has said. */
  readonly lines: Array<string>
  /** It has ended, and its last words are heard. */
  readonly ended: Promise<unknown>
}

/** Runs it in a process of its own; what it says is heard line by line. */
export const start = (
  { cache, path }: { readonly path: string; readonly cache: string },
  env: Record<string, string>,
  onLine: (line: string) => void,
  nodeOptions: ReadonlyArray<string> = []
): Running => {
  const child = spawn(process.execPath, [...nodeOptions, path], {
    env: { ...process.env, NODE_COMPILE_CACHE: cache, ...env },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const lines: Array<string> = []
  let rest = ""
  child.stdout.on("data", (data: Buffer) => {
    const heard = `${rest}${data}`.split("\n")
    rest = heard.pop() ?? ""
    for (const line of heard) {
      lines.push(line)
      onLine(line)
    }
  })
  return { child, lines, ended: once(child.stdout, "close") }
}
