import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Effect, Exit, Layer, Redacted, Schedule, Scope } from "effect"
import { clients } from "../support/clients.ts"
import { findProgram } from "../support/findProgram.ts"
import { freePort } from "../support/listen.ts"
import { silent } from "../support/logs.ts"
import { isFull } from "../support/repetitions.ts"

const nginx = findProgram("nginx", "apt-get install nginx-light", "/usr/sbin/nginx")

const isListening = (port: number) =>
  Effect.callback<void, "closed">((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.on("error", () => resume(Effect.fail("closed")))
  })

const untilListening = (port: number) =>
  Effect.retry(isListening(port), Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 250 })))

interface Proxy {
  readonly http?: string
  readonly server?: string
  readonly location?: string
}

/** nginx before a port, while the scope is open. */
const proxyTo = Effect.fnUntraced(function* (upstream: number, { http = "", server = "", location = "" }: Proxy) {
  const port = yield* freePort
  const folder = mkdtempSync(join(tmpdir(), "nginx-"))
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`
  )
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events {}
    http {
      access_log off; ${temporary.join(" ")} ${http}
      server {
        listen 127.0.0.1:${port}; ${server}
        location / { proxy_pass http://127.0.0.1:${upstream}; proxy_http_version 1.1; ${location} }
      }
    }`
  )
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn(nginx.path, ["-c", join(folder, "nginx.conf"), "-p", folder], { stdio: "ignore" })),
    (child) =>
      Effect.sync(() => {
        child.kill("SIGKILL")
        rmSync(folder, { recursive: true, force: true })
      })
  )
  yield* untilListening(port)
  return `http://127.0.0.1:${port}`
})

const retry = Schedule.spaced("50 millis").pipe(Schedule.upTo({ times: 100 }))

const track = (number: number, padding = 0) =>
  Analytics.track({ userId: "u", event: String(number), properties: { padding: "x".repeat(padding) } })

const simulatorPort = Simulator.useSync(({ url }) => Number(new URL(url).port))

const arrived = Effect.map(Simulator.events, (events) => events.map((event) => String(event.message["messageId"])))

const behindNginx = `behind nginx, over %s${nginx.note}`

const kinds = isFull ? (["undici", "AnalyticsNode"] as const) : (["AnalyticsNode"] as const)

describe.skipIf(nginx.isMissing).each(kinds)(behindNginx, (name) => {
  const client = (endpoint: string, options: Partial<AnalyticsOptions> = {}) =>
    Layer.provideMerge(clients[name]({ apiKey: Redacted.make("k"), endpoint, retry, ...options }), silent)

  it.live(
    "client_max_body_size: a batch is halved until it fits, and what never fits is alone",
    () =>
      Effect.gen(function* () {
        const endpoint = yield* proxyTo(yield* simulatorPort, { server: "client_max_body_size 2k;" })
        const report = yield* Effect.gen(function* () {
          for (let number = 1; number <= 20; number++) yield* track(number, number === 7 ? 3000 : 100)
          return yield* Analytics.flush
        }).pipe(Effect.provide(client(endpoint)))
        assert.deepStrictEqual(report, { delivered: 19, failed: { Rejected: 1 }, waiting: 0 })
        assert.strictEqual(new Set(yield* arrived).size, 19)
      }).pipe(Effect.provide(Simulator.layerServer({}))),
    20_000
  )

  it.live.each(["429", "503"])(
    "limit_req with %s: everything arrives in the end",
    (status) =>
      Effect.gen(function* () {
        const endpoint = yield* proxyTo(yield* simulatorPort, {
          http: `limit_req_zone $binary_remote_addr zone=one:1m rate=20r/s; limit_req_status ${status};`,
          location: "limit_req zone=one;"
        })
        const report = yield* Effect.gen(function* () {
          for (let number = 1; number <= 30; number++) yield* track(number)
          return yield* Analytics.flush
        }).pipe(Effect.provide(client(endpoint, { flushAt: 2 })))
        assert.deepStrictEqual(report, { delivered: 30, failed: {}, waiting: 0 })
        assert.strictEqual(new Set(yield* arrived).size, 30)
      }).pipe(Effect.provide(Simulator.layerServer({}))),
    20_000
  )

  it.live.each(["none", "gzip"] as const)(
    "connections that close after three requests, compression %s: nothing is lost or doubled",
    (compression) =>
      Effect.gen(function* () {
        const endpoint = yield* proxyTo(yield* simulatorPort, { server: "keepalive_requests 3;" })
        const report = yield* Effect.gen(function* () {
          for (let number = 1; number <= 200; number++) yield* track(number, 1000)
          return yield* Analytics.flush
        }).pipe(Effect.provide(client(endpoint, { flushAt: 5, compression })))
        assert.deepStrictEqual(report, { delivered: 200, failed: {}, waiting: 0 })
        assert.strictEqual(new Set(yield* arrived).size, 200)
      }).pipe(Effect.provide(Simulator.layerServer({}))),
    20_000
  )

  it.live(
    "an upstream that restarts while traffic flows: what was delivered is there, and nothing is missing",
    () =>
      Effect.gen(function* () {
        const port = yield* freePort
        const endpoint = yield* proxyTo(port, {})
        const seen = new Set<string>()
        /** One life of the server, after which it is gone with all it has: what it took is kept here. */
        const serve = Effect.fnUntraced(function* () {
          const scope = yield* Scope.make()
          const context = yield* Layer.buildWithScope(Simulator.layerServer({ port }), scope)
          const stop = Effect.gen(function* () {
            for (const id of yield* Effect.provide(arrived, context)) seen.add(id)
            yield* Scope.close(scope, Exit.void)
            // What arrived while it was closing.
            for (const id of yield* Effect.provide(arrived, context)) seen.add(id)
          })
          return { stop }
        })
        const receipts = yield* Effect.gen(function* () {
          const receipts = []
          for (let life = 0; life < 3; life++) {
            const { stop } = yield* serve()
            for (let number = 1; number <= 60; number++) {
              receipts.push(yield* track(number))
              if (number % 20 === 0) yield* Effect.sleep("20 millis")
            }
            yield* stop
            for (let number = 61; number <= 80; number++) receipts.push(yield* track(number))
          }
          const { stop } = yield* serve()
          const { failed } = yield* Analytics.flush
          assert.deepStrictEqual(failed, {})
          yield* stop
          return receipts
        }).pipe(Effect.provide(client(endpoint, { flushAt: 5 })))
        assert.deepStrictEqual(
          receipts.filter(({ messageId }) => !seen.has(messageId)),
          []
        )
      }),
    30_000
  )
})
