import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, watch } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer, type Server, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { library } from "../../src/internal/version.ts"

const main = new URL("../../src/node/cli/main.ts", import.meta.url).pathname

interface Options {
  readonly env?: Record<string, string>
  readonly stdin?: string
  /** Called with all of standard output so far, each time there is more. */
  readonly onOutput?: (output: string, stop: () => void) => void
}

const run = (args: ReadonlyArray<string>, { env = {}, stdin = "", onOutput }: Options = {}) =>
  Effect.promise(async () => {
    const { CUSTOMERIO_API_KEY: _, ...inherited } = process.env
    const child = spawn(process.execPath, [main, ...args], { env: { ...inherited, NO_COLOR: "1", ...env } })
    let out = ""
    let err = ""
    child.stdout.on("data", (data) => {
      out += data
      onOutput?.(out, () => child.kill("SIGTERM"))
    })
    child.stderr.on("data", (data) => {
      err += data
      onOutput?.(out + err, () => child.kill("SIGTERM"))
    })
    child.stdin.end(stdin)
    const [code] = await once(child, "close")
    return { code, out, err }
  })

/** Runs `send` against the simulator in the context. */
const send = (args: ReadonlyArray<string>, options: Options = {}) =>
  Effect.gen(function* () {
    const { url } = yield* Simulator
    return yield* run(["send", ...args], {
      ...options,
      env: { CUSTOMERIO_API_KEY: "a-secret-key", CUSTOMERIO_ENDPOINT: url, ...options.env }
    })
  })

const layer = Simulator.layerServer({ apiKeys: ["a-secret-key"] })

const received = Effect.map(Simulator.events, (events) => events.map(({ message }) => message))

describe("send", () => {
  it.live.each([
    [
      "identify",
      ["--user-id", "u", "--traits", '{"email":"u@example.com"}'],
      { userId: "u", traits: { email: "u@example.com" } }
    ],
    [
      "track",
      ["--anonymous-id", "a", "--event", "e", "--properties", '{"price":1}'],
      { anonymousId: "a", event: "e", properties: { price: 1 } }
    ],
    ["page", ["--user-id", "u", "--name", "Home", "--category", "c"], { userId: "u", name: "Home", category: "c" }],
    ["screen", ["--user-id", "u", "--name", "Cart"], { userId: "u", name: "Cart" }],
    [
      "group",
      ["--user-id", "u", "--group-id", "g", "--traits", '{"name":"Acme"}'],
      { userId: "u", groupId: "g", traits: { name: "Acme" } }
    ],
    ["alias", ["--previous-id", "p", "--user-id", "u"], { previousId: "p", userId: "u" }]
  ] as const)("%s delivers what it is given, and prints the id and the outcome", ([type, args, fields]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* send([
        type,
        ...args,
        ...["--message-id", "m-1", "--timestamp", "2026-01-02T03:04:05Z"],
        ...["--context", '{"ip":"203.0.113.7"}', "--integrations", '{"All":false}']
      ])
      assert.deepStrictEqual({ code, out, err }, { code: 0, out: "m-1\ndelivered\n", err: "" })
      const [message] = yield* received
      assert.deepInclude(message, {
        type,
        ...fields,
        messageId: "m-1",
        timestamp: "2026-01-02T03:04:05.000Z",
        integrations: { All: false }
      })
      assert.deepInclude(message?.["context"], { ip: "203.0.113.7", library })
    }).pipe(Effect.provide(layer))
  )

  it.live("JSON comes from a file or from standard input", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.promise(() => mkdtemp(join(tmpdir(), "cdp-analytics-cli-")))
      const file = join(folder, "traits.json")
      yield* Effect.promise(() => writeFile(file, '{"from":"file"}'))
      assert.strictEqual((yield* send(["identify", "--user-id", "u", "--traits", `@${file}`])).code, 0)
      const piped = yield* send(["identify", "--user-id", "u", "--traits", "-"], { stdin: '{"from":"stdin"}' })
      assert.strictEqual(piped.code, 0)
      assert.deepStrictEqual(
        (yield* received).map((message) => message["traits"]),
        [{ from: "file" }, { from: "stdin" }]
      )
      yield* Effect.promise(() => rm(folder, { recursive: true }))
    }).pipe(Effect.provide(layer))
  )

  it.live.each([
    ["an unknown flag", ["track", "--user-id", "u", "--event", "e", "--colour", "red"], "--colour"],
    ["a missing event", ["track", "--user-id", "u"], "--event"],
    ["no JSON", ["identify", "--user-id", "u", "--traits", "{"], "--traits: this is no JSON"],
    [
      "JSON that does not fit",
      ["identify", "--user-id", "u", "--traits", '{"email":1}'],
      "--traits: at email: Expected string"
    ],
    [
      "no such file",
      ["identify", "--user-id", "u", "--traits", "@nowhere.json"],
      "nowhere.json cannot be read: NotFound"
    ],
    ["no date", ["page", "--user-id", "u", "--timestamp", "soon"], "--timestamp"],
    ["no region", ["page", "--user-id", "u", "--region", "asia"], "--region"]
  ] as const)("%s is wrong usage, exit code 2", ([, args, words]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* send(args)
      assert.strictEqual(code, 2, out + err)
      assert.include(out + err, words)
      assert.deepStrictEqual(yield* received, [])
    }).pipe(Effect.provide(layer))
  )

  it.live("what is refused is exit code 1, with the reason", () =>
    Effect.gen(function* () {
      const invalid = yield* send(["track", "--event", "e"])
      assert.deepInclude(invalid, { code: 1 })
      assert.include(invalid.err, "userId or anonymousId is required")

      const wrongKey = yield* send(["page", "--user-id", "u"], { env: { CUSTOMERIO_API_KEY: "other" } })
      assert.strictEqual(wrongKey.code, 1)
      assert.include(wrongKey.err, "Unauthorized: ")

      yield* Simulator.setFaults([{ kind: "status", status: 503, times: 1 }])
      const away = yield* send(["page", "--user-id", "u", "--no-retry"])
      assert.strictEqual(away.code, 1)
      assert.include(away.err, "RetriesExhausted: ")

      yield* Simulator.setFaults([{ kind: "status", status: 503, times: 1 }])
      assert.strictEqual((yield* send(["page", "--user-id", "u"])).code, 0)
    }).pipe(Effect.provide(layer))
  )

  it.live("the key is never printed; a flag works, with a warning; without one it says what to do", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const args = ["send", "page", "--user-id", "u", "--endpoint", url]
      const flagged = yield* run([...args, "--api-key", "a-secret-key"])
      assert.strictEqual(flagged.code, 0)
      assert.include(flagged.err, "history of your shell")
      const missing = yield* run(args)
      assert.strictEqual(missing.code, 2)
      assert.include(missing.err, "CUSTOMERIO_API_KEY")
      const failed = yield* run([...args, "--api-key", "another-secret"])
      for (const text of [flagged.out, flagged.err, failed.out, failed.err]) assert.notInclude(text, "secret")
    }).pipe(Effect.provide(layer))
  )
})

describe("help", () => {
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
})

describe("dev", () => {
  const address = /http:\/\/127\.0\.0\.1:\d+/

  /** Starts `dev`, posts one event to it, and ends it when the event is printed. */
  const session = (args: ReadonlyArray<string>) => {
    let hasPosted = false
    return run(["dev", "--port", "0", ...args], {
      onOutput: (output, stop) => {
        const url = output.match(address)?.[0]
        if (url !== undefined && !hasPosted) {
          hasPosted = true
          const body = JSON.stringify({ batch: [{ type: "track", userId: "ada", event: "bought\u001b[2J" }] })
          // @effect-diagnostics-next-line globalFetch:off -- a client that is none of ours
          void fetch(`${url}/v1/batch`, { method: "POST", body, headers: { authorization: `Basic ${btoa("dev:")}` } })
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

  it.live("a port in use, and faults that are none, are said so", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const taken = yield* run(["dev", "--port", new URL(url).port])
      assert.strictEqual(taken.code, 1)
      assert.include(taken.err, "is it in use?")
      const fault = yield* run(["dev", "--port", "0", "--faults", '[{"kind":"meteor"}]'])
      assert.strictEqual(fault.code, 2)
      assert.include(fault.err, "--faults: at [0].kind")
    }).pipe(Effect.provide(layer))
  )
})

describe("doctor", () => {
  const doctor = (endpoint: string, env: Record<string, string> = {}, args = ["--yes"]) =>
    run(["doctor", ...args], { env: { CUSTOMERIO_API_KEY: "a-secret-key", CUSTOMERIO_ENDPOINT: endpoint, ...env } })

  const answering = (answer: (response: ServerResponse) => void) =>
    Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const server = createServer((request, response) => {
          request.resume().on("end", () => answer(response))
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    ).pipe(
      Effect.map((server) => {
        const address = server.address()
        return `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`
      })
    )

  it.live("is content with a server that takes a message, which goes to no destination", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { code, out, err } = yield* doctor(url, { CUSTOMERIO_FLUSH_AT: "5" })
      assert.strictEqual(code, 0, err)
      assert.include(out, url)
      assert.include(out, "flushAt    5")
      assert.include(out, "a-s…ey")
      assert.notInclude(out + err, "a-secret-key")
      assert.include(out, "All is well")
      const [message, ...others] = yield* received
      assert.deepStrictEqual(others, [])
      assert.deepInclude(message, { type: "track", integrations: { All: false } })
      assert.isTrue((yield* Simulator.requests)[0]?.isStrict)
    }).pipe(Effect.provide(layer))
  )

  it.live("sends nothing without being told to", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { code, err } = yield* doctor(url, {}, [])
      assert.strictEqual(code, 2)
      assert.include(err, "--yes")
      assert.deepStrictEqual(yield* received, [])
    }).pipe(Effect.provide(layer))
  )

  it.live("names a key that is not right", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { code, err } = yield* doctor(url, { CUSTOMERIO_API_KEY: "another-key" })
      assert.strictEqual(code, 1)
      assert.include(err, "does not take the API key (401)")
    }).pipe(Effect.provide(layer))
  )

  const html = { "content-type": "text/html" }

  it.live.each([
    ["a web page", (response) => response.writeHead(200, html).end("<html>"), "A web page answered"],
    ["a proxy whose server is away", (response) => response.writeHead(502, html).end("<html>"), "a proxy in between"],
    ["another server", (response) => response.writeHead(404).end(), "There is no /v1/batch"],
    ["a redirect", (response) => response.writeHead(308, { location: "/" }).end(), "redirects (308)"],
    [
      "a server in trouble",
      (response) => response.writeHead(500).end("disk full"),
      "(500). Try again later. It says: disk full"
    ],
    ["too many requests", (response) => response.writeHead(429).end(), "too many requests"],
    ["a connection that breaks off", (response) => response.destroy(), "The connection broke off"],
    [
      "a clock that is behind",
      (response) => response.writeHead(200, { date: "Fri, 01 Jan 2100 00:00:00 GMT" }).end("{}"),
      "minutes behind the server's"
    ]
  ] as const satisfies ReadonlyArray<readonly [string, (response: ServerResponse) => void, string]>)(
    "knows %s",
    ([, answer, words]) =>
      Effect.gen(function* () {
        const { code, err } = yield* doctor(yield* answering(answer))
        assert.strictEqual(code, 1)
        assert.include(err, words)
      })
  )

  it.live.each([
    ["nothing that listens", "http://127.0.0.1:9", "Nothing listens at the endpoint"],
    ["a name that is none", "http://nowhere.invalid", "cannot be looked up"],
    ["an endpoint that is none", "nowhere", "The configuration is wrong"]
  ] as const)("knows %s", ([, endpoint, words]) =>
    Effect.gen(function* () {
      const { code, err } = yield* doctor(endpoint)
      assert.strictEqual(code, 1)
      assert.include(err, words)
    })
  )

  it.live("knows a server that speaks no TLS", () =>
    Effect.gen(function* () {
      const url = yield* answering((response) => response.end())
      const { code, err } = yield* doctor(url.replace("http:", "https:"))
      assert.strictEqual(code, 1)
      assert.include(err, "certificate is not trusted")
    })
  )
})
