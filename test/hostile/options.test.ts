import { assert, describe, it } from "@effect/vitest"
import { Analytics, type InvalidOptions } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Simulator } from "cdp-analytics-effect/simulator"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Config, Effect, Exit, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { maxDepth, tooDeep } from "../../src/message/depth.ts"
import { allKinds } from "../message/hostile/values.ts"
import { makeRandom } from "../support/random.ts"

type Build = (options: unknown) => Layer.Layer<unknown, InvalidOptions | Config.ConfigError, HttpClient.HttpClient>

/** Past the type checker, as JavaScript or decoded JSON would come. */
const builders = {
  "Analytics.layer": Analytics.layer as unknown as Build,
  "Analytics.layerConfig": Analytics.layerConfig as unknown as Build,
  "AnalyticsNode.layer": AnalyticsNode.layer as unknown as Build,
  "AnalyticsNode.layerConfig": AnalyticsNode.layerConfig as unknown as Build,
  "AnalyticsTest.layerWith": AnalyticsTest.layerWith as unknown as Build,
  "Simulator.layer": Simulator.layer as unknown as Build
}

const makers = Object.entries(builders).map(([name, build]) => ({ name, build }))
const clients = makers.filter(({ name }) => name !== "Simulator.layer")

const apiKey = Redacted.make("k")

/** Where a client sent a message, with which key. */
const recording = () => {
  const seen: Array<string> = []
  const layer = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.sync(() => {
        seen.push(`${url.href} ${request.headers["authorization"]} ${request.headers["x-strict-mode"]}`)
        return HttpClientResponse.fromWeb(request, new Response("{}"))
      })
    )
  )
  return { seen, layer }
}

const build = (layer: ReturnType<Build>) =>
  Effect.void.pipe(Effect.provide(Layer.provide(layer, recording().layer)), Effect.scoped)

const raise = (): never => {
  throw new Error("secret")
}

/** Which names an option, and does not say what was thrown. */
const refusalOf = Effect.fnUntraced(function* (layer: ReturnType<Build>) {
  const error = yield* Effect.flip(build(layer))
  assert.strictEqual(error._tag, "InvalidOptions")
  assert.notInclude(`${error} ${JSON.stringify(error)}`, "secret")
  return "option" in error ? error : assert.fail("no option")
})

/** What others may have written to where every object looks. */
const polluting = {
  endpoint: "http://evil.example",
  apiKey: Redacted.make("evil"),
  region: "eu",
  allowInsecureEndpoint: true,
  strict: false,
  enabled: false,
  retry: 3,
  rateLimit: { limit: 0 },
  flushAt: 0,
  flushInterval: -1,
  maxBatchSize: 0,
  maxMessageBytes: 1,
  maxBatchBytes: 1,
  queueCapacity: 0,
  queueBytes: 1,
  concurrency: 0,
  order: "all",
  onUndelivered: 1,
  context: { evil: true },
  integrations: { All: false },
  compression: "gzip",
  whenFull: "panic",
  seconds: 5,
  limit: 1,
  window: 0,
  retryAfter: 1e9,
  times: 1,
  faults: [{ kind: "stall" }],
  apiKeys: ["evil"],
  keep: 1
}

/** While it lasts, every object inherits this. */
const polluted = <A, E, R>(properties: object, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      for (const [key, value] of Object.entries(properties)) {
        Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true })
      }
    }),
    () => effect,
    () =>
      Effect.sync(() => {
        for (const key of Object.keys(properties)) Reflect.deleteProperty(Object.prototype, key)
      })
  )

const evil = (properties: object): object => JSON.parse(`{"__proto__":${JSON.stringify(properties)}}`)

describe("what options inherit", () => {
  const sent = (layer: Layer.Layer<Analytics, InvalidOptions | Config.ConfigError, HttpClient.HttpClient>) =>
    Effect.gen(function* () {
      const { seen, layer: layerHttp } = recording()
      yield* Effect.andThen(
        Analytics.track({ userId: "u", event: "e", properties: { price: 1 } }),
        Analytics.flush
      ).pipe(Effect.provide(Layer.provide(layer, layerHttp)))
      return seen
    })
  const expected = [`https://cdp.customer.io/v1/batch Basic ${btoa("k:")} 1`]

  it.effect.each(Object.entries(polluting).map(([name, value]) => ({ name, value })))(
    "a polluted Object.prototype.$name changes nothing",
    ({ name, value }) =>
      Effect.gen(function* () {
        const rateLimit = { limit: 9, window: "1 second" } as const
        for (const layer of [
          Analytics.layer({ apiKey, rateLimit }),
          Analytics.layerConfig({ apiKey: Config.succeed(apiKey) }),
          Analytics.layerConfig(Config.succeed({ apiKey }))
        ]) {
          assert.deepStrictEqual(yield* polluted({ [name]: value }, sent(layer)), expected)
        }
      })
  )

  it.effect("a polluted apiKey is none", () =>
    Effect.gen(function* () {
      for (const { build } of clients.filter(({ name }) => name !== "AnalyticsTest.layerWith")) {
        const error = yield* polluted({ apiKey }, refusalOf(build({})))
        assert.strictEqual(error.option, "apiKey")
      }
    })
  )

  it.effect("a polluted allowInsecureEndpoint allows none", () =>
    Effect.gen(function* () {
      for (const { build } of clients) {
        const endpoint = "http://192.0.2.1"
        const error = yield* polluted({ allowInsecureEndpoint: true }, refusalOf(build({ apiKey, endpoint })))
        assert.strictEqual(error.option, "endpoint")
      }
    })
  )

  it.effect("half a rateLimit is not made whole", () =>
    Effect.gen(function* () {
      for (const { build } of clients) {
        const error = yield* polluted({ window: 5 }, refusalOf(build({ apiKey, rateLimit: { limit: 1 } })))
        assert.strictEqual(error.option, "rateLimit.window")
      }
      const error = yield* polluted({ window: 5 }, refusalOf(builders["Simulator.layer"]({ rateLimit: { limit: 1 } })))
      assert.strictEqual(error.option, "rateLimit.window")
    })
  )

  it.effect("a key named __proto__ is refused, and a prototype is not looked at", () =>
    Effect.gen(function* () {
      const endpoint = "http://127.0.0.1:1"
      for (const { build, name } of makers) {
        const error = yield* refusalOf(build(evil({ endpoint, keep: 1 })))
        assert.strictEqual(error.option, "__proto__", name)
      }
      for (const { build } of clients) {
        const error = yield* refusalOf(build({ apiKey, rateLimit: evil({ limit: 1, window: 1 }) }))
        assert.match(error.option, /^rateLimit\./)
      }
      const inherited = Object.assign(Object.create({ endpoint, region: "eu" }), { apiKey })
      assert.deepStrictEqual(yield* sent(Analytics.layer(inherited)), expected)
      assert.deepStrictEqual(yield* sent(Analytics.layerConfig(inherited)), expected)
    })
  )

  it.effect("an instance of a class of one's own has what it has itself", () =>
    Effect.gen(function* () {
      class Options {
        readonly apiKey = apiKey
        readonly strict = false
      }
      const seen = yield* sent(Analytics.layer(new Options()))
      assert.deepStrictEqual(seen, [`https://cdp.customer.io/v1/batch Basic ${btoa("k:")} undefined`])
    })
  )

  it.effect("a message inherits nothing", () =>
    Effect.gen(function* () {
      const inherited = {
        userId: "evil",
        anonymousId: "evil",
        messageId: "evil",
        event: "evil",
        timestamp: new Map(),
        context: { evil: 1 },
        integrations: { evil: true },
        category: "evil",
        properties: { evil: 1 },
        traits: { email: "evil" },
        name: "evil",
        groupId: "evil",
        previousId: "evil",
        type: "alias"
      }
      const calls = Effect.gen(function* () {
        yield* Analytics.track({ userId: "u", event: "e" })
        yield* Analytics.track({ userId: "u", event: "e", timestamp: new Date(0), properties: { a: new URL("x:y") } })
        yield* Analytics.withContext({ page: { url: "u" } })(Analytics.page({ userId: "u", context: { ip: "i" } }))
      })
      const sent = yield* polluted(inherited, calls).pipe(
        Effect.andThen(AnalyticsTest.sent),
        Effect.provide(AnalyticsTest.layer)
      )
      assert.notInclude(JSON.stringify(sent), "evil")
      assert.strictEqual(sent.length, 3)

      for (const [name, value] of Object.entries(inherited)) {
        const exits = yield* Effect.all([
          Effect.exit(Analytics.identify({} as never)),
          Effect.exit(Analytics.track({ event: "e" } as never)),
          Effect.exit(Analytics.track({ userId: "u" } as never)),
          Effect.exit(Analytics.track({ event: "e", properties: { at: new URL("x:y") } } as never)),
          Effect.exit(Analytics.group({} as never)),
          Effect.exit(Analytics.alias({ userId: "u" } as never)),
          Effect.exit(Analytics.enqueue({ userId: "u", event: "e", previousId: "p" } as never))
        ]).pipe((effect) => polluted({ [name]: value }, effect), Effect.provide(AnalyticsTest.layer))
        for (const [index, exit] of exits.entries()) assert.isTrue(Exit.isFailure(exit), `${name} ${index}`)
      }
    })
  )
})

describe("what throws in options", () => {
  const thrower = Object.defineProperty({}, "inner", { enumerable: true, get: raise })
  const hostileProxy = new Proxy({}, new Proxy({}, { get: () => raise }))

  it.effect.each([
    ["context", { context: { x: { toJSON: raise } } }],
    ["context", { context: { x: thrower } }],
    ["context", { context: hostileProxy }],
    ["integrations", { integrations: { A: thrower } }],
    ["rateLimit.inner", { rateLimit: thrower }],
    ["rateLimit", { rateLimit: hostileProxy }],
    ["retry", { retry: hostileProxy }],
    ["apiKey", { apiKey: hostileProxy }],
    ["flushInterval", { flushInterval: hostileProxy }],
    ["deliveryTimeout", { deliveryTimeout: hostileProxy }],
    ["endpoint", Object.defineProperty({}, "endpoint", { enumerable: true, get: raise })],
    ["flushAt", Object.defineProperty({}, "flushAt", { enumerable: true, get: raise })]
  ] as const)("%s is named, and not what it says", ([option, options]) =>
    Effect.gen(function* () {
      const withKey = Object.create(null, Object.getOwnPropertyDescriptors(options))
      if (!("apiKey" in withKey)) withKey.apiKey = apiKey
      for (const { build, name } of clients) {
        const error = yield* refusalOf(build(withKey))
        assert.strictEqual(error.option, option, name)
      }
    })
  )

  it.effect("and in those of the simulator", () =>
    Effect.gen(function* () {
      const build = builders["Simulator.layer"]
      for (const [option, options] of [
        ["faults[1].inner", { faults: [{ kind: "stall" }, thrower] }],
        ["apiKeys[0]", { apiKeys: Object.defineProperty([], 0, { enumerable: true, get: raise }) }],
        ["rateLimit.inner", { rateLimit: thrower }],
        ["deduplicationWindow", { deduplicationWindow: hostileProxy }],
        ["", hostileProxy]
      ] as const) {
        assert.strictEqual((yield* refusalOf(build(options))).option, option)
      }
    })
  )

  it.effect("whatever stands for an option, or for all of them, is InvalidOptions or a layer", () =>
    Effect.gen(function* () {
      const random = makeRandom(3)
      const names = ["flushInterval", "rateLimit", "context", "faults"]
      for (const { name: kind, make } of allKinds) {
        for (const name of ["Analytics.layerConfig", "Simulator.layer"] as const) {
          for (const option of ["", ...names]) {
            const options = option === "" ? make(random) : { apiKey, [option]: make(random) }
            const exit = yield* Effect.exit(build(builders[name](options)))
            if (Exit.isSuccess(exit)) continue
            const { reasons } = exit.cause
            assert.deepStrictEqual(
              reasons.map((reason) => (reason._tag === "Fail" ? reason.error._tag : reason._tag)),
              ["InvalidOptions"],
              `${name} ${option} ${kind}`
            )
            for (const reason of reasons) {
              if (reason._tag !== "Fail") continue
              assert.isAtMost(reason.error.message.length, 1000)
              if (!/REDACTED/i.test(kind)) assert.notInclude(reason.error.message, "secret")
            }
          }
        }
      }
    })
  )

  it.effect("a key that was wiped is refused", () =>
    Effect.gen(function* () {
      const wiped = Redacted.make("k")
      Redacted.wipeUnsafe(wiped)
      assert.strictEqual((yield* refusalOf(builders["Analytics.layer"]({ apiKey: wiped }))).option, "apiKey")
    })
  )
})

describe("records in options", () => {
  const nested = (depth: number) => {
    let value: unknown = {}
    for (let level = 1; level < depth; level++) value = level % 2 === 0 ? { a: value } : [value]
    return value
  }

  it.effect.each([
    ["integrations.A", { integrations: { A: new Set(["secret"]) } }],
    ["integrations.A", { integrations: { A: new Map([["secret", 1]]) } }],
    ["integrations.A.list", { integrations: { A: { list: new Set(["secret"]) } } }],
    ["context.a", { context: { a: new Map([["secret", 1]]) } }]
  ] as const)("%s: what JSON has nothing for is refused", ([option, options]) =>
    Effect.gen(function* () {
      for (const { build } of clients) {
        assert.strictEqual((yield* refusalOf(build({ apiKey, ...options }))).option, option)
      }
    })
  )

  it.effect("are no deeper than a message, and no larger", () =>
    Effect.gen(function* () {
      // The message and its context are two.
      const fits = { a: nested(maxDepth - 2) }
      for (const { build: maker } of clients) {
        yield* build(maker({ apiKey, context: fits }))
        const deep = yield* refusalOf(maker({ apiKey, context: { a: nested(maxDepth - 1) } }))
        assert.match(deep.option, /^context\.a/)
        assert.strictEqual(deep.reason, tooDeep)
        assert.strictEqual((yield* refusalOf(maker({ apiKey, context: { a: nested(10_000) } }))).reason, tooDeep)
        const large = yield* refusalOf(maker({ apiKey, context: { a: "x".repeat(10_000_000) } }))
        assert.deepInclude(large, { option: "context", reason: "Expected no more than the 32000 bytes of a message" })
      }
    })
  )
})
