import { createServer } from "node:http"
import { json } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, AnalyticsMetrics } from "cdp-analytics-effect"
import { Effect, Fiber, Layer, Logger, Metric, Redacted, Schedule, Schema } from "effect"
import { clients } from "../support/clients.ts"
import { listen } from "../support/listen.ts"
import { isFull } from "../support/repetitions.ts"

/** A minute and a half with `npm run test:full`, six seconds with `npm test`. */
const rounds = isFull ? 3 : 2
const turnMillis = isFull ? 10_000 : 1000
const ways = ["refuses connections", "resets connections", "answers 503"] as const
const outageSeconds = (rounds * ways.length * turnMillis) / 1000

/** Twice what the pace comes to: ten in the first second, and then one in every tenth of the time that has gone by. */
const mostRequests = 2 * (10 + 10 * Math.log(outageSeconds))

const Body = Schema.Struct({ batch: Schema.Array(Schema.Struct({ messageId: Schema.String })) })
const decodeBody = Schema.decodeUnknownSync(Body)

/** A server on a real socket, and the ids that it has stored. */
const startServer = Effect.gen(function* () {
  let doing: (typeof ways)[number] | "stores" = "stores"
  const stored = new Set<string>()
  const server = createServer(async (request, response) => {
    const body = await json(request).catch(() => undefined)
    if (body === undefined) return
    if (doing === "resets connections") {
      request.socket.resetAndDestroy()
      return
    }
    if (doing === "stores") for (const { messageId } of decodeBody(body).batch) stored.add(messageId)
    response.writeHead(doing === "stores" ? 200 : 503).end("{}")
  })
  const port = yield* listen(server)

  const become = (next: typeof doing) =>
    Effect.callback<void>((resume) => {
      doing = next
      if (next === "refuses connections") {
        server.close()
        server.closeAllConnections()
      } else if (!server.listening) {
        server.listen(port, "127.0.0.1", () => resume(Effect.void))
        return
      }
      resume(Effect.void)
    })

  return { endpoint: `http://127.0.0.1:${port}`, stored, become }
})

/** The lines that are logged at the usual level, and when. */
const collectLines = () => {
  const lines: Array<{ readonly at: number; readonly message: string }> = []
  const logger = Logger.make(({ date, message }) => {
    lines.push({ at: date.getTime(), message: String(message) })
  })
  return { lines, layer: Logger.layer([logger]) }
}

const freshMetrics = Layer.sync(Metric.MetricRegistry, () => new Map())

describe.skipIf(!isFull)("refused connections, resets and 503 in turn", { concurrent: true }, () => {
  it.live.each(["undici", "AnalyticsNode"] as const)(
    "lose nothing, ask seldom and say little, over %s",
    (name) =>
      Effect.gen(function* () {
        const { endpoint, stored, become } = yield* startServer
        const logs = collectLines()
        const layer = Layer.provideMerge(
          clients[name]({ apiKey: Redacted.make("k"), endpoint }),
          Layer.merge(logs.layer, freshMetrics)
        )
        const accepted: Array<string> = []

        yield* Effect.gen(function* () {
          const calls = yield* Analytics.track({ userId: "u", event: "e" }).pipe(
            Effect.tap(({ messageId }) => Effect.sync(() => accepted.push(messageId))),
            Effect.repeat(Schedule.fixed("20 millis")),
            Effect.forkChild
          )
          for (let round = 0; round < rounds; round++) {
            for (const way of ways) {
              yield* become(way)
              yield* Effect.sleep(turnMillis)
            }
          }
          assert.strictEqual(stored.size, 0)
          const { server } = yield* Analytics.status
          assert.strictEqual(server, isFull ? "away" : "unknown")
          yield* become("stores")

          const ofTheOutage = [...accepted]
          assert.isAtLeast(ofTheOutage.length, outageSeconds * 20)
          yield* Effect.suspend(() =>
            ofTheOutage.every((id) => stored.has(id)) ? Effect.void : Effect.fail("waiting")
          ).pipe(Effect.retry(Schedule.spaced("10 millis")), Effect.timeout("30 seconds"))
          const { count: failed } = yield* Metric.value(AnalyticsMetrics.attempts("failed"))
          assert.isAtMost(failed, mostRequests)

          yield* Fiber.interrupt(calls)
          const { failed: undelivered } = yield* Analytics.flush
          assert.deepStrictEqual(undelivered, {})
          assert.isTrue(accepted.every((id) => stored.has(id)))
        }).pipe(Effect.provide(layer))

        const gaps = logs.lines.slice(1).map(({ at }, index) => at - logs.lines[index]!.at)
        assert.isTrue(
          gaps.every((gap) => gap >= 59_900),
          JSON.stringify(logs.lines)
        )
        if (isFull) assert.strictEqual(logs.lines[0]?.message, "the server is away")
        else assert.deepStrictEqual(logs.lines, [])
      }),
    300_000
  )
})
