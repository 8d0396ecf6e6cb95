import { createServer, request as forward, type Server } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsNode, AnalyticsNodeLive, type AnalyticsNodeOptions } from "cdp-analytics-effect/node"
import { ConfigProvider, Effect, Layer, Redacted, Schedule } from "effect"
import { runHere } from "../cli/runHere.ts"
import { listen } from "../support/listen.ts"
import { silent } from "../support/logs.ts"
import { selfSigned, trust } from "../support/selfSigned.ts"

/** A forward proxy that keeps a list of what it was asked for, and of whom. */
const makeProxy = Effect.gen(function* () {
  const asked: Array<string> = []
  const isLetIn = (authorization: string | undefined) =>
    authorization === `Basic ${Buffer.from("user:pass word").toString("base64")}`
  const server = createServer((request, response) => {
    if (!isLetIn(request.headers["proxy-authorization"])) {
      response.writeHead(407).end()
      return
    }
    asked.push(`${request.method} ${request.url}`)
    const { method, headers } = request
    request.pipe(
      forward(request.url ?? "", { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
    )
  })
  server.on("connect", (request, socket: Socket) => {
    if (!isLetIn(request.headers["proxy-authorization"])) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
      return
    }
    asked.push(`CONNECT ${request.url}`)
    const [host = "", port] = (request.url ?? "").split(":")
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n")
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on("error", () => undefined)
  })
  const port = yield* listen(server)
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
  return { asked, url: `http://user:pass%20word@127.0.0.1:${port}`, closed: `http://127.0.0.1:${port}` }
})

/** A Data Pipelines server, and how many batches it took. */
const serve = Effect.fnUntraced(function* (make: (onRequest: () => void) => Server) {
  let batches = 0
  const server = make(() => batches++)
  const port = yield* listen(server)
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
  return { port, batches: () => batches }
})

const plain = serve((count) =>
  createServer((request, response) => {
    request.resume().on("end", () => {
      count()
      response.end("{}")
    })
  })
)

const tls = Effect.gen(function* () {
  const signed = selfSigned()
  yield* trust(signed.cert)
  return yield* serve((count) =>
    createTlsServer(signed, (request, response) => {
      request.resume().on("end", () => {
        count()
        response.end("{}")
      })
    })
  )
})

const send = (options: Partial<AnalyticsNodeOptions>) =>
  Effect.gen(function* () {
    const receipt = yield* Analytics.track({ userId: "u", event: "e" })
    yield* Analytics.flush
    return yield* Effect.result(receipt.await)
  }).pipe(
    Effect.provide(
      Layer.merge(AnalyticsNode.layer({ apiKey: Redacted.make("key"), retry: Schedule.recurs(0), ...options }), silent)
    )
  )

/** For the process while the scope is open. */
const withEnv = (variables: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = { ...process.env }
      Object.assign(process.env, variables)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const name of Object.keys(variables)) delete process.env[name]
        Object.assign(process.env, before)
      })
  )

describe("a proxy", () => {
  it.live("of the options is gone through: by CONNECT to https, with its credentials", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy
      const server = yield* tls
      const endpoint = `https://localhost:${server.port}`
      for (const url of [proxy.url, Redacted.make(proxy.url)]) {
        assert.strictEqual((yield* send({ endpoint, proxy: url }))._tag, "Success")
      }
      assert.strictEqual(server.batches(), 2)
      assert.deepStrictEqual(proxy.asked, Array(2).fill(`CONNECT localhost:${server.port}`))
    })
  )

  it.live("is gone through to http", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy
      const server = yield* plain
      const endpoint = `http://127.0.0.1:${server.port}`
      assert.strictEqual((yield* send({ endpoint, proxy: proxy.url }))._tag, "Success")
      assert.deepStrictEqual([server.batches(), proxy.asked.length], [1, 1])
    })
  )

  it.live("that does not let in is told, without its password", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy
      const server = yield* tls
      const result = yield* send({ endpoint: `https://localhost:${server.port}`, proxy: proxy.closed })
      const words = result._tag === "Failure" ? result.failure.message : ""
      assert.include(words, "407")
      assert.notInclude(words, "pass")
      assert.strictEqual(server.batches(), 0)
    })
  )

  it.live("of the environment is for AnalyticsNodeLive and the command line", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy
      const server = yield* plain
      const env = {
        CUSTOMERIO_API_KEY: "key",
        CUSTOMERIO_ENDPOINT: `http://127.0.0.1:${server.port}`,
        CUSTOMERIO_PROXY: proxy.url
      }
      yield* Effect.provide(
        Effect.andThen(Analytics.track({ userId: "u", event: "e" }), Analytics.flush),
        Layer.provide(AnalyticsNodeLive, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
      )
      assert.strictEqual(proxy.asked.length, 1)
      const { code, output } = yield* runHere(["doctor", "--yes"], { env })
      assert.strictEqual(code, 0, output)
      assert.strictEqual(proxy.asked.length, 2)
      assert.notInclude(output, "pass")
      const wrong = yield* runHere(["doctor", "--yes"], { env: { ...env, CUSTOMERIO_PROXY: "ftp://user:secret@p" } })
      assert.deepInclude(wrong, {
        code: 1,
        output: "The configuration is wrong: Invalid option proxy: Expected the URL of a proxy: http, https or socks5\n"
      })
    })
  )

  it.live("of Node's own switch is followed, and NO_PROXY", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy
      const server = yield* plain
      const endpoint = `http://127.0.0.1:${server.port}`
      yield* withEnv({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: "localhost" })
      yield* send({ endpoint })
      assert.strictEqual(proxy.asked.length, 0)
      yield* withEnv({ NODE_USE_ENV_PROXY: "1" })
      yield* send({ endpoint })
      assert.strictEqual(proxy.asked.length, 1)
      yield* withEnv({ NO_PROXY: "127.0.0.1" })
      yield* send({ endpoint })
      assert.strictEqual(proxy.asked.length, 1)
      assert.strictEqual(server.batches(), 3)
    })
  )

  it.live("of Node's switch in NODE_OPTIONS is followed", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy
      const server = yield* plain
      yield* withEnv({ HTTP_PROXY: proxy.url, NODE_OPTIONS: "--no-warnings --use-env-proxy" })
      yield* send({ endpoint: `http://127.0.0.1:${server.port}` })
      assert.strictEqual(proxy.asked.length, 1)
    })
  )

  it.live.each(["proxy.example:3128", "http://user:secret@proxy.example/path", "secret", " "])(
    "of Node's own switch that is %j is refused",
    (url) =>
      Effect.gen(function* () {
        yield* withEnv({ NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: url })
        const error = yield* Effect.flip(send({}))
        assert.deepInclude(error, { _tag: "InvalidOptions", option: "proxy" })
        assert.include(error.message, "HTTPS_PROXY")
        assert.notInclude(error.message, "secret")
        const { code, output } = yield* runHere(["doctor", "--yes"], { env: { CUSTOMERIO_API_KEY: "key" } })
        assert.strictEqual(code, 1)
        assert.include(output, "HTTPS_PROXY")
      })
  )

  it.effect("of a variable that is empty is refused", () =>
    Effect.gen(function* () {
      const env = { CUSTOMERIO_API_KEY: "key", CUSTOMERIO_PROXY: "" }
      const provider = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
      const error = yield* Effect.flip(Layer.build(Layer.provide(AnalyticsNodeLive, provider)))
      assert.strictEqual(error._tag, "ConfigError")
      assert.include(error.message, "CUSTOMERIO_PROXY")
    })
  )

  it.effect.each([
    "proxy.example:3128",
    "ftp://proxy.example",
    "http://",
    "http://proxy.example/path",
    "http://proxy.example/?x=1",
    "http://proxy.example#x",
    "http://user:%E0%A4%A@proxy.example",
    "",
    3128,
    {}
  ])("%j is refused", (proxy) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(send({ proxy: proxy as string }))
      assert.deepInclude(error, { _tag: "InvalidOptions", option: "proxy" })
    })
  )
})
