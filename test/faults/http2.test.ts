import { constants, createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2"
import { json } from "node:stream/consumers"
import { assert, it } from "@effect/vitest"
import { Analytics } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Effect, Redacted, Schedule } from "effect"
import { listen } from "../support/listen.ts"
import { selfSigned, trust } from "../support/selfSigned.ts"

type Answer = (request: Http2ServerRequest, response: Http2ServerResponse) => void

const answers: ReadonlyArray<Answer> = [
  (_, response) => response.writeHead(200).end("{}"),
  (_, response) => response.writeHead(503).end("{}"),
  () => {},
  ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  ({ stream }) => stream.session?.destroy(),
  ({ stream }, response) => {
    stream.session?.goaway()
    response.writeHead(200).end("{}")
  },
  ({ stream }, response) => {
    response.writeHead(200, { "content-length": "20" }).write("{")
    setImmediate(() => stream.session?.destroy())
  }
]

it.live(
  "AnalyticsNode delivers over HTTP/2, whatever becomes of streams and sessions",
  () =>
    Effect.gen(function* () {
      const { key, cert } = selfSigned()
      yield* trust(cert.toString())
      const received = new Set<string>()
      const versions = new Set<string>()
      let requests = 0
      const server = createSecureServer({ key, cert, allowHTTP1: true }, async (request, response) => {
        const body = await json(request).catch(() => undefined)
        versions.add(request.httpVersion)
        const answer = answers[requests++ % answers.length]
        if (typeof body === "object" && body !== null && "batch" in body && Array.isArray(body.batch)) {
          for (const { messageId } of body.batch) received.add(messageId)
        }
        answer?.(request, response)
      })
      server.on("session", (session) => session.on("error", () => {}))
      server.on("stream", (stream) => stream.on("error", () => {}))
      const port = yield* listen(server)

      const report = yield* Effect.gen(function* () {
        yield* Effect.forEach(Array.from({ length: 200 }), () => Analytics.track({ userId: "ada", event: "event" }))
        return yield* Analytics.flush
      }).pipe(
        Effect.provide(
          AnalyticsNode.layer({
            apiKey: Redacted.make("key"),
            endpoint: `https://localhost:${port}`,
            flushAt: 5,
            requestTimeout: "300 millis",
            retry: Schedule.max([Schedule.spaced("5 millis"), Schedule.recurs(50)])
          })
        )
      )
      assert.deepStrictEqual(report, { delivered: 200, failed: {}, waiting: 0 })
      assert.strictEqual(received.size, 200)
      assert.deepStrictEqual([...versions], ["2.0"])
    }),
  30_000
)
