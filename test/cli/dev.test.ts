import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, watch } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { compileCache } from "../support/compileCache.ts"
import { isFull } from "../support/repetitions.ts"
import { layerServer, run, suite } from "./run.ts"

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname

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

  it.live("prints a request that left no events: a fault answered it, or the key is not that of --api-key", () =>
    Effect.gen(function* () {
      let posted = 0
      const { out } = yield* run(
        ["dev", "--port", "0", "--api-key", "right", "--faults", '[{"kind":"status","status":503,"times":1}]'],
        {
          onOutput: (output, stop) => {
            const url = output.match(address)?.[0]
            const isTime = output.includes(posted === 0 ? "API_KEY=right" : "answered 503")
            if (url !== undefined && isTime && posted < 2) {
              posted++
              post(url)
            }
            if (output.includes("is not right")) stop()
          }
        }
      )
      assert.match(out, /fault +POST +\/v1\/batch +answered 503 +\d+ bytes {2}status\n/)
      assert.match(out, /refused +POST +\/v1\/batch +answered 200 +\d+ bytes {2}the API key is not right\n/)
    })
  )

  it.live.skipIf(!isFull)("ends without a word when nobody reads on", () =>
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

  it.live.skipIf(!isFull)("--open opens the page, and says so where nothing can", () =>
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
      yield* Effect.promise(() => writeFile(join(folder, "xdg-open"), "#!/bin/sh\nexit 3\n"))
      assert.include((yield* start(`${folder}:/bin:/usr/bin`)).err, "No browser can be opened: visit http://127.0.0.1:")
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

  /** Runs a shell's command with `dev` in it, acts with the ids that it says when that is up, and waits until it is gone. */
  const shell = (command: string, act: (...ids: ReadonlyArray<number>) => void, script = "") =>
    Effect.promise(async () => {
      const dev = `"${process.execPath}" "${main}" dev --port 0 --json`
      const child = spawn("sh", ["-c", command.replace("DEV", dev)], {
        env: { ...process.env, ...compileCache, npm_lifecycle_script: script },
        stdio: ["ignore", "ignore", "pipe"]
      })
      let said = ""
      let hasActed = false
      child.stderr.setEncoding("utf8").on("data", (data) => {
        said += data
        const ids = /^ids (.*)$/m.exec(said)?.[1]
        if (ids === undefined || !said.includes("API_KEY=dev") || hasActed) return
        hasActed = true
        act(...ids.split(" ").map(Number))
      })
      // It is open for as long as anybody has it, and the server does.
      await once(child.stderr, "end")
      return said
    })

  it.live.skipIf(!isFull)("--exit-on-stdin-close ends it with the pipe of a runner that was killed", () =>
    Effect.gen(function* () {
      const said = yield* shell(
        `sh -c 'echo a word; echo "ids $$" >&2; exec sleep 60' | DEV --exit-on-stdin-close`,
        (runner = 0) => process.kill(runner, "SIGKILL")
      )
      assert.include(said, "Standard input has ended: the server ends.")
      const both = yield* run(["dev", "--port", "0", "--exit-on-stdin-close", "--faults", "-"])
      assert.strictEqual(both.code, 2)
      assert.include(both.err, "--faults cannot come from standard input with --exit-on-stdin-close")
    })
  )

  it.live("ends with the shell in which npm runs it and nothing else, and with no other", () =>
    Effect.gen(function* () {
      const words = "The shell in which npm ran this is gone: the server ends."
      // npm tells its shell to end, and the shell tells nobody.
      const endShell = (parent = 0) => process.kill(parent)
      const watched = ["cdp-analytics", "'cdp-analytics'", "A=1 node_modules/.bin/cdp-analytics dev --json"]
      for (const script of isFull ? watched : watched.slice(0, 1)) {
        assert.include(yield* shell(`echo "ids $$" >&2; DEV; :`, endShell, script), words, script)
      }
      const unwatched = ["cdp-analytics dev & wait-on http://localhost:8400", "vitest run", "daemonize cdp-analytics"]
      for (const script of isFull ? unwatched : unwatched.slice(0, 1)) {
        let wasUp = false
        const said = yield* shell(
          `DEV & echo "ids $$ $!" >&2; wait`,
          (parent = 0, server = 0) => {
            process.kill(parent)
            // @effect-diagnostics-next-line globalTimers:off -- longer than it would take to see that the parent is gone
            setTimeout(() => {
              wasUp = process.kill(server)
            }, 1000)
          },
          script
        )
        assert.isTrue(wasUp, script)
        assert.notInclude(said, words)
      }
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
