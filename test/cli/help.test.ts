import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { library } from "../../src/message/library.ts"
import { run, suite } from "./run.ts"

describe("help", suite, () => {
  it.live("and the version are exit code 0", () =>
    Effect.gen(function* () {
      for (const args of [["--help"], ["send"], ["send", "track", "--help"], ["dev", "--help"], ["doctor", "--help"]]) {
        const { code, out } = yield* run(args)
        assert.strictEqual(code, 0, args.join(" "))
        assert.include(out, "USAGE")
      }
      assert.include((yield* run(["--version"])).out, library.version)
    })
  )

  it.live("an older Node is told which one is needed", () =>
    Effect.gen(function* () {
      const older = 'Object.defineProperty(process, "versions", { value: { node: "20.20.2" } })'
      const olderNode = `data:text/javascript,${encodeURIComponent(older)}`
      const { code, out, err } = yield* run(["--version"], { env: { NODE_OPTIONS: `--import ${olderNode}` } })
      assert.deepStrictEqual(
        { code, out, err },
        { code: 1, out: "", err: "cdp-analytics needs Node 22.19 or newer, and this is Node 20.20.2.\n" }
      )
    })
  )

  it.live("completions are written for a shell", () =>
    Effect.gen(function* () {
      const { code, out } = yield* run(["--completions", "bash"])
      assert.strictEqual(code, 0)
      assert.include(out, "--previous-id")
      assert.include(out, "--unplanned")
    })
  )

  it.live("nothing is coloured where there is no terminal", () =>
    Effect.gen(function* () {
      for (const args of [["send", "track", "--help"], ["bogus"], ["dev", "--port", "abc"]]) {
        const { out, err } = yield* run(args)
        assert.notInclude(out + err, "\u001b")
      }
    })
  )
})
