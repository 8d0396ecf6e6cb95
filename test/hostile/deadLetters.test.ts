import { execFile } from "node:child_process"
import { chmodSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { suite } from "../cli/run.ts"
import { compileCache } from "../support/compileCache.ts"
import { isFull } from "../support/repetitions.ts"

const example = new URL("../../examples/dead-letters.ts", import.meta.url).pathname
const fromSource = new URL("../../scripts/from-source.mjs", import.meta.url).href

/** Lets all be read by all who are not kept out. */
const careless = "process.umask(0)"

/** Runs the example with its file there, and says whether it came to its end. */
const runExample = (path: string) =>
  Effect.callback<boolean>((resume) => {
    const preloads = [fromSource, `data:text/javascript,${encodeURIComponent(careless)}`]
    const args = [...preloads.map((module) => `--import=${module}`), example, path]
    execFile(process.execPath, args, { env: { ...process.env, ...compileCache }, timeout: 20_000 }, (error) =>
      resume(Effect.succeed(error === null))
    )
  })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cdp-analytics-letters-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

/** What somebody put where the file is to be is left as it is, and so is what it leads to. */
const refuses = Effect.fnUntraced(function* (put: (target: string, path: string) => void) {
  const path = yield* folder
  const target = join(path, "target")
  writeFileSync(target, "untouched")
  chmodSync(target, 0o644)
  put(target, join(path, "messages.ndjson"))
  assert.isFalse(yield* runExample(join(path, "messages.ndjson")))
  assert.deepStrictEqual([readFileSync(target, "utf8"), modeOf(target)], ["untouched", "644"])
})

describe("the file of examples/dead-letters.ts", suite, () => {
  it.live("is read by nobody else, and so is its folder", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "letters", "messages.ndjson")
      assert.isTrue(yield* runExample(path))
      assert.strictEqual(readFileSync(path, "utf8"), "")
      assert.deepStrictEqual([modeOf(path), modeOf(join(path, ".."))], ["600", "700"])
    })
  )

  it.live("is not a link that was put there", () => refuses(symlinkSync))

  it.live.runIf(isFull)("is not another name of a file that was put there", () => refuses(linkSync))

  it.live.runIf(isFull)("is closed to others where it was open", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "messages.ndjson")
      writeFileSync(path, "")
      chmodSync(path, 0o666)
      assert.isTrue(yield* runExample(path))
      assert.strictEqual(modeOf(path), "600")
    })
  )

  it.live.runIf(isFull)("keeps a line that is no message, and sends the others", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "messages.ndjson")
      const message = { type: "track", userId: "u", event: "e", messageId: "m", timestamp: "2026-01-01T00:00:00.000Z" }
      writeFileSync(path, `{"half\n${JSON.stringify(message)}\n`)
      yield* runExample(path)
      assert.strictEqual(readFileSync(path, "utf8"), '{"half\n')
    })
  )
})
