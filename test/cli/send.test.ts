import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { library } from "../../src/message/library.ts"
import { answering, layerServer, type Options, received, run, runCommand, secret, suite } from "./run.ts"

/** Runs `send` against the simulator in the context. */
const send = (args: ReadonlyArray<string>, options: Options = {}) =>
  Effect.gen(function* () {
    const { url } = yield* Simulator
    const runs = options.onOutput === undefined ? runCommand : run
    return yield* runs(["send", ...args], {
      ...options,
      env: { CUSTOMERIO_API_KEY: secret, CUSTOMERIO_ENDPOINT: url, ...options.env }
    })
  })

describe("send", suite, () => {
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
    }).pipe(Effect.provide(layerServer))
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
    }).pipe(Effect.provide(layerServer))
  )

  it.live("traits and properties come one by one too, over those of the JSON", () =>
    Effect.gen(function* () {
      const properties = [
        "--properties",
        '{"price":1,"size":"42"}',
        "--property",
        "price:=39.95",
        "--property",
        "a=b=c"
      ]
      assert.strictEqual((yield* send(["track", "--user-id", "u", "--event", "e", ...properties])).code, 0)
      assert.strictEqual((yield* send(["identify", "--user-id", "u", "--trait", "zip=01234"])).code, 0)
      const [tracked, identified] = yield* received
      assert.deepStrictEqual(tracked?.["properties"], { price: 39.95, size: "42", a: "b=c" })
      assert.deepStrictEqual(identified?.["traits"], { zip: "01234" })
    }).pipe(Effect.provide(layerServer))
  )

  it.live("without strict mode it says that the answer says nothing", () =>
    Effect.gen(function* () {
      const { code, out, err } = yield* send(["page", "--user-id", "u", "--no-strict"], {
        env: { CUSTOMERIO_API_KEY: "other" }
      })
      assert.strictEqual(code, 0)
      assert.include(out, "delivered")
      assert.include(err, "--no-strict")
      assert.isFalse((yield* Simulator.requests)[0]?.isStrict)
    }).pipe(Effect.provide(layerServer))
  )

  it.live("Ctrl-C ends it while it tries again", () =>
    Effect.gen(function* () {
      yield* Simulator.setFaults([{ kind: "status", status: 503 }])
      let stoppedAt = 0
      const { code } = yield* send(["page", "--user-id", "u"], {
        onOutput: (output, stop) => {
          if (!output.includes("Ctrl-C gives up")) return
          stoppedAt = performance.now()
          stop("SIGINT")
        }
      })
      assert.strictEqual(code, 130)
      // Closing may take 20 seconds in an application; here somebody waits for the prompt.
      assert.isBelow(performance.now() - stoppedAt, 5000)
    }).pipe(Effect.provide(layerServer))
  )

  it.live("what the server says does not control the terminal", () =>
    Effect.gen(function* () {
      const words = JSON.stringify({ meta: { error: "no\u001b[2J\u009b\nAll is well" } })
      const endpoint = yield* answering((response) => response.writeHead(400).end(words))
      const { code, err } = yield* send(["page", "--user-id", "u", "--endpoint", endpoint])
      assert.strictEqual(code, 1)
      assert.include(err, ": … All is …\n")
    }).pipe(Effect.provide(layerServer))
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
      "nowhere.json cannot be read: there is no such file"
    ],
    [
      "a property that is no pair",
      ["track", "--user-id", "u", "--event", "e", "--property", "price"],
      "Expected format: key=value"
    ],
    [
      "a property that does not fit",
      ["track", "--user-id", "u", "--event", "e", "--property", "price=39.95"],
      "--properties: at price: Expected number"
    ],
    [
      "a property whose JSON is none",
      ["track", "--user-id", "u", "--event", "e", "--property", "a:=b"],
      "--property a: this is no JSON"
    ],
    ["standard input that is empty", ["identify", "--user-id", "u", "--traits", "-"], "standard input is empty"],
    ["no date", ["page", "--user-id", "u", "--timestamp", "soon"], "--timestamp"],
    ["no region", ["page", "--user-id", "u", "--region", "asia"], "--region"]
  ] as const)("%s is wrong usage, exit code 2", ([, args, words]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* send(args)
      assert.strictEqual(code, 2, out + err)
      assert.include(out + err, words)
      assert.deepStrictEqual(yield* received, [])
    }).pipe(Effect.provide(layerServer))
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
    }).pipe(Effect.provide(layerServer))
  )

  it.live("the key is never printed; a flag works, with a warning; without one it says what to do", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const args = ["send", "page", "--user-id", "u", "--endpoint", url]
      const flagged = yield* runCommand([...args, "--api-key", secret])
      assert.strictEqual(flagged.code, 0)
      assert.include(flagged.err, "history of your shell")
      const missing = yield* runCommand(args)
      assert.strictEqual(missing.code, 2)
      assert.include(missing.err, "CUSTOMERIO_API_KEY")
      const failed = yield* runCommand([...args, "--api-key", "another-secret"])
      for (const text of [flagged.out, flagged.err, failed.out, failed.err]) assert.notInclude(text, "secret")
    }).pipe(Effect.provide(layerServer))
  )
})
