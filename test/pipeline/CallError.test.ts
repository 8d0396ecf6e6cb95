import { assert, describe, it } from "@effect/vitest"
import { Analytics, type AnalyticsOptions, type CallError, type Receipt } from "cdp-analytics-effect"
import { AnalyticsTest } from "cdp-analytics-effect/testing"
import { Effect, Exit, Layer, Logger, Scope } from "effect"
import { makeLedger } from "../../src/delivery/ledger.ts"
import { layerMocked } from "../support/Server.ts"

type Call = Effect.Effect<Receipt, CallError, Analytics>

/** Past the type checker, as JavaScript would come. */
const untyped = Analytics as unknown as Record<"track" | "page" | "enqueue", (input: unknown) => Call>

const person = { userId: "u" }
const large = { text: "x".repeat(40_000) }

/** What each kind of failure of a call says of it, whatever the call. */
const failing = (properties: Record<string, unknown>) => {
  const event = { ...person, event: "order_completed", properties }
  const page = { ...person, name: "Home", properties }
  return [
    ["track", "order_completed", Analytics.track(event)],
    ["track", "order_completed", Analytics.enqueue({ type: "track", ...event })],
    ["page", undefined, Analytics.page(page)],
    ["screen", undefined, Analytics.enqueue({ type: "screen", ...page })]
  ] as const
}

const namesCall = (error: CallError, type: string, event: string | undefined) => {
  assert.strictEqual(error.type, type)
  assert.strictEqual(error.event, event)
  assert.strictEqual(Object.hasOwn(error, "event"), event !== undefined)
  assert.include(error.message, event === undefined ? `${type} message` : `${type} message "${event}"`)
  assert.notInclude(error.message, "\n")
}

describe("an error of a call names it", () => {
  it.effect.each([
    ["InvalidMessage", { price: "1" }],
    ["MessageTooLarge", large],
    ["UnserializableMessage", { total: 1n }],
    ["UnserializableMessage", { total: { toJSON: () => assert.fail() } }]
  ] as const)("%s", ([tag, properties]) =>
    Effect.gen(function* () {
      for (const [type, event, call] of failing({ ...properties, custom: properties })) {
        const error = yield* Effect.flip(call)
        assert.strictEqual(error._tag, tag)
        namesCall(error, type, event)
      }
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("QueueFull", () =>
    Effect.gen(function* () {
      yield* Analytics.track({ ...person, event: "first" })
      for (const [type, event, call] of failing({})) {
        const error = yield* Effect.flip(call)
        assert.strictEqual(error._tag, "QueueFull")
        namesCall(error, type, event)
      }
      yield* Analytics.flush
    }).pipe(Effect.provide(layerMocked({ queueCapacity: 1 })))
  )

  const open = Effect.fnUntraced(function* (options: Partial<AnalyticsOptions>) {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(AnalyticsTest.layerWith(options), scope)
    return {
      run: <A, E>(effect: Effect.Effect<A, E, Analytics>) => Effect.provideContext(effect, context),
      close: Scope.close(scope, Exit.void)
    }
  })

  it.effect("AnalyticsClosed", () =>
    Effect.gen(function* () {
      const { run, close } = yield* open({})
      yield* close
      for (const [type, event, call] of failing({})) {
        const error = yield* Effect.flip(run(call))
        assert.strictEqual(error._tag, "AnalyticsClosed")
        namesCall(error, type, event)
      }
    })
  )

  it.effect("AnalyticsClosed, of what is read for its name alone", () =>
    Effect.gen(function* () {
      const { run, close } = yield* open({})
      yield* close
      const hostile = { type: "track", userId: "u" }
      Object.defineProperty(hostile, "event", { enumerable: true, get: () => assert.fail() })
      for (const [input, type] of [
        [undefined, "unknown"],
        [null, "unknown"],
        ["track", "unknown"],
        [{ type: "purchase", event: "e" }, "unknown"],
        [{ type: { toString: () => "track" }, event: "e" }, "unknown"],
        [hostile, "unknown"],
        [Proxy.revocable({}, {}).proxy, "unknown"],
        [{ type: "track", event: 1 }, "track"]
      ] as const) {
        namesCall(yield* Effect.flip(run(untyped.enqueue(input))), type, undefined)
      }
    })
  )

  it.effect("with no more than the start of a long event, on one line", () =>
    Effect.gen(function* () {
      const long = `a\nb "c" ${"é".repeat(5000)}`
      const error = yield* Effect.flip(Analytics.track({ userId: "", event: long }))
      assert.strictEqual(error.event?.length, 100)
      assert.match(error.event ?? "none", /^a\\u000ab "c" é+…$/)
      assert.include(error.message, String.raw`track message "a\\u000ab \"c\" é`)
      assert.notInclude(error.message, "\n")
    }).pipe(Effect.provide(AnalyticsTest.layer))
  )

  it.effect("so that one line of a log is enough to find it", () => {
    const lines: Array<string> = []
    const logger = Logger.make((options) => void lines.push(Logger.formatLogFmt.log(options)))
    return Effect.gen(function* () {
      yield* Analytics.track({ ...person, event: "order_completed", properties: { price: Number.NaN } }).pipe(
        Effect.ignore({ log: "Warn" })
      )
      assert.strictEqual(lines.length, 1)
      for (const word of ["UnserializableMessage", "track", "order_completed", "properties.price", "NaN"]) {
        assert.include(lines[0], word)
      }
    }).pipe(Effect.provide(Layer.provideMerge(AnalyticsTest.layer, Logger.layer([logger]))))
  })
})

describe("an accepted message", () => {
  it("keeps no more of its call than it needs", () => {
    const message = { type: "track" as const, event: "e", messageId: "m", json: "{}", bytes: 2 }
    const pending = makeLedger().accept(message, undefined, 0, 0)
    assert.sameMembers(Object.keys(pending), [
      "acceptedAt",
      "bytes",
      "epoch",
      "json",
      "lane",
      "link",
      "messageId",
      "number",
      "receipt"
    ])
  })
})
