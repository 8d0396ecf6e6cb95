import { existsSync, watch } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { layerServer, run, suite } from "./run.ts"

describe("dev", suite, () => {
  const address = /http:\/\/127\.0\.0\.1:\d+/

  const post = (url: string) => {
    const body = JSON.stringify({ batch: [{ type: "track", userId: "ada", event: "bought\u001b[2J" }] })
    // @effect-diagnostics-next-line globalFetch:off -- a client that is none of ours
    void fetch(`${url}/v1/batch`, { method: "POST", body, headers: { authorization: `Basic ${btoa("dev:")}` } })
  }

  /** Starts `dev`, posts one event to it, and ends it when the event is printed. */
  const session = (args: ReadonlyArray<string>) => {
    let hasPosted = false
    return run(["dev", "--port", "0", ...args], {
      onOutput: (output, stop) => {
        const url = output.match(address)?.[0]
        if (url !== undefined && !hasPosted) {
          hasPosted = true
          post(url)
        }
        if (output.includes("bought")) stop()
      }
    })
  }

  it.live("prints the address, what to paste, and what arrives, until it is stopped", () =>
    Effect.gen(function* () {
      const { code, out } = yield* session([])
      assert.strictEqual(code, 130)
      assert.match(out, /export CUSTOMERIO_ENDPOINT=http:\/\/127\.0\.0\.1:\d+\n {2}export CUSTOMERIO_API_KEY=dev/)
      assert.match(out, /accepted {3}track {5}ada {15}bought/)
      assert.notInclude(out, "\u001b", "an event's control characters do not reach the terminal")
    })
  )

  it.live("--json writes each event as a line to standard output, and nothing else", () =>
    Effect.gen(function* () {
      const { out, err } = yield* session(["--json"])
      const event = JSON.parse(out)
      assert.deepInclude(event, { id: 1, verdict: "accepted" })
      assert.strictEqual(event.message.userId, "ada")
      assert.match(err, address)
    })
  )

  it.live("ends without a word when nobody reads on", () =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["dev", "--port", "0", "--json"], {
        isImpatient: true,
        onOutput: (output) => {
          const url = output.match(address)?.[0]
          if (url !== undefined && output.includes("API_KEY=dev")) post(url)
        }
      })
      assert.strictEqual(code, 0)
      assert.notInclude(err, "EPIPE")
    })
  )

  it.live("--open opens the page, and says so where nothing can", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.promise(() => mkdtemp(join(tmpdir(), "cdp-analytics-cli-")))
      const opened = join(folder, "opened")
      yield* Effect.promise(() =>
        writeFile(join(folder, "xdg-open"), `#!/bin/sh\necho "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`, {
          mode: 0o755
        })
      )
      const start = (path: string) =>
        run(["dev", "--port", "0", "--open"], {
          env: { PATH: path },
          onOutput: (output, stop) => {
            if (output.includes("No browser") || existsSync(opened)) stop()
            else if (output.includes("API_KEY=dev") && path.startsWith(folder))
              watch(folder, { persistent: false }, () => existsSync(opened) && stop())
          }
        })
      const { out } = yield* start(`${folder}:/bin:/usr/bin`)
      assert.strictEqual((yield* Effect.promise(() => readFile(opened, "utf8"))).trim(), out.match(address)?.[0])
      yield* Effect.promise(() => rm(opened))
      assert.include((yield* start("/nowhere")).err, "No browser can be opened: visit http://127.0.0.1:")
      yield* Effect.promise(() => rm(folder, { recursive: true }))
    })
  )

  it.live("--host says where other machines find it, and the token of its page; --cors, whose pages may send", () =>
    Effect.gen(function* () {
      let allowed: Promise<string | null> | undefined
      const { code, out, err } = yield* run(
        ["dev", "--port", "0", "--host", "0.0.0.0", "--cors", "http://localhost:3000", "--json"],
        {
          onOutput: (output, stop) => {
            const url = output.match(address)?.[0]
            if (url === undefined || !output.includes("API_KEY=dev") || allowed !== undefined) return
            const headers = { origin: "http://localhost:3000", "access-control-request-method": "POST" }
            // @effect-diagnostics-next-line globalFetch:off -- a client that is none of ours
            allowed = fetch(`${url}/v1/batch`, { method: "OPTIONS", headers }).then(({ headers }) => {
              stop()
              return headers.get("access-control-allow-origin")
            })
          }
        }
      )
      assert.strictEqual(code, 130)
      assert.strictEqual(out, "")
      assert.strictEqual(yield* Effect.promise(async () => allowed), "http://localhost:3000")
      for (const line of err.match(/^Other machines.*$/gm) ?? []) {
        assert.match(line, /^Other machines send to (http:\/\/[\d.]+:\d+), and see the page at \1\/\?token=[\w-]{22}$/)
      }
      const wrong = yield* run(["dev", "--port", "0", "--cors", "localhost"])
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, "cors[0]: Expected an origin")
    })
  )

  it.live("a port in use, and faults that are none, are said so", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const taken = yield* run(["dev", "--port", new URL(url).port])
      assert.strictEqual(taken.code, 1)
      assert.include(taken.err, "it is in use")
      const outside = yield* run(["dev", "--port", "0", "--host", "203.0.113.5"])
      assert.strictEqual(outside.code, 1)
      assert.include(outside.err, "no address of this machine")
      const beyond = yield* run(["dev", "--port", "65536"])
      assert.strictEqual(beyond.code, 2)
      assert.include(beyond.err, "--port")
      const fault = yield* run(["dev", "--port", "0", "--faults", '[{"kind":"meteor"}]'])
      assert.strictEqual(fault.code, 2)
      assert.include(fault.err, "--faults: at [0].kind")
    }).pipe(Effect.provide(layerServer))
  )
})
