import { assert, describe, it } from "@effect/vitest"
import {
  Analytics,
  AnalyticsLive,
  type AnalyticsOptions,
  analyticsConfig,
  Dropped,
  type Outcome
} from "cdp-analytics-effect"
import { AnalyticsNode, AnalyticsNodeLive } from "cdp-analytics-effect/node"
import { Config, ConfigProvider, Deferred, Effect, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { silent } from "./support/logs.ts"
import { layerMock, layerMocked, range, Server, settle, trackMany, trackOne } from "./support/Server.ts"

const apiKey = Redacted.make("k")

/** Past the type checker, as JavaScript would come. */
const untypedLayer = Analytics.layer as unknown as (options: unknown) => ReturnType<typeof Analytics.layer>

const build = <E>(layer: Layer.Layer<Analytics, E, HttpClient.HttpClient>) =>
  Effect.void.pipe(Effect.provide(Layer.provideMerge(layer, layerMock)))

describe("validation", () => {
  it.effect.each([
    ["apiKey", { apiKey: undefined }],
    ["apiKey", { apiKey: "not redacted" }],
    ["apiKey", { apiKey: Redacted.make("") }],
    ["apiKey", { apiKey: Redacted.make(" \n") }],
    ["apiKey", { apiKey: Redacted.make("one\ntwo") }],
    ["apiKey", { apiKey: Redacted.make("one\u0000two") }],
    ["apiKey", { apiKey: Redacted.make("site-id:key") }],
    ["region", { region: "asia" }],
    ["endpoint", { endpoint: "cdp.customer.io" }],
    ["endpoint", { endpoint: "ftp://cdp.customer.io" }],
    ["endpoint", { endpoint: "https://cdp.customer.io/v1" }],
    ["endpoint", { endpoint: "https://cdp.customer.io/v1/batch" }],
    ["endpoint", { endpoint: "https://key:@cdp.customer.io" }],
    ["endpoint", { endpoint: "https://cdp.customer.io?x=1" }],
    ["endpoint", { endpoint: "https://cdp.customer.io#" }],
    ["endpoint", { endpoint: "https://cdp.customer.io?" }],
    ["endpoint", { endpoint: "https://cdp.customer.io/proxy?#" }],
    ["endpoint", { endpoint: "https://cdp.customer.io/a b" }],
    ["endpoint", { endpoint: "https://cdp.cust\nomer.io" }],
    ["endpoint", { endpoint: " " }],
    ["flushAt", { flushAt: 0 }],
    ["flushAt", { flushAt: 1.5 }],
    ["flushInterval", { flushInterval: 0 }],
    ["flushInterval", { flushInterval: "soon" }],
    ["flushInterval", { flushInterval: Number.POSITIVE_INFINITY }],
    ["maxBatchSize", { maxBatchSize: 0 }],
    ["maxMessageBytes", { maxMessageBytes: -1 }],
    ["maxBatchBytes", { maxBatchBytes: 10 }],
    ["queueCapacity", { queueCapacity: 0 }],
    ["queueBytes", { queueBytes: 0 }],
    ["whenFull", { whenFull: "panic" }],
    ["concurrency", { concurrency: 0 }],
    ["order", { order: "all" }],
    ["requestTimeout", { requestTimeout: -1 }],
    ["retry", { retry: 3 }],
    ["shutdownTimeout", { shutdownTimeout: Number.NaN }],
    ["strict", { strict: "yes" }],
    ["compression", { compression: "brotli" }],
    ["context.ip", { context: { ip: 1 } }],
    ["integrations.All", { integrations: { All: "no" } }],
    ["enabled", { enabled: 1 }],
    ["flushat", { flushat: 5 }]
  ] as const)("%s is refused: %j", ([option, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(build(untypedLayer({ apiKey, ...options })))
      assert.deepInclude(error, { _tag: "InvalidOptions", option })
      assert.isAbove(error.reason.length, 0)
      assert.include(error.message, option)
    })
  )
})

describe("where to", () => {
  const urlFor = (options: Partial<AnalyticsOptions>) =>
    Effect.gen(function* () {
      const urls: Array<string> = []
      const layerHttp = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request, url) =>
          Effect.sync(() => {
            urls.push(url.href)
            return HttpClientResponse.fromWeb(request, new Response())
          })
        )
      )
      yield* trackOne(1).pipe(Effect.provide(Layer.provide(Analytics.layer({ apiKey, ...options }), layerHttp)))
      return urls
    })

  it.effect.each([
    [{}, "https://cdp.customer.io/v1/batch"],
    [{ region: "us" }, "https://cdp.customer.io/v1/batch"],
    [{ region: "eu" }, "https://cdp-eu.customer.io/v1/batch"],
    [{ endpoint: "http://localhost:8080" }, "http://localhost:8080/v1/batch"],
    [{ endpoint: "http://localhost:8080///" }, "http://localhost:8080/v1/batch"],
    [{ endpoint: "https://proxy.example.com/cdp/", region: "eu" }, "https://proxy.example.com/cdp/v1/batch"],
    [{ endpoint: "\uFEFFhttps://proxy.example.com\u00A0" }, "https://proxy.example.com/v1/batch"],
    [{ endpoint: "https://proxy.example.com " }, "https://proxy.example.com/v1/batch"],
    [{ endpoint: "\thttps://proxy.example.com/cdp/\r\n" }, "https://proxy.example.com/cdp/v1/batch"],
    [{ endpoint: "HTTPS://Proxy.example.com:443/cdp" }, "https://proxy.example.com/cdp/v1/batch"],
    [{ endpoint: "https://proxy.example.com/a/../cdp/." }, "https://proxy.example.com/cdp/v1/batch"]
  ] as const)("%j", ([options, url]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* urlFor(options), [url])
    })
  )
})

describe("limits", () => {
  const text = (bytes: number) => ({ userId: "u", event: "e", messageId: "m", properties: { text: "x".repeat(bytes) } })

  it.effect("maxMessageBytes refuses one byte more than it says, and says how many there were", () =>
    Effect.gen(function* () {
      const { bytes: overhead } = yield* Effect.flip(tooLarge(40_000, -40_000))
      yield* Analytics.track(text(32_000 - overhead))
      const error = yield* Effect.flip(Analytics.track(text(32_001 - overhead)))
      assert.deepInclude(error, { _tag: "MessageTooLarge", bytes: 32_001, limit: 32_000, type: "track" })
      yield* Analytics.flush
      assert.strictEqual((yield* Server.received)[0]?.batch.length, 1)
    }).pipe(Effect.provide(layerMocked()))
  )

  const tooLarge = (size: number, correction: number) =>
    Effect.mapError(Analytics.track(text(size)), (error) => {
      assert.strictEqual(error._tag, "MessageTooLarge")
      return { bytes: ("bytes" in error ? error.bytes : 0) + correction }
    })

  it.effect("maxMessageBytes is as given", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Analytics.track(text(500)))
      assert.deepInclude(error, { _tag: "MessageTooLarge", limit: 500 })
      yield* trackOne(1)
    }).pipe(Effect.provide(layerMocked({ maxMessageBytes: 500 })))
  )

  it.effect.each([{ maxBatchBytes: 1000 }, { queueBytes: 1000 }])(
    "a message that %j could never let out is refused at the call",
    (options) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Analytics.track(text(1000)))
        assert.strictEqual(error._tag, "MessageTooLarge")
      }).pipe(Effect.provide(layerMocked(options)))
  )
})

describe("a full queue", () => {
  const hanging = Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    yield* Server.answer(() => Effect.as(Deferred.await(gate), { status: 200 }))
    return { release: Deferred.succeed(gate, undefined) }
  })

  const outcomes = Effect.gen(function* () {
    const all: Array<Outcome> = []
    yield* Effect.forkChild(Stream.runForEach(Analytics.outcomes, (outcome) => Effect.sync(() => all.push(outcome))))
    yield* settle
    return all
  })

  it.effect("fail: QueueFull at once, with how much waits", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 3)
      const error = yield* Effect.flip(trackOne(4))
      assert.deepInclude(error, { _tag: "QueueFull", messages: 3, capacity: 3 })
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 3, failed: {}, waiting: 0 })
      yield* trackOne(5)
      yield* Analytics.flush
      assert.deepStrictEqual((yield* Server.events).flat(), ["1", "2", "3", "5"])
    }).pipe(Effect.provide(layerMocked({ queueCapacity: 3 })))
  )

  it.effect("counts what waits in every stage of the pipeline", () =>
    Effect.gen(function* () {
      const { release } = yield* hanging
      yield* trackMany(1, 2)
      yield* settle
      for (let number = 3; number <= 10; number++) {
        yield* trackOne(number)
        yield* settle
      }
      assert.strictEqual((yield* Effect.flip(trackOne(11)))._tag, "QueueFull")
      yield* release
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 10, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(layerMocked({ queueCapacity: 10, flushAt: 2, concurrency: 1 })))
  )

  it.effect("queueBytes bounds it as well", () =>
    Effect.gen(function* () {
      const big = { userId: "u", event: "e", properties: { text: "x".repeat(3000) } }
      yield* Analytics.track(big)
      yield* Analytics.track(big)
      const error = yield* Effect.flip(Analytics.track(big))
      assert.deepInclude(error, { _tag: "QueueFull", messages: 2, capacityBytes: 8000 })
      yield* trackOne(1)
    }).pipe(Effect.provide(layerMocked({ queueBytes: 8000 })))
  )

  it.effect("it is sent without waiting for the interval", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 3)
      yield* Effect.flip(trackOne(4))
      yield* settle
      assert.deepStrictEqual(yield* Server.events, [range(1, 3)])
    }).pipe(Effect.provide(layerMocked({ queueCapacity: 3 })))
  )

  it.effect("wait: callers wait for room, and are let in in order", () =>
    Effect.gen(function* () {
      const { release } = yield* hanging
      yield* trackMany(1, 2)
      yield* settle
      yield* trackMany(3, 4)
      const waiting = yield* Effect.forEach([5, 6, 7, 8, 9], (number) => Effect.forkChild(trackOne(number)))
      yield* settle
      assert.isTrue(waiting.every((fiber) => fiber.pollUnsafe() === undefined))
      yield* Fiber.interrupt(waiting[2]!)
      yield* release
      yield* Fiber.joinAll(waiting.filter((_, index) => index !== 2))
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 8, failed: {}, waiting: 0 })
      assert.deepStrictEqual((yield* Server.events).flat(), ["1", "2", "3", "4", "5", "6", "8", "9"])
    }).pipe(Effect.provide(layerMocked({ queueCapacity: 4, flushAt: 2, concurrency: 1, whenFull: "wait" })))
  )

  it.effect("wait: with no request under way, the wait is not the interval's", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 10)
      yield* Analytics.flush
      assert.deepStrictEqual((yield* Server.events).flat(), range(1, 10))
    }).pipe(Effect.provide(layerMocked({ queueCapacity: 3, whenFull: "wait", concurrency: 1 })))
  )

  it.effect("dropOldest: the oldest waiting one is an outcome, the newest is kept", () =>
    Effect.gen(function* () {
      const all = yield* outcomes
      const receipts = yield* trackMany(1, 7)
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 3, failed: { Dropped: 4 }, waiting: 0 })
      yield* settle
      assert.deepStrictEqual((yield* Server.events).flat(), ["5", "6", "7"])
      assert.deepStrictEqual(
        all.filter((outcome) => outcome._tag === "Dropped"),
        receipts.slice(0, 4).map(({ messageId }) => new Dropped({ messageIds: [messageId] }))
      )
    }).pipe(Effect.provide(Layer.provideMerge(layerMocked({ queueCapacity: 3, whenFull: "dropOldest" }), silent)))
  )

  it.effect("dropOldest: whichever stage of the pipeline holds it, and never one that is being sent", () =>
    Effect.gen(function* () {
      const { release } = yield* hanging
      for (let number = 1; number <= 30; number++) {
        yield* trackOne(number)
        yield* settle
      }
      yield* release
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 5, failed: { Dropped: 25 }, waiting: 0 })
      assert.deepStrictEqual((yield* Server.events).flat(), [...range(1, 2), ...range(28, 30)])
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          layerMocked({ queueCapacity: 5, flushAt: 2, concurrency: 1, whenFull: "dropOldest" }),
          silent
        )
      )
    )
  )

  it.effect("dropOldest: a flush that waits meanwhile still ends", () =>
    Effect.gen(function* () {
      const { release } = yield* hanging
      yield* trackMany(1, 4)
      yield* settle
      const flushes = yield* Effect.forEach([5, 6, 7, 8, 9, 10, 11, 12], (number) =>
        Effect.andThen(trackOne(number), Effect.forkChild(Analytics.flush)).pipe(Effect.tap(settle))
      )
      yield* release
      const reports = yield* Fiber.joinAll(flushes)
      const last = reports.at(-1)!
      assert.strictEqual(last.delivered + (last.failed.Dropped ?? 0), 12)
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          layerMocked({ queueCapacity: 2, flushAt: 2, concurrency: 1, whenFull: "dropOldest" }),
          silent
        )
      )
    )
  )
})

describe("enabled: false", () => {
  it.effect("validates every message and sends none", () =>
    Effect.gen(function* () {
      const { messageId } = yield* trackOne(1)
      assert.isAbove(messageId.length, 0)
      assert.strictEqual((yield* Effect.flip(Analytics.track({ userId: "", event: "e" })))._tag, "InvalidMessage")
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: {}, waiting: 0 })
      assert.deepStrictEqual(yield* Server.received, [])
    }).pipe(Effect.provide(layerMocked({ enabled: false, flushAt: 1 })))
  )
})

describe("configuration", () => {
  const withEnv = (env: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromEnv({ env }))

  it.effect("AnalyticsLive reads CUSTOMERIO_*", () =>
    Effect.gen(function* () {
      yield* trackMany(1, 2)
      yield* settle
      const [request] = yield* Server.received
      assert.deepStrictEqual(yield* Server.events, [["1", "2"]])
      assert.strictEqual(request?.headers["authorization"], `Basic ${btoa("from-env:")}`)
      assert.isUndefined(request?.headers["x-strict-mode"])
      yield* trackOne(3)
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* Server.received).length, 2)
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          Layer.provideMerge(AnalyticsLive, layerMock),
          withEnv({
            CUSTOMERIO_API_KEY: "from-env",
            CUSTOMERIO_FLUSH_AT: "2",
            CUSTOMERIO_FLUSH_INTERVAL: "250 millis",
            CUSTOMERIO_STRICT: "false"
          })
        )
      )
    )
  )

  it.effect("every option that is not an object can come from the environment", () =>
    Effect.gen(function* () {
      const variables: Record<string, readonly [valid: string, invalid: string]> = {
        CUSTOMERIO_REGION: ["eu", "asia"],
        CUSTOMERIO_ENDPOINT: ["http://localhost:1", "localhost:1"],
        CUSTOMERIO_FLUSH_AT: ["1", "0"],
        CUSTOMERIO_FLUSH_INTERVAL: ["1 second", "0 seconds"],
        CUSTOMERIO_MAX_BATCH_SIZE: ["1", "0"],
        CUSTOMERIO_MAX_MESSAGE_BYTES: ["1000", "0"],
        CUSTOMERIO_MAX_BATCH_BYTES: ["1000", "0"],
        CUSTOMERIO_QUEUE_CAPACITY: ["1", "0"],
        CUSTOMERIO_QUEUE_BYTES: ["1000", "0"],
        CUSTOMERIO_WHEN_FULL: ["dropOldest", "panic"],
        CUSTOMERIO_CONCURRENCY: ["1", "0"],
        CUSTOMERIO_ORDER: ["person", "all"],
        CUSTOMERIO_REQUEST_TIMEOUT: ["1 second", "0 seconds"],
        CUSTOMERIO_SHUTDOWN_TIMEOUT: ["0 seconds", "soon"],
        CUSTOMERIO_STRICT: ["true", "maybe"],
        CUSTOMERIO_COMPRESSION: ["gzip", "brotli"],
        CUSTOMERIO_ENABLED: ["false", "maybe"]
      }
      for (const [name, [valid, invalid]] of Object.entries(variables)) {
        const env = { CUSTOMERIO_API_KEY: "k", [name]: valid }
        yield* build(AnalyticsLive).pipe(Effect.provide(withEnv(env)))
        const error = yield* Effect.flip(
          build(AnalyticsLive).pipe(Effect.provide(withEnv({ ...env, [name]: invalid })))
        )
        assert.include(["ConfigError", "InvalidOptions"], error._tag, name)
      }
    })
  )

  it.effect.each(["CUSTOMERIO_ENDPOINT", "CUSTOMERIO_REGION", "CUSTOMERIO_ENABLED"])(
    "an empty %s is a ConfigError that names it",
    (name) =>
      Effect.gen(function* () {
        const providers = [
          ConfigProvider.fromEnv({ env: { CUSTOMERIO_API_KEY: "k", [name]: "" } }),
          ConfigProvider.fromUnknown({ CUSTOMERIO_API_KEY: "k", [name]: "" })
        ]
        for (const provider of providers) {
          for (const layer of [AnalyticsLive, AnalyticsNodeLive]) {
            const error = yield* Effect.flip(build(layer).pipe(Effect.provide(ConfigProvider.layer(provider))))
            assert.strictEqual(error._tag, "ConfigError")
            assert.include(error.message, name)
            assert.include(error.message, "empty")
          }
        }
      })
  )

  it.effect("a key is trimmed", () =>
    Effect.gen(function* () {
      yield* trackOne(1)
      yield* Analytics.flush
      const [request] = yield* Server.received
      assert.strictEqual(request?.headers["authorization"], `Basic ${btoa("a-key:")}`)
    }).pipe(Effect.provide(layerMocked({ apiKey: Redacted.make(" a-key\r\n") })))
  )

  it.effect("a missing key says where to get one, and how to do without", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(build(AnalyticsLive).pipe(Effect.provide(withEnv({}))))
      assert.include(error.message, "CUSTOMERIO_API_KEY")
      assert.include(error.message, "Integrations, Add integration, Customer.io API")
      assert.include(error.message, "CUSTOMERIO_ENABLED=false")
      yield* build(AnalyticsLive).pipe(Effect.provide(withEnv({ CUSTOMERIO_ENABLED: "false" })))
      yield* Effect.flip(build(AnalyticsLive).pipe(Effect.provide(withEnv({ CUSTOMERIO_ENABLED: "true" }))))
    })
  )

  it.effect.each([{ apiKey: Redacted.make("key") }, { enabled: false }])(
    "needs no key of the environment where it is given %j",
    (overrides) =>
      Effect.provide(
        build(Analytics.layerConfig(analyticsConfig, overrides)),
        ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} }))
      )
  )

  it.effect("needs one where it is given that it is enabled", () =>
    Effect.gen(function* () {
      const env = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { CUSTOMERIO_ENABLED: "false" } }))
      const layer = Analytics.layerConfig(analyticsConfig, { enabled: true })
      const error = yield* Effect.flip(Effect.provide(build(layer), env))
      assert.include(error.message, "CUSTOMERIO_API_KEY")
    })
  )

  it.effect("the environment is taken but for the options that are given beside it", () =>
    Effect.gen(function* () {
      const env = withEnv({ CUSTOMERIO_API_KEY: "from-env", CUSTOMERIO_FLUSH_AT: "0", CUSTOMERIO_STRICT: "false" })
      const layer = Analytics.layerConfig(analyticsConfig, { flushAt: 1, strict: undefined })
      yield* Effect.gen(function* () {
        yield* trackOne(1)
        yield* settle
        const [request] = yield* Server.received
        assert.strictEqual(request?.headers["authorization"], `Basic ${btoa("from-env:")}`)
        assert.notProperty(request?.headers, "x-strict-mode")
      }).pipe(Effect.provide(Layer.provideMerge(Layer.provideMerge(layer, layerMock), env)))
      const wrong = yield* Effect.flip(
        build(Analytics.layerConfig(analyticsConfig, { flushInterval: 0 })).pipe(Effect.provide(env))
      )
      assert.deepInclude(wrong, { _tag: "InvalidOptions" })
    })
  )

  it.effect("a missing key is a ConfigError, an empty one InvalidOptions", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(build(AnalyticsLive).pipe(Effect.provide(withEnv({}))))
      assert.strictEqual(missing._tag, "ConfigError")
      const layerEmpty = ConfigProvider.layer(
        ConfigProvider.fromUnknown({ CUSTOMERIO_API_KEY: "" }, { preserveEmptyStrings: true })
      )
      const empty = yield* Effect.flip(build(AnalyticsLive).pipe(Effect.provide(layerEmpty)))
      assert.deepInclude(empty, { _tag: "InvalidOptions", option: "apiKey" })
    })
  )

  it.effect("layerConfig takes a Config, or Configs and values mixed", () =>
    Effect.gen(function* () {
      const key = Config.Redacted("MY_KEY")
      for (const config of [
        Config.map(key, (apiKey): AnalyticsOptions => ({ apiKey, flushAt: 1 })),
        { apiKey: key, flushAt: 1, retry: Schedule.recurs(1) },
        { apiKey: Redacted.make("mine"), flushAt: Config.succeed(1) }
      ]) {
        yield* Effect.gen(function* () {
          yield* trackOne(1)
          yield* settle
          assert.strictEqual((yield* Server.received)[0]?.headers["authorization"], `Basic ${btoa("mine:")}`)
        }).pipe(
          Effect.provide(
            Layer.provideMerge(
              Layer.provideMerge(Analytics.layerConfig(config), layerMock),
              withEnv({ MY_KEY: "mine" })
            )
          )
        )
      }
    })
  )

  it.effect.each([
    ["AnalyticsNodeLive", AnalyticsNodeLive],
    ["AnalyticsNode.layerConfig", AnalyticsNode.layerConfig({ apiKey: Config.Redacted("CUSTOMERIO_API_KEY") })],
    ["AnalyticsNode.layer", AnalyticsNode.layer({ apiKey: Redacted.make("k") })]
  ] as const)("%s needs nothing else", ([, layer]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Analytics.flush, { delivered: 0, failed: {}, waiting: 0 })
    }).pipe(Effect.provide(Layer.provideMerge(layer, withEnv({ CUSTOMERIO_API_KEY: "k" }))))
  )

  it.effect.each([
    ["AnalyticsNode.layerConfig", AnalyticsNode.layerConfig({ apiKey: Config.Redacted("KEY"), flushAt: 0 })],
    ["AnalyticsNode.layer", AnalyticsNode.layer({ apiKey: Redacted.make("k"), flushAt: 0 })]
  ] as const)("%s refuses what Analytics.layer does", ([, layer]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(Layer.provide(layer, withEnv({ KEY: "k" }))))
      assert.deepInclude(error, { _tag: "InvalidOptions", option: "flushAt" })
    })
  )
})
