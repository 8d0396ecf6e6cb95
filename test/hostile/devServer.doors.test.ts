import { networkInterfaces } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { Simulator, type SimulatorServerOptions } from "cdp-analytics-effect/simulator"
import { Effect, Layer } from "effect"
import { isFull } from "../support/repetitions.ts"
import { head, say, track } from "./connection.ts"

const suite = { concurrent: true }

const served = (options: SimulatorServerOptions = {}) => Simulator.layerServer({ page: true, ...options })

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly from?: string
}

const port = Simulator.useSync(({ url }) => new URL(url).port)

const ask = Effect.fnUntraced(function* ({ method = "GET", path = "/", headers = {}, from }: Asked) {
  const pieces = [head(`${method} ${path}`, { host: `localhost:${yield* port}`, ...headers })]
  return yield* say({ pieces, ...(from !== undefined && { host: from }) })
})

const body = JSON.stringify({ batch: [track("e")], writeKey: "k" })

/** As a page can without asking first: text, with the key within. */
const post = Effect.fnUntraced(function* (headers: Record<string, string>, from?: string) {
  const start = head("POST /v1/batch", {
    host: `localhost:${yield* port}`,
    "content-type": "text/plain",
    "content-length": String(body.length),
    ...headers
  })
  return yield* say({ pieces: [start, body], ...(from !== undefined && { host: from }) })
})

const stored = Effect.map(Simulator.events, (events) => events.length)

const devRoutes = [
  "/events.json",
  "/_dev/state",
  "/_dev/people",
  "/_dev/people?find=a",
  "/_dev/request?id=1",
  "/_dev/events"
]
const pageRoutes = ["/", "/app.js", "/app.css", "/shared.js", ...devRoutes]

const foreign = [
  { origin: "https://evil.example" },
  { origin: "http://localhost:3000" },
  { origin: "http://localhost" },
  { origin: "null" },
  { origin: "nonsense" },
  { origin: "file://" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "anything" }
]

describe("what a page of another site asks", suite, () => {
  it.live("is not done: nothing is stored, read or changed", () =>
    Effect.gen(function* () {
      for (const headers of foreign) {
        const { status, text } = yield* post(headers)
        assert.strictEqual(status, 403, JSON.stringify(headers))
        assert.include(text, "--cors")
        assert.notInclude(text.toLowerCase(), "access-control")
        for (const path of pageRoutes) {
          assert.strictEqual((yield* ask({ path, headers })).status, 403, `${path} ${JSON.stringify(headers)}`)
        }
        for (const [method, path] of [
          ["PUT", "/_dev/faults"],
          ["POST", "/_dev/clear"],
          ["DELETE", "/events"],
          ["OPTIONS", "/events"],
          ["OPTIONS", "/_dev/clear"],
          ["OPTIONS", "/v1/batch"]
        ] as const) {
          const asked = { method, path, headers: { "content-type": "application/json", ...headers } }
          assert.strictEqual((yield* ask(asked)).status, 403, `${path} ${JSON.stringify(headers)}`)
        }
      }
      assert.strictEqual(yield* stored, 0)
      assert.deepStrictEqual(yield* Simulator.requests, [])
    }).pipe(Effect.provide(served()))
  )

  it.live("is told in words what would let it", () =>
    Effect.gen(function* () {
      const { text } = yield* post({ origin: "http://localhost:3000" })
      assert.include(
        text,
        "a page of http://localhost:3000 may not send events here: start with --cors http://localhost:3000, or set the option cors"
      )
      assert.include(text, "application/json")
      const unnamed = yield* post({ "sec-fetch-site": "cross-site" })
      assert.include(unnamed.text, "a page of another site may not send events here: start with --cors and its origin,")
    }).pipe(Effect.provide(served({ page: false })))
  )

  it.live("by a name that was made to point here, is not done either", () =>
    Effect.gen(function* () {
      const host = `evil.example:${yield* port}`
      const own = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" }
      assert.strictEqual((yield* post(own)).status, 403)
      for (const path of pageRoutes) assert.strictEqual((yield* ask({ path, headers: { host } })).status, 403, path)
      for (const name of [
        "0.0.0.0",
        "localhost.",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "[::ffff:1]",
        ""
      ]) {
        assert.strictEqual((yield* ask({ path: "/_dev/state", headers: { host: name } })).status, 403, name)
      }
      assert.strictEqual(yield* stored, 0)
    }).pipe(Effect.provide(served()))
  )

  it.live("is done for the page itself, for programs, and for who follows a link", () =>
    Effect.gen(function* () {
      const host = `localhost:${yield* port}`
      for (const headers of [
        { host },
        { host, origin: `http://${host}` },
        { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" },
        { host, "sec-fetch-site": "none" },
        // What Node's own client says.
        { host, "sec-fetch-mode": "cors" }
      ]) {
        assert.strictEqual((yield* post(headers)).status, 200, JSON.stringify(headers))
        assert.strictEqual((yield* ask({ path: "/_dev/state", headers })).status, 200, JSON.stringify(headers))
      }
      // Programs may call this machine what they like.
      assert.strictEqual((yield* post({ host: "host.docker.internal" })).status, 200)
      const visit = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
      assert.strictEqual((yield* ask({ path: "/", headers: visit })).status, 200)
      for (const path of ["/app.js", ...devRoutes]) {
        assert.strictEqual((yield* ask({ path, headers: visit })).status, 403, path)
      }
      assert.strictEqual((yield* ask({ path: "/", headers: { ...visit, "sec-fetch-dest": "iframe" } })).status, 403)
    }).pipe(Effect.provide(served()))
  )
})

describe("CORS, where it was asked for", suite, () => {
  const app = "http://localhost:3000"

  const preflight = (origin: string, path = "/v1/batch") =>
    ask({
      method: "OPTIONS",
      path,
      headers: {
        origin,
        "sec-fetch-site": "same-site",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type"
      }
    })

  it.live("lets the pages of an origin send, and no others", () =>
    Effect.gen(function* () {
      const asked = yield* preflight(app)
      assert.strictEqual(asked.status, 204)
      for (const line of [
        `access-control-allow-origin: ${app}`,
        "access-control-allow-methods: post",
        "access-control-allow-headers: authorization,content-type"
      ]) {
        assert.include(asked.text.toLowerCase(), line)
      }
      const sent = yield* post({ origin: app, "sec-fetch-site": "same-site" })
      assert.strictEqual(sent.status, 200)
      assert.include(sent.text.toLowerCase(), `access-control-allow-origin: ${app}`)
      // The page must be able to read why it was refused, and when to come again.
      const refused = yield* post({ origin: app, authorization: "Basic Og==", "x-strict-mode": "1" })
      assert.strictEqual(refused.status, 401)
      assert.include(refused.text.toLowerCase(), `access-control-allow-origin: ${app}`)
      assert.include(refused.text.toLowerCase(), "access-control-expose-headers: retry-after")
      assert.strictEqual((yield* post({ origin: "capacitor://localhost" })).status, 200)
      for (const other of [
        "https://localhost:3000",
        "http://localhost:30000",
        "http://localhost",
        "null",
        `${app}.evil.example`
      ]) {
        assert.strictEqual((yield* post({ origin: other })).status, 403, other)
        assert.strictEqual((yield* preflight(other)).status, 403, other)
      }
      assert.strictEqual(yield* stored, 2)
    }).pipe(Effect.provide(served({ cors: ["HTTP://localhost:3000/", "capacitor://localhost"] })))
  )

  it.live("of all lets all send, and nobody in to the page", () =>
    Effect.gen(function* () {
      for (const headers of foreign) {
        assert.strictEqual((yield* post(headers)).status, 200, JSON.stringify(headers))
        for (const path of devRoutes) {
          const { status, text } = yield* ask({ path, headers })
          assert.strictEqual(status, 403, path)
          assert.notInclude(text.toLowerCase(), "access-control")
        }
      }
      assert.strictEqual((yield* preflight("null")).status, 204)
      assert.strictEqual((yield* preflight("null", "/_dev/clear")).status, 403)
    }).pipe(Effect.provide(served({ cors: true })))
  )

  it.live("and the rest of what lets in is not inherited", () =>
    Effect.gen(function* () {
      assert.match((yield* Simulator).url, /^http:\/\/127\.0\.0\.1:/)
      assert.strictEqual((yield* post({ origin: app })).status, 403)
      assert.strictEqual((yield* ask({ path: "/app.js" })).status, 404)
    }).pipe(Effect.provide(Simulator.layerServer(Object.create({ cors: true, host: "::", page: true }))))
  )

  it.live("and all else that says who is let in are refused by name where they are none", () =>
    Effect.gen(function* () {
      const thrower = () => {
        throw new Error("secret")
      }
      const cases: ReadonlyArray<readonly [option: string, options: unknown]> = [
        ["cors[0]", { cors: ["localhost:3000"] }],
        ["cors[1]", { cors: [app, "http://localhost:3000/path"] }],
        ["cors[0]", { cors: ["http://user@localhost"] }],
        ["cors[0]", { cors: ["*"] }],
        ["cors", { cors: false }],
        ["cors", { cors: app }],
        ["cors", { cors: null }],
        ["token", { token: "short" }],
        ["token", { token: "a token; with more than that" }],
        ["token", { token: "" }],
        ["token", { token: ["a-token-of-22-letters_"] }],
        ["host", { host: null }],
        ["host", { host: "127.0.0.1\u0000" }],
        ["port", { port: 65_536 }],
        ["port", { port: -1 }],
        ["port", { port: "8400" }],
        ["page", { page: "yes" }],
        ["host", Object.defineProperty({}, "host", { enumerable: true, get: thrower })],
        ["", new Proxy({}, { ownKeys: thrower })],
        ["", null]
      ]
      for (const [option, options] of cases) {
        const error = yield* Effect.flip(Layer.build(Simulator.layerServer(options as SimulatorServerOptions)))
        assert.strictEqual(error._tag === "InvalidOptions" ? error.option : error._tag, option, error.message)
        assert.notInclude(error.message, "secret")
      }
    })
  )
})

const outer = Object.values(networkInterfaces())
  .flat()
  .find((address) => address !== undefined && !address.internal && address.family === "IPv4")?.address

describe.skipIf(outer === undefined)("a neighbour, where the server listens to all", suite, () => {
  const token = "a-token-of-22-letters_"

  it.live("sends events with a key, and sees nothing without the token, whatever it calls the server", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
      const from = outer ?? ""
      const at = `${from}:${yield* port}`
      assert.strictEqual((yield* post({ host: at }, from)).status, 200)
      assert.strictEqual((yield* post({ host: at, origin: `http://${at}` }, from)).status, 403, "no page of ours yet")
      for (const host of [at, "localhost", "127.0.0.1", "[::1]", "0.0.0.0"]) {
        for (const path of [...pageRoutes, "/?token=", "/?token=another-of-22-letters", `/app.js?token=${token}`]) {
          for (const cookie of ["", `cdp-analytics-${yield* port}=`, `cdp-analytics-${yield* port}=${token}x`]) {
            assert.strictEqual((yield* ask({ path, from, headers: { host, cookie } })).status, 403, `${host} ${path}`)
          }
        }
      }
      const change = { host: "localhost", "content-type": "application/json" }
      assert.strictEqual((yield* ask({ method: "PUT", path: "/_dev/faults", from, headers: change })).status, 403)
      assert.strictEqual((yield* ask({ method: "POST", path: "/_dev/clear", from, headers: change })).status, 403)
      assert.strictEqual((yield* ask({ method: "DELETE", path: "/events", from, headers: change })).status, 403)
      const opened = yield* ask({ path: `/?token=${token}`, from, headers: { host: at } })
      assert.strictEqual(opened.status, 200)
      const cookie = /set-cookie: ([^;]+); .*HttpOnly/i.exec(opened.text)?.[1] ?? ""
      assert.strictEqual(cookie, `cdp-analytics-${yield* port}=${token}`)
      assert.match(opened.text, /SameSite=Strict/i)
      for (const path of pageRoutes) {
        assert.strictEqual((yield* ask({ path, from, headers: { host: at, cookie } })).status, 200, path)
        const other = { host: at, cookie, origin: "http://evil.example" }
        assert.strictEqual((yield* ask({ path, from, headers: other })).status, 403, path)
      }
      const clear = { method: "POST", path: "/_dev/clear", from }
      const own = { "content-type": "application/json", host: at, cookie, origin: `http://${at}` }
      assert.strictEqual((yield* ask({ ...clear, headers: { ...own, origin: "http://evil.example" } })).status, 403)
      assert.strictEqual((yield* ask({ ...clear, headers: own })).status, 200)
      // This machine needs none.
      assert.strictEqual((yield* ask({ path: "/_dev/state" })).status, 200)
    }).pipe(Effect.provide(served({ host: "0.0.0.0", token })))
  )

  it.live("sees nothing at all where there is no token", () =>
    Effect.gen(function* () {
      const from = outer ?? ""
      for (const path of ["/", "/?token=", "/?token=undefined", ...devRoutes]) {
        assert.strictEqual((yield* ask({ path, from })).status, 403, path)
      }
      assert.strictEqual((yield* post({}, from)).status, 200)
      assert.strictEqual((yield* ask({ path: "/_dev/state" })).status, 200)
    }).pipe(Effect.provide(served({ host: "::" })))
  )
})

describe("the target of a request", suite, () => {
  it.live("that is none is a 400, and none is a 500", () =>
    Effect.gen(function* () {
      const at = `localhost:${yield* port}`
      for (const [target, status] of [
        [`http://${at}/v1/nowhere`, 404],
        [`http://${at}`, 405],
        ["http://[::1/v1/batch", 400],
        ["http://[/v1/batch", 400],
        // Whose name is v1.
        ["http:///v1/batch", 403],
        ["http://%/v1/batch", 400],
        [`ftp://${at}/v1/batch`, 400],
        ["//[::1/v1/batch", 404],
        ["//v1/batch", 404],
        ["/v1//[", 404],
        ["/v1/%zz", 404],
        ["/v1/%", 404],
        ["/%zz", 404],
        ["/v1/../_dev/state", 404],
        ["/v1/..%2f_dev%2fstate", 404],
        ["/%76%31/batch", 404],
        ["/v1/batch%00", 404],
        ["/v1/batch?%zz", 401],
        ["/v1/batch?#", 401],
        ["*", 400]
      ] as const) {
        const asked = {
          host: at,
          "content-type": "application/json",
          authorization: "Basic Og==",
          "x-strict-mode": "1"
        }
        const answer = yield* ask({ method: "POST", path: target, headers: asked })
        if (target === `http://${at}`) assert.include([404, 405], answer.status)
        else assert.strictEqual(answer.status, status, target)
      }
      assert.strictEqual((yield* ask({ method: "OPTIONS", path: "*" })).status, 400)
      // The name in a target is what counts.
      assert.strictEqual((yield* ask({ path: "http://evil.example/_dev/state" })).status, 403)
    }).pipe(Effect.provide(served({ apiKeys: ["k"] })))
  )

  it.live("of whatever it is made is a 4xx, but where it is right", () =>
    Effect.gen(function* () {
      const parts = [
        "/",
        "v1",
        "batch",
        "_dev",
        "state",
        "http:",
        "//",
        "[",
        "]",
        "::1",
        "%",
        "%2e",
        "%00",
        "..",
        "?",
        "#",
        "@",
        ";",
        ":",
        "\\",
        "{",
        "é",
        "*",
        "=",
        "events",
        "events.json",
        "limit",
        "find"
      ]
      let seed = 20_260_418
      const random = (below: number): number => {
        seed = (seed * 48_271) % 2_147_483_647
        return seed % below
      }
      for (let count = 0; count < (isFull ? 5000 : 200); count++) {
        const target = Array.from({ length: 1 + random(6) }, () => parts[random(parts.length)]).join("")
        const method = ["GET", "POST", "PUT", "OPTIONS", "HEAD", "DELETE"][random(6)] ?? ""
        const { status } = yield* ask({ method, path: target, headers: { "content-type": "application/json" } })
        assert.isTrue(
          status === 200 || status === 204 || (status >= 400 && status < 500),
          `${method} ${target}: ${status}`
        )
      }
    }).pipe(Effect.provide(served()))
  )

  it.live("that asks for another protocol gets an answer of this one, by the same rules", () =>
    Effect.gen(function* () {
      const upgrade = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="
      }
      assert.strictEqual((yield* ask({ path: "/_dev/state", headers: upgrade })).status, 200)
      assert.strictEqual((yield* ask({ path: "/v1/batch", headers: upgrade })).status, 405)
      const other = { ...upgrade, origin: "https://evil.example" }
      assert.strictEqual((yield* ask({ path: "/_dev/state", headers: other })).status, 403)
      assert.strictEqual((yield* ask({ path: "/v1/batch", headers: other })).status, 403)
    }).pipe(Effect.provide(served({ strict: "always" })))
  )
})
