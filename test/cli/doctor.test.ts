import type { ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect } from "effect"
import { planFolder, planModule } from "./planFolder.ts"
import { answering, layerServer, received, runCommand, secret, suite } from "./run.ts"

describe("doctor", suite, () => {
  const doctor = (endpoint: string, env: Record<string, string> = {}, args = ["--yes"]) =>
    runCommand(["doctor", ...args], { env: { CUSTOMERIO_API_KEY: secret, CUSTOMERIO_ENDPOINT: endpoint, ...env } })

  it.live("is content with a server that takes a message, which goes to no destination", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { code, out, err } = yield* doctor(url, { CUSTOMERIO_FLUSH_AT: "5" })
      assert.strictEqual(code, 0, err)
      assert.include(out, url)
      assert.match(out, /^flushAt +5$/m)
      assert.match(out, /^API key +…$/m)
      assert.notInclude(out + err, secret)
      assert.include(out, "All is well")
      const [message, ...others] = yield* received
      assert.deepStrictEqual(others, [])
      assert.deepInclude(message, { type: "track", integrations: { All: false } })
      assert.isTrue((yield* Simulator.requests)[0]?.isStrict)
    }).pipe(Effect.provide(layerServer))
  )

  it.live("says what AnalyticsLive would make of a healthy server", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const off = yield* doctor(url, { CUSTOMERIO_ENABLED: "false" })
      assert.strictEqual(off.code, 1)
      assert.include(off.err, "AnalyticsLive sends nothing")
      const permissive = yield* doctor(url, { CUSTOMERIO_STRICT: "false" })
      assert.strictEqual(permissive.code, 0)
      assert.include(permissive.out, "CUSTOMERIO_STRICT is false")
    }).pipe(Effect.provide(layerServer))
  )

  it.live("sends nothing with a configuration that AnalyticsLive refuses", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const keyless = yield* doctor(url, { CUSTOMERIO_API_KEY: "" })
      assert.strictEqual(keyless.code, 1)
      assert.include(keyless.err, "CUSTOMERIO_API_KEY is not set")
      const wrong = yield* doctor(url, { CUSTOMERIO_FLUSH_AT: "many" })
      assert.strictEqual(wrong.code, 1)
      assert.include(wrong.err, "The configuration is wrong: CUSTOMERIO_FLUSH_AT: Expected")
      const withPassword = yield* doctor(url.replace("//", "//proxy:a-password@"))
      assert.strictEqual(withPassword.code, 1)
      assert.include(withPassword.err, "without credentials")
      assert.notInclude(withPassword.out + withPassword.err, "a-password")
      assert.deepStrictEqual(yield* received, [])
    }).pipe(Effect.provide(layerServer))
  )

  it.live("says what a plan has, and what of it somebody should look at", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { at } = yield* planFolder({
        "Shop.ts": planModule(`{
          name: "Shop",
          track: {
            "Order Completed": { description: "A person has paid", properties: { size: Schema.Finite } },
            order_completed: { deprecated: "say Order Completed", properties: { size: Schema.String } },
            "Cart Emptied": {}
          },
          page: { Home: { description: "The first" } },
          identify: { traits: {} }
        }`)
      })
      const { code, out, err } = yield* doctor(url, {}, ["--yes", "--plan", at("Shop.ts")])
      assert.strictEqual(code, 0)
      assert.match(out, /^plan +"Shop": 3 events, 1 page, the traits of people$/m)
      assert.strictEqual(
        err,
        `note: These have no description: track "Cart Emptied"
note: These are deprecated: track "order_completed"
note: These are easily taken for each other: track "Order Completed", track "order_completed"
note: "size" is of several types: number in track "Order Completed", string in track "order_completed"
`
      )
      const wrong = yield* doctor(url, {}, ["--yes", "--plan", at("nowhere.ts")])
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, "nowhere.ts cannot be read: there is no such file")
    }).pipe(Effect.provide(layerServer))
  )

  it.live("knows a server that does not answer", () =>
    Effect.gen(function* () {
      const { code, err } = yield* doctor(yield* answering(() => undefined), {
        CUSTOMERIO_REQUEST_TIMEOUT: "50 millis"
      })
      assert.strictEqual(code, 1)
      assert.include(err, "does not answer in time")
    })
  )

  it.live("sends nothing without being told to", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { code, err } = yield* doctor(url, {}, [])
      assert.strictEqual(code, 2)
      assert.include(err, "--yes")
      assert.deepStrictEqual(yield* received, [])
    }).pipe(Effect.provide(layerServer))
  )

  it.live("names a key that is not right", () =>
    Effect.gen(function* () {
      const { url } = yield* Simulator
      const { code, err } = yield* doctor(url, { CUSTOMERIO_API_KEY: "another-key" })
      assert.strictEqual(code, 1)
      assert.include(err, "does not take the API key (401)")
    }).pipe(Effect.provide(layerServer))
  )

  const html = { "content-type": "text/html" }

  it.live.each([
    ["a web page", (response) => response.writeHead(200, html).end("<html>"), "A web page answered"],
    ["a proxy whose server is away", (response) => response.writeHead(502, html).end("<html>"), "a proxy in between"],
    ["another server", (response) => response.writeHead(404).end(), "There is no /v1/batch"],
    [
      "a proxy that lets nobody in",
      (response) => response.writeHead(403, html).end("<html>"),
      "A web page answered 403"
    ],
    [
      "a redirect",
      (response) => response.writeHead(308, { location: "http://elsewhere.example" }).end(),
      "redirects (308) to http://elsewhere.example:"
    ],
    [
      "a server in trouble",
      (response) => response.writeHead(500).end("disk full"),
      "(500). Try again later. It says: disk full"
    ],
    [
      "a server that says much",
      (response) => response.writeHead(500).end("disk ".repeat(1000)),
      `It says: ${"disk ".repeat(99)}disk…`
    ],
    ["too many requests", (response) => response.writeHead(429).end(), "too many requests"],
    ["a connection that breaks off", (response) => response.destroy(), "The connection broke off"],
    [
      "a clock that is behind",
      (response) => response.writeHead(200, { date: "Fri, 01 Jan 2100 00:00:00 GMT" }).end("{}"),
      "minutes behind the server's"
    ],
    [
      "a clock that is ahead",
      (response) => response.writeHead(200, { date: "Sat, 01 Jan 2000 00:00:00 GMT" }).end("{}"),
      "minutes ahead of the server's"
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
    ["a name that is none", "https://nowhere.invalid", "cannot be looked up"],
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
      assert.include(err, "There is no TLS at the endpoint")
    })
  )
})
