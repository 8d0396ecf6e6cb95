import { request as httpRequest } from "node:http"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Simulator, type SimulatorOptions } from "cdp-analytics-effect/simulator"
import { Effect, Layer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { isFull } from "../support/repetitions.ts"
import { authorization, head, say, track } from "./connection.ts"

const inProcess = (options: SimulatorOptions = {}) => Simulator.layer(options)

const onSocket = (options: SimulatorOptions = {}) =>
  Layer.merge(Simulator.layerServer({ ...options, page: true }), FetchHttpClient.layer)

/** What is read beyond the limit of the API, and what a piece of a stream may hold beyond that. */
const longest = 512_000 + 4_000_000
const piece = 64 * 1024

/** A batch whose body has exactly so many bytes. */
const batchOf = (bytes: number): string => {
  const text = JSON.stringify({ batch: [track("e", { properties: { text: "" } })] })
  return text.replace('"text":""', `"text":"${"x".repeat(bytes - text.length)}"`)
}

const post = Effect.fnUntraced(function* (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = "/v1/batch"
) {
  const { url } = yield* Simulator
  const response = yield* HttpClientRequest.post(`${url}${path}`).pipe(
    HttpClientRequest.bodyUint8Array(Buffer.from(body), "application/json"),
    HttpClientRequest.setHeaders({ authorization, "x-strict-mode": "1", ...headers }),
    HttpClient.execute
  )
  return { status: response.status, text: yield* response.text }
})

const megabyte = Buffer.alloc(1024 * 1024, " ")

const bomb = new Uint8Array(gzipSync(Buffer.concat(Array.from({ length: 48 }, () => megabyte))))

/** As a chunk of a body in chunks. */
const chunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])

/** A head, and then megabytes for as long as somebody takes them. */
function* endless(start: string, isChunked: boolean) {
  yield start
  for (let count = 0; count < 3000; count++) yield isChunked ? chunk(megabyte) : megabyte
}

const json = { host: "localhost", "content-type": "application/json", authorization }

for (const [where, layer] of [
  ["in process", inProcess],
  ["on a socket", onSocket]
] as const) {
  describe(`a body too long for the simulator ${where}`, () => {
    it.live("is told by the API's limit at first, with its length, and then by 413", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* post(batchOf(511_999))).status, 400, "the message is too large")
        assert.include((yield* post(batchOf(512_001))).text, "the body has 512001 bytes, the limit is 512000")
        assert.strictEqual((yield* post(batchOf(512_001), { "x-strict-mode": "0" })).status, 200)
        assert.include((yield* post(batchOf(longest))).text, `the body has ${longest} bytes`)
        const beyond = yield* post(batchOf(longest + 1))
        assert.strictEqual(beyond.status, 413)
        assert.include(beyond.text, `more than ${longest} bytes`)
        assert.strictEqual((yield* post(batchOf(longest + 1), { "x-strict-mode": "0" })).status, 413)
      }).pipe(Effect.provide(layer()))
    )

    it.live("is inflated no further than that", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* post(bomb, { "content-encoding": "gzip" })).status, 413)
        const twice = new Uint8Array(gzipSync(bomb))
        assert.strictEqual(
          (yield* post(twice, { "content-encoding": "gzip" })).status,
          400,
          "a bomb within gzip is no JSON"
        )
        // One that lacks its end, and one with more after it.
        for (const broken of [bomb.slice(0, 1000), Buffer.concat([gzipSync("{}"), megabyte.subarray(0, 100)])]) {
          assert.strictEqual((yield* post(broken, { "content-encoding": "gzip" })).status, 400)
        }
        const [first] = yield* Simulator.requests
        assert.strictEqual(first?.bytes, bomb.length)
        assert.isAtMost(first?.uncompressedBytes ?? Number.NaN, longest + piece)
        assert.deepStrictEqual(yield* Simulator.events, [])
      }).pipe(Effect.provide(layer()))
    )

    it.live("is inflated further where the API's limit is of what arrived, though not without end", () =>
      Effect.gen(function* () {
        const large = gzipSync(batchOf(6_000_000))
        assert.strictEqual((yield* post(new Uint8Array(large), { "content-encoding": "gzip" })).status, 200)
        assert.strictEqual((yield* post(bomb, { "content-encoding": "gzip" })).status, 413)
      }).pipe(Effect.provide(layer({ countCompressed: true, maxMessageBytes: 10_000_000 })))
    )

    it.live("is not looked at where route or key are wrong", () =>
      Effect.gen(function* () {
        const gzip = { "content-encoding": "gzip" }
        assert.strictEqual((yield* post(bomb, gzip, "/v1/nowhere")).status, 404)
        assert.strictEqual((yield* post(bomb, { ...gzip, authorization: "Basic Og==" })).status, 401)
        assert.strictEqual((yield* post("{", { authorization: `Basic ${btoa("other:")}` })).status, 401)
        for (const { uncompressedBytes } of yield* Simulator.requests) assert.isAtMost(uncompressedBytes, bomb.length)
      }).pipe(Effect.provide(layer({ apiKeys: ["a-secret-key"] })))
    )
  })
}

describe("a body without end", { concurrent: true }, () => {
  it.live.each([
    ["in chunks", "POST /v1/batch", { ...json, "transfer-encoding": "chunked" }, 413],
    ["of the length it says", "POST /v1/batch", { ...json, "content-length": "3000000000" }, 413],
    ["in chunks, without a key", "POST /v1/batch", { host: "localhost", "transfer-encoding": "chunked" }, 413],
    [
      "in chunks of gzip",
      "POST /v1/batch",
      { ...json, "transfer-encoding": "chunked", "content-encoding": "gzip" },
      413
    ],
    ["to no route", "POST /v1/nowhere", { ...json, "transfer-encoding": "chunked" }, 404],
    ["of the wrong method", "PUT /v1/batch", { ...json, "transfer-encoding": "chunked" }, 405],
    [
      "with the wrong key",
      "POST /v1/track",
      { ...json, authorization: "Basic Og==", "content-length": "3000000000" },
      401
    ],
    ["of a plan of faults", "PUT /_dev/faults", { ...json, "transfer-encoding": "chunked" }, 413],
    ["to clear", "POST /_dev/clear", { ...json, "transfer-encoding": "chunked" }, 200],
    ["for a file of the page", "GET /app.js", { ...json, "transfer-encoding": "chunked" }, 200],
    ["for nothing", "POST /nowhere", { ...json, "content-length": "3000000000" }, 404],
    [
      "of another site",
      "POST /v1/batch",
      { ...json, origin: "https://evil.example", "transfer-encoding": "chunked" },
      403
    ]
  ] as const)("%s ends the connection", ([, line, headers, status]) =>
    Effect.gen(function* () {
      const strict = { ...headers, "x-strict-mode": "1" }
      const answer = yield* say({ pieces: endless(head(line, strict), "transfer-encoding" in headers), isLast: true })
      assert.strictEqual(answer.status, status, answer.text)
      // With what the kernel holds for both.
      assert.isBelow(answer.taken, longest + 12_000_000)
      assert.strictEqual((yield* post(batchOf(1000), {}, "/v1/batch")).status, 200, "it serves others as before")
    }).pipe(Effect.provide(onSocket()))
  )

  it.live("is answered before it comes where route or key are wrong, and waited for otherwise", () =>
    Effect.gen(function* () {
      const length = { ...json, "content-length": "100", "x-strict-mode": "1" }
      assert.strictEqual((yield* say({ pieces: [head("POST /v1/nowhere", length)] })).status, 404)
      assert.strictEqual(
        (yield* say({ pieces: [head("POST /v1/batch", { ...length, authorization: "Basic Og==" })] })).status,
        401
      )
      const waiting = yield* Effect.timeoutOption(say({ pieces: [head("POST /v1/batch", length)] }), "50 millis")
      assert.strictEqual(waiting._tag, "None")
      yield* Effect.sleep("20 millis")
      assert.deepStrictEqual(
        (yield* Simulator.requests).map(({ status }) => status),
        [404, 401],
        "what never came is no request"
      )
    }).pipe(Effect.provide(onSocket()))
  )

  it.live("in crumbs is put together, each crumb a byte", () =>
    Effect.gen(function* () {
      const body = batchOf(20_000)
      const crumbs = Buffer.from([...body].map((byte) => `1\r\n${byte}\r\n`).join(""))
      const chunked = head("POST /v1/batch", { ...json, "transfer-encoding": "chunked" })
      assert.strictEqual((yield* say({ pieces: [chunked, crumbs, "0\r\n\r\n"] })).status, 200)
      assert.strictEqual((yield* Simulator.requests)[0]?.bytes, body.length)
      assert.deepStrictEqual(
        (yield* Simulator.events).map(({ verdict }) => verdict),
        ["accepted"]
      )
    }).pipe(Effect.provide(onSocket()))
  )

  it.live("that says less than there is makes no request of the rest", () =>
    Effect.gen(function* () {
      const body = batchOf(200)
      const rest = `${head("POST /v1/batch", { ...json, "content-length": String(body.length) })}${body}`
      const { text } = yield* say({
        pieces: [head("POST /v1/batch", { ...json, "content-length": "10" }), body, rest],
        isLast: true
      })
      assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\nConnection: close/)
      assert.deepStrictEqual(yield* Simulator.events, [])
    }).pipe(Effect.provide(onSocket()))
  )

  it.live("is answered to real clients, which read the answer while they write", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const body = batchOf(480_000)
      for (let count = 0; count < 10; count++) {
        assert.strictEqual((yield* post(body, { authorization: "Basic Og==" })).status, 401)
        const status = yield* Effect.callback<number | undefined>((resume) => {
          httpRequest(`${url}/v1/batch`, { method: "POST", headers: { ...json, authorization: "Basic Og==" } })
            .on("response", (response) => resume(Effect.succeed(response.resume().statusCode)))
            .on("error", (error) => resume(Effect.die(error)))
            .end(body)
        })
        assert.strictEqual(status, 200)
      }
    }).pipe(Effect.provide(onSocket()))
  )
})

describe.skipIf(!isFull)("all bodies together", () => {
  const start = head("POST /v1/batch", { ...json, "content-length": String(longest) })

  it.live.each([
    ["are slow", [Buffer.alloc(longest - 1, " ")], []],
    ["have no answer yet", [Buffer.alloc(longest, " ")], [{ kind: "stall" }]]
  ] as const)(
    "that %s hold no more than there is room for, and leave it again",
    ([, pieces, faults]) =>
      Effect.gen(function* () {
        const { status } = yield* Effect.raceAllFirst(
          Array.from({ length: 80 }, () => say({ pieces: [start, ...pieces] }))
        )
        assert.strictEqual(status, 503)
        yield* Simulator.setFaults([])
        yield* Effect.repeat(post(batchOf(1000)), { until: (answer) => answer.status === 200 })
      }).pipe(Effect.provide(onSocket({ faults }))),
    20_000
  )
})
