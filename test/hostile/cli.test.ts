import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue, Stream } from "effect"
import { keylessConfigs } from "../../src/AnalyticsEnvironment.ts"
import { run } from "../cli/run.ts"
import { runHere } from "../cli/runHere.ts"
import { listen } from "../support/listen.ts"

/** Whatever ends a line, begins one anew or hides what was printed, with words after it that claim to be ours. */
const hostile = [
  ..."x\n\r\u000b\u000c\u0085\u2028\u2029\u202e\u2066\u200b\u007f\ufeff",
  ...["\r\n", "\u001b[2K\u001b[1G", "\u001b]0;title\u0007", "\u001b[8m", "\u009b2J", "\u009d0;title\u009c", "\u{e0041}"]
]
  .map((mark) => `${mark}FORGED`)
  .join("")

const assertTame = (printed: string) => {
  assert.notMatch(printed.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
  assert.notMatch(printed, /^\s*FORGED/m)
}

/** Where nothing listens. */
const quiet = { CUSTOMERIO_API_KEY: "a-key", CUSTOMERIO_ENDPOINT: "http://127.0.0.1:9" }

/** All that a command prints. */
const printed = (args: ReadonlyArray<string>, setting: Parameters<typeof runHere>[1] = {}) =>
  Effect.map(runHere(args, { ...setting, env: { ...quiet, ...setting.env } }), ({ output }) => output)

const track = ["send", "track", "--user-id", "u", "--event", "e", "--no-retry"]

describe("what the command line prints is on lines of its own, and nothing that controls a terminal", () => {
  const answer = (status: string, headers: string, body: string | Buffer) => {
    const head = `HTTP/1.1 ${status}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`
    return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)])
  }
  const answering = (bytes: Buffer) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy()).once("data", () => socket.end(bytes))
    })
    return Effect.map(listen(server), (port) => `http://127.0.0.1:${port}`)
  }
  const json = (value: unknown) => JSON.stringify(value)
  const inHeader = "x\u009b2J\u0085FORGED"

  it.live.each([
    ["a documented refusal", answer("400 Bad Request", "", json({ meta: { error: hostile, errors: [hostile] } }))],
    ["a refusal in text", answer("400 Bad Request", "", hostile)],
    ["a refusal that is no UTF-8", answer("422 x", "", Buffer.from("\u00ff\u009b2J\u001b[2J\nFORGED", "latin1"))],
    ["a reason phrase", answer("400 x\u009b2J FORGED", "", "")],
    ["a key that is not taken", answer("401 x", "", hostile)],
    ["no such path", answer("404 x", "", hostile)],
    ["a redirect", answer("308 x", `location: http://elsewhere.example/${inHeader}\r\n`, hostile)],
    ["a redirect to nowhere", answer("302 x", `location: ${inHeader}\r\n`, hostile)],
    ["a page", answer("502 x", `content-type: text/html; ${inHeader}\r\n`, hostile)],
    ["a server in trouble", answer("500 x", `retry-after: ${inHeader}\r\ndate: ${inHeader}\r\n`, hostile)],
    ["too many requests", answer("429 x", "retry-after: 1\r\n", hostile)],
    ["no HTTP", Buffer.from(hostile)],
    ["half of HTTP", Buffer.from("HTTP/1.1 200 \u001b[2J\nFORGED")]
  ] as const)("of a server: %s", ([, bytes]) =>
    Effect.gen(function* () {
      const env = { CUSTOMERIO_ENDPOINT: yield* answering(bytes) }
      for (const args of [track, ["doctor", "--yes"]]) {
        const words = yield* printed(args, { env })
        assert.notInclude(words, "delivered")
        assertTame(words)
      }
    })
  )

  it.live.each([
    ["a status of no kind", answer("999 x", "", "abc"), /\(999\): abc/, /Rejected: The server answered 999/],
    ["one that has no body, with a body", answer("205 x", "", "abc"), /All is well/, /delivered/],
    ["no end", answer("400 x", "", "x".repeat(100_000)), /\(400\): 400, at least [1-9]/, /at least [1-9]/],
    ["no kind", answer("400 x", "", "abc"), /\(400\): abc/, /: 400, 3 bytes/]
  ] as const)("of an answer with %s", ([, bytes, doctor, send]) =>
    Effect.gen(function* () {
      const env = { CUSTOMERIO_ENDPOINT: yield* answering(bytes) }
      assert.match(yield* printed(["doctor", "--yes"], { env }), doctor)
      assert.match(yield* printed(track, { env }), send)
    })
  )

  it.live("of the environment", () =>
    Effect.gen(function* () {
      const names = Object.keys(keylessConfigs).map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`))
      const url = "http://127.0.0.1:9/a\u0085FORGED\u009bFORGED\u202e"
      const environments = [
        ...["api_key", ...names].map((name) => ({ [`CUSTOMERIO_${name.toUpperCase()}`]: hostile })),
        { CUSTOMERIO_ENDPOINT: url },
        { CUSTOMERIO_ENDPOINT: url.replace("//", "//FORGED\u202e:FORGED@") }
      ]
      for (const env of environments) {
        for (const args of [["doctor"], ["doctor", "--yes"], track]) assertTame(yield* printed(args, { env }))
      }
      assert.include(yield* printed(["doctor"], { env: { CUSTOMERIO_ENDPOINT: url } }), "/a\\u0085FORGED\\u009b")
    })
  )

  it.live("of the endpoint, in the question whether to send", () =>
    Effect.gen(function* () {
      let shown = ""
      const onAsk = (words: string) => {
        shown += words
      }
      yield* printed(["doctor"], { env: { CUSTOMERIO_ENDPOINT: "http://127.0.0.1:9/\u0085FORGED\u202e" }, onAsk })
      assert.include(shown, "http://127.0.0.1:9/\\u0085FORGED\\u202e")
      assert.notInclude(shown, "\u202e")
    })
  )

  it.live.each([
    ["a command", [hostile]],
    ["a command of a command", ["send", hostile]],
    ["a flag", ["doctor", `--${hostile}`]],
    ["a short flag", ["doctor", `-${hostile}`]],
    ["an argument", ["doctor", hostile, hostile]],
    ["a port", ["dev", "--port", hostile]],
    ["a host", ["dev", "--port", "0", "--host", hostile]],
    ["faults", ["dev", "--port", "0", "--faults", JSON.stringify([{ kind: hostile, [hostile]: hostile }])]],
    ["a yes or no", ["doctor", `--yes=${hostile}`]],
    ["a region", [...track, "--region", hostile]],
    ["a time", [...track, "--timestamp", hostile]],
    ["an endpoint", [...track, "--endpoint", hostile]],
    ["an id", [...track, "--message-id", hostile]],
    ["a file", [...track, "--properties", `@${hostile}`]],
    ["a file of a key", [...track, "--api-key", `@${hostile}`]],
    ["a key", [...track, "--api-key", hostile]],
    ["a pair", [...track, "--property", hostile]],
    ["a property's name", [...track, "--property", `${hostile}:={`]],
    ["properties", [...track, "--properties", hostile]],
    ["a destination's name", [...track, "--integrations", JSON.stringify({ [hostile]: 1 })]],
    ["a name of the context", [...track, "--context", JSON.stringify({ [hostile]: 1, ip: 1 })]]
  ] as const)("of the command line: %s", ([, args]) =>
    Effect.gen(function* () {
      const words = yield* printed(args)
      assert.notStrictEqual(words, "")
      assertTame(words)
    })
  )

  it.live("of a mistake of its own", () =>
    Effect.gen(function* () {
      const broken = `String.prototype.padEnd = () => { throw new Error(${JSON.stringify(hostile)}) }`
      const { code, err } = yield* run(["doctor", "--yes"], {
        env: { ...quiet, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}` }
      })
      assert.strictEqual(code, 1)
      assert.include(err, "FORGED")
      assertTame(err)
    })
  )

  it.live.each([
    ["a line for each", []],
    ["--json", ["--json"]]
  ] as const)("of events that arrive: %s", ([, flags]) =>
    Effect.gen(function* () {
      const heard = yield* Queue.unbounded<string>()
      let output = ""
      const onPrint = (words: string) => {
        output += `${words}\n`
        Queue.offerUnsafe(heard, words)
      }
      const hear = (pattern: RegExp) =>
        Effect.map(
          Stream.runFold(
            Stream.takeUntil(Stream.fromQueue(heard), (words) => pattern.test(words)),
            () => "",
            (_, words) => words
          ),
          (words) => pattern.exec(words)![0]
        )
      const session = yield* Effect.forkChild(printed(["dev", "--port", "0", ...flags], { onPrint }))
      const url = yield* hear(/http:\/\/127\.0\.0\.1:\d+/)
      const names = ["type", "userId", "event", "name", "groupId", "messageId", "anonymousId", "timestamp", hostile]
      const event = `the last ${"of many ".repeat(100)}`
      const batch = [
        ...names.map((name) => ({ type: "track", userId: "u", event: "e", [name]: hostile })),
        { type: "identify", userId: "u", traits: { [hostile]: hostile, email: hostile } },
        { type: "track", userId: "u", event }
      ]
      yield* Effect.promise(() =>
        fetch(`${url}/v1/batch`, {
          method: "POST",
          body: JSON.stringify({ batch }),
          headers: { authorization: `Basic ${btoa("dev:")}` }
        })
      )
      const last = yield* hear(/.*the last.*/)
      yield* Fiber.interrupt(session)
      assert.include(output, "FORGED")
      assertTame(output)
      if (flags.length === 0) assert.isBelow(last.length, 250)
      else assert.strictEqual(JSON.parse(last).message.event, event)
    })
  )
})
