// @effect-diagnostics globalTimers:off - a server that is no part of Effect
import { createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, type AnalyticsOptions, type DeliveryError } from "cdp-analytics-effect"
import { Effect, Exit, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import { clients } from "../support/clients.ts"
import { freePort, listen } from "../support/listen.ts"
import { collectLogs } from "../support/logs.ts"
import { selfSigned } from "../support/selfSigned.ts"

/** What is written to a request when it has begun, and whether the connection ends then. */
const say = (words: string, end: "end" | "reset" | "stay") => (socket: Socket) => {
  socket.once("data", () => {
    socket.resume()
    socket.write(words)
    if (end === "end") socket.end()
    if (end === "reset") setImmediate(() => socket.resetAndDestroy())
  })
}

/** Writes for ever, after this. */
const endless = (status: string) => (socket: Socket) => {
  socket.once("data", () => {
    socket.resume()
    socket.write(`HTTP/1.1 ${status}\r\ntransfer-encoding: chunked\r\n\r\n`)
    const timer = setInterval(() => socket.write("1\r\nx\r\n"), 5)
    socket.on("close", () => clearInterval(timer))
  })
}

interface Fault {
  readonly name: string
  /** What becomes of each message. */
  readonly outcome: "Delivered" | DeliveryError["_tag"]
  /** In the reason. */
  readonly words?: RegExp
  readonly server: (() => Server) | undefined
  readonly endpoint?: (port: number) => string
}

const tcp = (onSocket: (socket: Socket) => void) => () => createServer(onSocket)

const html = "<html><h1>502 Bad Gateway</h1></html>"

const faults: ReadonlyArray<Fault> = [
  { name: "a refused connection", outcome: "RetriesExhausted", words: /ECONNREFUSED/, server: undefined },
  { name: "a reset at once", outcome: "RetriesExhausted", server: tcp((socket) => socket.resetAndDestroy()) },
  { name: "a reset in the middle of the request", outcome: "RetriesExhausted", server: tcp(say("", "reset")) },
  {
    name: "headers that never come",
    outcome: "RetriesExhausted",
    words: /no complete answer/,
    server: tcp(say("", "stay"))
  },
  { name: "half of the headers", outcome: "RetriesExhausted", server: tcp(say("HTTP/1.1 200 OK\r\ncontent-", "end")) },
  { name: "no HTTP at all", outcome: "RetriesExhausted", server: tcp(say("SSH-2.0-OpenSSH_9.6\r\n", "end")) },
  // Once there is a status, it decides: the server has the messages.
  {
    name: "half an answer",
    outcome: "Delivered",
    server: tcp(say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "end"))
  },
  {
    name: "half an answer, and silence",
    outcome: "Delivered",
    server: tcp(say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "stay"))
  },
  { name: "an answer that never ends", outcome: "Delivered", server: tcp(endless("200 OK")) },
  {
    name: "a body that is no JSON",
    outcome: "Delivered",
    server: tcp(say("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n<p>", "stay"))
  },
  {
    name: "a content-encoding that lies",
    outcome: "Delivered",
    server: tcp(say("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nno!", "stay"))
  },
  { name: "a refusal that never ends", outcome: "Rejected", server: tcp(endless("404 Not Found")) },
  {
    name: "an early refusal of a poison batch",
    outcome: "Rejected",
    words: /^400, 2 bytes$/,
    server: tcp(say("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno", "end"))
  },
  {
    name: "a proxy's 502 with HTML",
    outcome: "RetriesExhausted",
    words: /^502, text.html, 37 bytes$/,
    server: tcp(
      say(`HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: ${html.length}\r\n\r\n${html}`, "end")
    )
  },
  {
    name: "a redirect to nowhere",
    outcome: "Rejected",
    server: tcp(say("HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 0\r\n\r\n", "stay"))
  },
  {
    name: "a certificate that nobody trusts",
    outcome: "RetriesExhausted",
    words: /certificate/i,
    server: () => createTlsServer(selfSigned()),
    endpoint: (port) => `https://localhost:${port}`
  },
  {
    name: "http where https is expected",
    outcome: "RetriesExhausted",
    server: tcp(say("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", "end")),
    endpoint: (port) => `https://localhost:${port}`
  },
  {
    name: "a name that nobody knows",
    outcome: "RetriesExhausted",
    words: /ENOTFOUND|EAI_AGAIN/,
    server: undefined,
    endpoint: () => "https://no-such-host.invalid"
  }
]

/** Listens while the scope is open, and knows its open sockets. */
const serve = Effect.fnUntraced(function* (server: Server | undefined) {
  const sockets = new Set<Socket>()
  if (server === undefined) return { port: yield* freePort, sockets }
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
  })
  server.on("tlsClientError", () => {})
  return { port: yield* listen(server), sockets }
})

/** In a moment: three seconds. */
const untilClosed = (sockets: ReadonlySet<Socket>) =>
  Effect.suspend(() => (sockets.size === 0 ? Effect.void : Effect.fail("open"))).pipe(
    Effect.retry(Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 300 })))
  )

const key = "key-that-nobody-may-see"
const email = "ada.lovelace@example.com"

describe.each(Object.entries(clients))("over %s", (name, layerOf) => {
  it.live.each(faults)(
    "$name: $outcome for each message, told in every way, and nothing left open",
    (fault) =>
      Effect.gen(function* () {
        const { port, sockets } = yield* serve(fault.server?.())
        const logs = collectLogs()
        const options: AnalyticsOptions = {
          apiKey: Redacted.make(key),
          endpoint: fault.endpoint?.(port) ?? `http://127.0.0.1:${port}`,
          retry: Schedule.recurs(1),
          requestTimeout: "200 millis",
          shutdownTimeout: "1 second"
        }
        const layer = Layer.provideMerge(layerOf(options), logs.layer)
        const before = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length
        const { reader, receipts, report } = yield* Effect.gen(function* () {
          const analytics = yield* Analytics
          const reader = yield* Effect.forkDetach(Stream.runCollect(analytics.outcomes), { startImmediately: true })
          const receipts = yield* Effect.forEach([1, 2, 3], (number) =>
            analytics.identify({ userId: String(number), traits: { email } })
          )
          const report = yield* analytics.flush
          return { reader, receipts, report }
        }).pipe(Effect.provide(layer))

        const isDelivered = fault.outcome === "Delivered"
        assert.deepStrictEqual(report, {
          delivered: isDelivered ? 3 : 0,
          failed: isDelivered ? {} : { [fault.outcome]: 3 },
          waiting: 0
        })
        const outcomes = yield* Fiber.join(reader)
        // Halves go at the same time.
        assert.sameDeepMembers(
          outcomes.flatMap(({ _tag, messageIds }) => messageIds.map((id) => [_tag, id])),
          receipts.map(({ messageId }) => [fault.outcome, messageId])
        )
        const exits = yield* Effect.forEach(receipts, (receipt) => Effect.exit(receipt.await))
        assert.isTrue(exits.every((exit) => Exit.isSuccess(exit) === isDelivered))

        const [outcome] = outcomes
        if (fault.words !== undefined)
          assert.match(outcome !== undefined && "reason" in outcome ? outcome.reason : "", fault.words)
        const words = [...logs.lines, ...outcomes, ...exits].map((told) => inspect(told, { depth: 10 })).join("\n")
        for (const secret of [key, Buffer.from(`${key}:`).toString("base64"), email]) assert.notInclude(words, secret)

        // The layer has closed: so has every connection, in a moment. Those of `fetch` are the platform's, which keeps them.
        if (name !== "fetch") yield* untilClosed(sockets)
        assert.isAtMost(process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length, before + 1)
      }),
    15_000
  )
})

it.live(
  "AnalyticsNode leaves no connection that is still being made",
  () =>
    Effect.gen(function* () {
      // Never says a word of TLS.
      const { port, sockets } = yield* serve(createServer((socket) => socket.resume()))
      const options: AnalyticsOptions = {
        apiKey: Redacted.make(key),
        endpoint: `https://localhost:${port}`,
        requestTimeout: "200 millis",
        shutdownTimeout: "500 millis"
      }
      yield* Analytics.track({ userId: "1", event: "event" }).pipe(Effect.provide(clients.AnalyticsNode(options)))
      yield* untilClosed(sockets)
    }),
  15_000
)
