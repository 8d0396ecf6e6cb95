import { assert, describe, it } from "@effect/vitest"
import { Analytics, Retry } from "cdp-analytics-effect"
import { DateTime, Duration, Effect, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import packageJson from "../../package.json" with { type: "json" }
import { collectLogs, silent } from "../support/logs.ts"
import {
  type Answer,
  layerClient,
  layerMocked,
  Server,
  settle,
  testKey,
  trackMany,
  trackOne,
  transports
} from "../support/Server.ts"

const statuses =
  (...codes: ReadonlyArray<number>) =>
  (_: unknown, index: number): Effect.Effect<Answer> =>
    Effect.succeed({ status: codes[Math.min(index, codes.length - 1)] ?? 200 })

/** Retries that do not wait, so that the same cases run on real sockets without a sleep. */
const atOnce = Schedule.recurs(3)

for (const [name, layerServer] of Object.entries(transports)) {
  describe(`over ${name}`, () => {
    it.effect("a batch is one POST to /v1/batch with the headers of the API", () =>
      Effect.gen(function* () {
        yield* trackMany(1, 3)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 3, failed: {}, waiting: 0 })
        const [request, ...others] = yield* Server.received
        assert.deepStrictEqual(others, [])
        assert.strictEqual(request?.method, "POST")
        assert.strictEqual(request?.path, "/v1/batch")
        assert.strictEqual(request?.headers["authorization"], `Basic ${btoa(`${testKey}:`)}`)
        assert.strictEqual(request?.headers["content-type"], "application/json")
        assert.strictEqual(request?.headers["user-agent"], `cdp-analytics-effect/${packageJson.version}`)
        assert.strictEqual(request?.headers["x-strict-mode"], "1")
        for (const absent of ["x-retry-count", "content-encoding", "traceparent", "b3"]) {
          assert.isUndefined(request?.headers[absent], absent)
        }
        assert.match(request?.sentAt ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        assert.deepStrictEqual(
          request?.batch.map((message) => message["event"]),
          ["1", "2", "3"]
        )
      }).pipe(Effect.withSpan("caller"), Effect.provide(Layer.provideMerge(layerClient(), layerServer)))
    )

    it.effect("permissive mode sends no X-Strict-Mode", () =>
      Effect.gen(function* () {
        yield* trackOne(1)
        yield* Analytics.flush
        assert.isUndefined((yield* Server.received)[0]?.headers["x-strict-mode"])
      }).pipe(Effect.provide(Layer.provideMerge(layerClient({ strict: false }), layerServer)))
    )

    it.effect("gzip compresses the body", () =>
      Effect.gen(function* () {
        const properties = { text: "all work and no play ".repeat(200) }
        yield* Analytics.track({ userId: "u", event: "e", properties })
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 1, failed: {}, waiting: 0 })
        const [request] = yield* Server.received
        assert.strictEqual(request?.headers["content-encoding"], "gzip")
        assert.isBelow(request?.bytes.length ?? 0, 1000)
        assert.deepStrictEqual(request?.batch[0]?.["properties"], properties)
      }).pipe(Effect.provide(Layer.provideMerge(layerClient({ compression: "gzip" }), layerServer)))
    )

    it.effect.each([200, 201, 202, 204])("%d without a body is success", (status) =>
      Effect.gen(function* () {
        yield* Server.answer(statuses(status))
        yield* trackOne(1)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 1, failed: {}, waiting: 0 })
      }).pipe(Effect.provide(Layer.provideMerge(layerClient(), layerServer)))
    )

    it.effect.each([408, 429, 500, 502, 503, 504, 507, 520, 599])("%d is tried again, with the same bytes", (status) =>
      Effect.gen(function* () {
        yield* Server.answer(statuses(status, status, 200))
        yield* trackMany(1, 2)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 2, failed: {}, waiting: 0 })
        const received = yield* Server.received
        assert.deepStrictEqual(
          received.map(({ headers }) => headers["x-retry-count"]),
          [undefined, "1", "2"]
        )
        assert.strictEqual(new Set(received.map(({ text }) => text)).size, 1)
      }).pipe(Effect.provide(Layer.provideMerge(layerClient({ retry: atOnce }), layerServer)))
    )

    it.effect.each([300, 303, 304, 400, 402, 404, 409, 410, 413, 422, 501, 505])("%d is Rejected at once", (status) =>
      Effect.gen(function* () {
        yield* Server.answer(() =>
          Effect.succeed({
            status,
            headers: { location: "/v1/batch" },
            body: status === 304 ? undefined : "no"
          } as Answer)
        )
        yield* trackOne(1)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { Rejected: 1 }, waiting: 0 })
        assert.strictEqual((yield* Server.received).length, 1)
      }).pipe(
        Effect.provide(Layer.provideMerge(Layer.provideMerge(layerClient({ retry: atOnce }), layerServer), silent))
      )
    )

    it.effect.each([401, 403])("%d is Unauthorized at once", (status) =>
      Effect.gen(function* () {
        yield* Server.answer(statuses(status))
        yield* trackMany(1, 2)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { Unauthorized: 2 }, waiting: 0 })
        assert.strictEqual((yield* Server.received).length, 1)
      }).pipe(
        Effect.provide(Layer.provideMerge(Layer.provideMerge(layerClient({ retry: atOnce }), layerServer), silent))
      )
    )

    it.effect("Retry.immediately(1) tries once more, and Retry.none not at all", () =>
      Effect.gen(function* () {
        for (const [retry, requests] of [
          [Retry.none, 1],
          [Retry.immediately(1), 2]
        ] as const) {
          yield* Effect.gen(function* () {
            yield* Server.answer(statuses(503, 503))
            yield* trackOne(1)
            assert.deepStrictEqual(yield* Analytics.flush, {
              delivered: 0,
              failed: { RetriesExhausted: 1 },
              waiting: 0
            })
            assert.strictEqual((yield* Server.received).length, requests)
          }).pipe(
            Effect.provide(
              Layer.provideMerge(Layer.provideMerge(layerClient({ retry }), Layer.fresh(layerServer)), silent)
            )
          )
        }
      })
    )

    it.effect("when the schedule ends it is RetriesExhausted", () =>
      Effect.gen(function* () {
        yield* Server.answer(() => Effect.succeed({ status: 503, body: '{"meta":{"error":"overloaded"}}' }))
        const outcome = yield* nextOutcome
        yield* trackMany(1, 2)
        yield* Analytics.flush
        assert.deepInclude(yield* Fiber.join(outcome), {
          _tag: "RetriesExhausted",
          attempts: 4,
          status: 503,
          reason: "overloaded"
        })
      }).pipe(
        Effect.provide(Layer.provideMerge(Layer.provideMerge(layerClient({ retry: atOnce }), layerServer), silent))
      )
    )

    it.effect.each([
      ['{"meta":{"errors":["batch[0]: event is required","too old"]}}', "batch[0]: event is required; too old"],
      ['{"meta":{"error":"bad request"}}', "bad request"],
      ['{"meta":{"errors":["no such plan: gold"]}}', "no such plan: …"],
      [
        '{"meta":{"error":"traits.address.postalCode: invalid; context.device.advertisingId: no string"}}',
        "traits.address.postalCode: invalid; context.device.advertisingId: no string"
      ],
      ['{"meta":{"errors":[]}}', "400, text/plain, 22 bytes"],
      ['{"meta":{"errors":[{"field":"event"}]}}', "400, text/plain, 39 bytes"],
      ['{"error":"other"}', "400, text/plain, 17 bytes"],
      ["<html>nginx</html>", "400, text/plain, 18 bytes"],
      ["", "400, text/plain, 0 bytes"],
      ["x".repeat(5000), "400, text/plain, 5,000 bytes"],
      [`{"meta":{"error":"your key ${testKey} is wrong"}}`, "your key … is wrong"]
    ] as const)("the server's words %# are the reason", ([body, reason]) =>
      Effect.gen(function* () {
        yield* Server.answer(() => Effect.succeed({ status: 400, body }))
        const outcome = yield* nextOutcome
        const { messageId } = yield* trackOne(1)
        yield* Analytics.flush
        const rejected = yield* Fiber.join(outcome)
        assert.deepInclude(rejected, {
          _tag: "Rejected",
          status: 400,
          reason,
          messageIds: [messageId],
          type: "track"
        })
      }).pipe(Effect.provide(Layer.provideMerge(Layer.provideMerge(layerClient(), layerServer), silent)))
    )
  })
}

const nextOutcome = Effect.gen(function* () {
  const fiber = yield* Effect.forkChild(
    Effect.map(Stream.runCollect(Stream.take(Analytics.outcomes, 1)), (all) => all[0])
  )
  yield* settle
  return fiber
})

describe("waiting between attempts", () => {
  /** When the attempts were made, in milliseconds since the first. */
  const attemptTimes = Effect.gen(function* () {
    const times: Array<number> = []
    const clock = yield* TestClock.testClockWith(Effect.succeed)
    const next = (yield* Server).answer
    yield* Server.answer((received, index) => {
      times.push(clock.currentTimeMillisUnsafe())
      return next(received, index)
    })
    return times
  })

  const waits = (times: ReadonlyArray<number>) => times.slice(1).map((time, index) => time - times[index]!)

  it.effect("the default doubles from 100 ms to a cap of 30 s, times a half to one, and goes on", () =>
    Effect.gen(function* () {
      yield* Server.answer(statuses(503))
      const times = yield* attemptTimes
      yield* trackOne(1)
      const flushing = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 0, failed: {}, waiting: 1 })
      const actual = waits(times)
      assert.isAtLeast(actual.length, 120)
      for (const [index, wait] of actual.entries()) {
        const longest = Math.min(30_000, 100 * 2 ** index)
        assert.isAtLeast(wait, longest / 2)
        assert.isAtMost(wait, longest + 1)
      }
      assert.isAbove(new Set(actual.slice(20)).size, 10, "jitter")
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ shutdownTimeout: 0 }), silent)))
  )

  it.effect("a schedule of the user's own replaces it", () =>
    Effect.gen(function* () {
      yield* Server.answer(statuses(503))
      const times = yield* attemptTimes
      yield* trackOne(1)
      yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(waits(times), [7000, 7000])
    }).pipe(
      Effect.provide(
        Layer.provideMerge(layerMocked({ retry: Schedule.upTo(Schedule.spaced("7 seconds"), { times: 2 }) }), silent)
      )
    )
  )

  it.effect.each([
    ["seconds", () => "3", 3000],
    ["a date", (now: number) => DateTime.toDateUtc(DateTime.makeUnsafe(now + 3000)).toUTCString(), 3000],
    ["longer than 5 minutes", () => "86400", Duration.toMillis("5 minutes")],
    ["less than the backoff", () => "0", 500],
    ["nonsense", () => "soon", 500]
  ] as const)("Retry-After as %s is the least wait", ([, header, wait]) =>
    Effect.gen(function* () {
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      yield* TestClock.setTime(Date.parse("2026-01-01T00:00:00Z"))
      yield* Server.answer((_, index) =>
        Effect.succeed(
          index < 2
            ? { status: 429, headers: { "retry-after": header(clock.currentTimeMillisUnsafe()) } }
            : { status: 200 }
        )
      )
      const times = yield* attemptTimes
      yield* trackOne(1)
      const flushing = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 1, failed: {}, waiting: 0 })
      for (const actual of waits(times)) {
        // An HTTP date is cut to whole seconds, and what is asked for is followed within a tenth.
        assert.isAtLeast(actual, wait - 999)
        assert.isAtMost(actual, Math.max(500, wait * 1.1) + 1)
      }
    }).pipe(Effect.provide(layerMocked({ retry: Schedule.spaced("500 millis"), flushTimeout: Duration.infinity })))
  )

  it.effect("Retry-After is no longer when the clock is set back", () =>
    Effect.gen(function* () {
      const start = Date.parse("2026-01-01T00:00:00Z")
      yield* TestClock.setTime(start)
      yield* Server.answer((_, index) =>
        Effect.succeed(index === 0 ? { status: 429, headers: { "retry-after": "3" } } : { status: 200 })
      )
      yield* trackOne(1)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { RetriesExhausted: 1 }, waiting: 0 })
      yield* TestClock.setTime(start - Duration.toMillis("1 hour"))
      yield* trackOne(2)
      const flushing = yield* Effect.forkChild(Analytics.flush)
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual((yield* Server.received).length, 1)
      yield* TestClock.adjust("301 millis")
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 1, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ retry: Schedule.recurs(0) }), silent)))
  )

  it.effect("Retry-After holds back every request", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) =>
        Effect.succeed(index === 0 ? { status: 429, headers: { "retry-after": "3" } } : { status: 200 })
      )
      const times = yield* attemptTimes
      yield* trackOne(1)
      yield* settle
      yield* trackMany(2, 5)
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(times.length, 1)
      yield* TestClock.adjust("301 millis")
      assert.strictEqual(times.length, 6)
    }).pipe(Effect.provide(layerMocked({ flushAt: 1, retry: Schedule.spaced("100 millis"), concurrency: 8 })))
  )

  it.effect("an attempt is given up after requestTimeout", () =>
    Effect.gen(function* () {
      yield* Server.answer((_, index) => (index === 0 ? Effect.never : Effect.succeed({ status: 200 })))
      const times = yield* attemptTimes
      yield* trackOne(1)
      const flushing = yield* Effect.forkChild(Analytics.flush)
      yield* settle
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(flushing), { delivered: 1, failed: {}, waiting: 0 })
      assert.deepStrictEqual(waits(times), [4000])
    }).pipe(Effect.provide(layerMocked({ requestTimeout: "3 seconds", retry: Schedule.spaced("1 seconds") })))
  )
})

describe("an HttpClient that misbehaves", () => {
  const layerOver = (respond: Parameters<typeof HttpClient.make>[0]) =>
    Analytics.layer({ apiKey: Redacted.make(testKey), retry: atOnce, flushTimeout: "5 minutes" }).pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, HttpClient.make(respond)))
    )

  const unending = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(10))
  const broken = (controller: ReadableStreamDefaultController) => controller.error(new Error("reset"))

  it.effect.each([
    ["fails", (request) => Effect.fail(transportError(request)), "RetriesExhausted"],
    ["dies", () => Effect.die(new Error("bug")), "RetriesExhausted"],
    ["interrupts itself", () => Effect.interrupt, "RetriesExhausted"],
    ["never answers", () => Effect.never, "RetriesExhausted"],
    ["cannot be interrupted", () => Effect.uninterruptible(Effect.never), "RetriesExhausted"],
    ["never ends a refusal", (request) => answer(request, 503, unending), "RetriesExhausted"],
    ["breaks off a refusal", (request) => answer(request, 400, broken), "Rejected"],
    ["never ends a success", (request) => answer(request, 200, unending), undefined],
    ["breaks off a success", (request) => answer(request, 200, broken), undefined]
  ] as const satisfies ReadonlyArray<readonly [string, Parameters<typeof HttpClient.make>[0], string | undefined]>)(
    "one that %s leaves every message with an outcome, and the flusher alive",
    ([, respond, failure]) =>
      Effect.gen(function* () {
        for (const _ of [1, 2]) {
          yield* trackMany(1, 3)
          const flushing = yield* Effect.forkChild(Analytics.flush)
          yield* settle
          yield* TestClock.adjust("2 minutes")
          assert.deepStrictEqual(
            yield* Fiber.join(flushing),
            failure === undefined
              ? { delivered: 3, failed: {}, waiting: 0 }
              : { delivered: 0, failed: { [failure]: 3 }, waiting: 0 }
          )
        }
      }).pipe(Effect.provide(Layer.provideMerge(layerOver(respond), silent)))
  )

  it.effect("a retry schedule that dies is RetriesExhausted too", () =>
    Effect.gen(function* () {
      yield* Server.answer(statuses(503))
      for (const _ of [1, 2]) {
        yield* trackOne(1)
        assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: { RetriesExhausted: 1 }, waiting: 0 })
      }
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          layerMocked({ retry: Schedule.addDelay(atOnce, () => Effect.die(new Error("bug"))) }),
          silent
        )
      )
    )
  )

  it.effect("fetch is told not to follow redirects, and keeps the user's own settings", () =>
    Effect.gen(function* () {
      const inits: Array<RequestInit | undefined> = []
      const fetch: typeof globalThis.fetch = (_, init) => {
        inits.push(init)
        return Promise.resolve(new Response("{}"))
      }
      yield* trackOne(1).pipe(
        Effect.provide(
          Analytics.layer({ apiKey: Redacted.make(testKey) }).pipe(
            Layer.provide(FetchHttpClient.layer),
            Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)),
            Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { keepalive: true }))
          )
        )
      )
      assert.deepInclude(inits[0], { redirect: "manual", keepalive: true, method: "POST" })
    })
  )

  it.effect("the reason is the innermost error's words", () =>
    Effect.gen(function* () {
      const outcome = yield* nextOutcome
      yield* trackOne(1)
      yield* Analytics.flush
      assert.deepInclude(yield* Fiber.join(outcome), {
        _tag: "RetriesExhausted",
        attempts: 4,
        reason: "connect ECONNREFUSED 127.0.0.1:9"
      })
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          layerOver((request) => Effect.fail(transportError(request))),
          silent
        )
      )
    )
  )
})

describe("logging", () => {
  const logged = (status: number) =>
    Effect.gen(function* () {
      const logs = collectLogs()
      yield* Effect.gen(function* () {
        yield* Server.answer(() => Effect.succeed({ status, body: '{"meta":{"error":"no"}}' }))
        yield* Analytics.identify({ userId: "someone", traits: { email: "private@example.com" } })
        yield* Analytics.track({ userId: "someone", event: "private-event", properties: { price: 12345 } })
        yield* Analytics.flush
      }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ retry: atOnce }), logs.layer)))
      return logs.lines
    })

  it.effect.each([
    [404, "Warn", "Rejected"],
    [401, "Error", "Unauthorized"]
  ] as const)(
    "%d is logged once per batch, at %s, with counts, status and the server's words",
    ([status, level, tag]) =>
      Effect.gen(function* () {
        const lines = (yield* logged(status)).filter((line) => line.level !== "Debug")
        assert.strictEqual(lines.length, 1)
        assert.strictEqual(lines[0]?.level, level)
        assert.include(lines[0]?.message, "no")
        assert.deepInclude(lines[0]?.annotations, {
          package: "cdp-analytics-effect",
          tag,
          status,
          batchId: 1,
          count: 2
        })
      })
  )

  it.effect("each message and each batch is logged at debug, with sizes and ids", () =>
    Effect.gen(function* () {
      const lines = yield* logged(200)
      assert.deepStrictEqual(
        lines.map((line) => [line.level, line.message]),
        [
          ["Debug", "message accepted"],
          ["Debug", "message accepted"],
          ["Debug", "sending batch"],
          ["Debug", "batch delivered"]
        ]
      )
      assert.hasAllKeys(lines[0]?.annotations, ["package", "module", "messageId", "bytes"])
      const bytes = Number(lines[0]?.annotations["bytes"]) + Number(lines[1]?.annotations["bytes"])
      assert.deepInclude(lines[2]?.annotations, { batchId: 1, count: 2, bytes })
    })
  )

  it.effect("never the key, and nothing of a message but its event", () =>
    Effect.gen(function* () {
      for (const status of [200, 400, 401, 503]) {
        const text = JSON.stringify(yield* logged(status))
        for (const secret of [testKey, btoa(`${testKey}:`), "private@example.com", "12345", "someone"]) {
          assert.notInclude(text, secret)
        }
      }
    })
  )
})

const transportError = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({
      request,
      cause: new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9") })
    })
  })

const answer = (
  request: HttpClientRequest.HttpClientRequest,
  status: number,
  start: (controller: ReadableStreamDefaultController) => void
) => Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(new ReadableStream({ start }), { status })))
