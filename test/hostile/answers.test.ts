import { createServer } from "node:http"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { FetchHttpClient } from "effect/http"
import { listen } from "../support/listen.ts"
import { silent } from "../support/logs.ts"

const apiKey = Redacted.make("key")

const clients = {
  fetch: (options: AnalyticsOptions) => Layer.provide(Analytics.layer(options), FetchHttpClient.layer),
  undici: (options: AnalyticsOptions) => Layer.provide(Analytics.layer(options), NodeHttpClient.layerUndici),
  AnalyticsNode: (options: AnalyticsOptions) => AnalyticsNode.layer(options)
}

const megabyte = 1024 * 1024

const zeros = Buffer.alloc(64 * megabyte)

const bombs = {
  br: brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: gzipSync(zeros),
  // Of whatever length it says it is.
  identity: zeros
}

describe("an answer without end, or that inflates without end", () => {
  it.live.each(
    Object.keys(clients).flatMap((client) =>
      Object.keys(bombs).flatMap((encoding) => [200, 400].map((status) => ({ client, encoding, status })))
    ) as ReadonlyArray<{ client: keyof typeof clients; encoding: keyof typeof bombs; status: number }>
  )("$encoding of $status, over $client, is read to 64 KB", ({ client, encoding, status }) =>
    Effect.gen(function* () {
      const bomb = bombs[encoding]
      const finished: Array<Promise<boolean>> = []
      const server = createServer((request, response) => {
        request.resume()
        finished.push(new Promise((resolve) => response.on("close", () => resolve(response.writableFinished))))
        response.writeHead(status, {
          "content-length": bomb.length,
          ...(encoding !== "identity" && { "content-encoding": encoding })
        })
        response.end(bomb)
      })
      const endpoint = `http://127.0.0.1:${yield* listen(server)}`
      const before = process.memoryUsage().rss
      let peak = before
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss)
      }, 1)
      const error = yield* Effect.gen(function* () {
        const receipts = yield* Effect.forEach(Array.from({ length: 4 }), () =>
          Analytics.track({ userId: "u", event: "e" })
        )
        yield* Analytics.flush
        return yield* Effect.forEach(receipts, (receipt) => Effect.result(receipt.await))
      }).pipe(
        Effect.provide(
          Layer.provide(
            clients[client]({ apiKey, endpoint, flushAt: 1, concurrency: 4, retry: Schedule.recurs(0), strict: true }),
            silent
          )
        )
      )
      clearInterval(watch)
      const areFinished = yield* Effect.promise(() => Promise.all(finished))
      for (const result of error) {
        if (status === 200) assert.strictEqual(result._tag, "Success")
        else
          assert.match(String(result._tag === "Failure" && result.failure.message), /: 400, (at least )?[\d,]+ bytes$/)
      }
      // Four times 64 MB were it read whole, once for each of them.
      assert.isBelow((peak - before) / megabyte, 64)
      if (encoding === "identity") assert.notInclude(areFinished, true)
    })
  )
})

describe("only this machine may be asked in plain http", () => {
  const layer = (endpoint: string) =>
    Effect.scoped(Layer.build(Layer.provide(Analytics.layer({ apiKey, endpoint }), FetchHttpClient.layer)))

  it.effect.each([
    "http://localhost",
    "http://127.0.0.1:8400",
    "http://127.1.2.3",
    "http://127.1",
    "http://[::1]:8400"
  ])("%s", (endpoint) => layer(endpoint))

  it.effect.each([
    "http://app.localhost",
    "http://localhost.",
    "http://localhost.example.com",
    "http://localhost6",
    "http://127.0.0.1.example.com",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://169.254.169.254",
    "http://[::ffff:127.0.0.1]",
    "http://[::]",
    "http://128.0.0.1",
    "http://:word@localhost",
    "http://user@localhost"
  ])("not %s", (endpoint) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(layer(endpoint))
      assert.deepInclude(error, { _tag: "InvalidOptions", option: "endpoint" })
    })
  )
})
