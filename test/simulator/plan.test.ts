import { assert, describe, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { Simulator, type SimulatorOptions } from "cdp-analytics-effect/simulator"
import { Effect, Schema } from "effect"
import type { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { batch, post, track } from "./post.ts"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  description: "What shoppers do",
  track: {
    "Order Completed": {
      description: "A person has paid",
      owner: "checkout",
      properties: {
        paidAt: Schema.Date,
        items: Schema.Array(Schema.Struct({ sku: Schema.String, price: Schema.Finite }))
      }
    },
    "Cart Emptied": { deprecated: "nobody needs it", additionalProperties: "report" },
    Searched: { versions: { 1: { properties: { text: Schema.String } }, 2: { properties: { words: Schema.String } } } }
  },
  identify: { traits: { plan: Schema.Literals(["free", "pro"]) } },
  page: { Home: {} }
}) {}

const order = { paidAt: "2026-01-31T12:00:00Z", items: [{ sku: "G-32", price: 39.95 }] }

const verdicts = Effect.map(Simulator.events, (events) => events.map(({ plan }) => plan))

const planned = { verdict: "planned" } as const

const run = <A, E>(effect: Effect.Effect<A, E, Simulator | HttpClient.HttpClient>, options: SimulatorOptions = {}) =>
  Effect.provide(effect, Simulator.layer({ plan: Shop, ...options }))

describe("the plan of the simulator", () => {
  it.effect("says of each event whether it is planned, and where it is not as planned", () =>
    run(
      Effect.gen(function* () {
        const wrong = { ...order, items: [...order.items, { sku: "B-07", price: "12.5" }] }
        yield* post(
          batch(
            track("Order Completed", { properties: order }),
            track("Order Completed", { properties: wrong }),
            track("Order Complete"),
            track("Cart Emptied", { properties: { why: "bored" } }),
            track("Searched", { properties: { words: "shoes" } }),
            track("Searched", { properties: { text: "shoes" }, context: { protocols: { event_version: 1 } } }),
            track("Searched", { context: { protocols: { event_version: 3 } } }),
            { type: "identify", userId: "u", traits: { plan: "gold" } },
            { type: "page", userId: "u", name: "Home" },
            { type: "screen", userId: "u", name: "Home" }
          )
        )
        const place = "properties.items[1].price"
        assert.deepStrictEqual(yield* verdicts, [
          planned,
          { verdict: "violating", path: place, reason: "Expected number" },
          { verdict: "unplanned", path: "event", reason: "Expected an event of the plan" },
          { verdict: "violating", path: "properties.why", reason: "Expected no excess property" },
          planned,
          planned,
          { verdict: "unplanned", path: "context.protocols.event_version", reason: "Expected a version of the plan" },
          { verdict: "violating", path: "traits.plan", reason: 'Expected "free" | "pro"' },
          planned,
          { verdict: "unplanned", path: "type", reason: "Expected no screen" }
        ])
      })
    )
  )

  it.effect("says nothing of what no plan is about, and nothing without a plan", () =>
    run(
      Effect.gen(function* () {
        const all = batch(
          { type: "alias", userId: "u", previousId: "visitor" },
          track("User Deleted"),
          { type: "buy", userId: "u" },
          42,
          // Too long: its names alone are kept.
          track("Order Completed", { properties: { text: "x".repeat(40_000) } })
        )
        yield* post(all)
        const events = yield* Simulator.events
        for (const event of events) assert.notProperty(event, "plan")
        assert.isTrue((yield* Simulator.plan)?.events.every(({ sent }) => sent === 0))
        yield* Simulator.setPlan(undefined)
        yield* post(batch(track("Order Completed")))
        for (const event of yield* Simulator.events) assert.notProperty(event, "plan")
        assert.strictEqual(yield* Simulator.plan, undefined)
      })
    )
  )

  it.effect("counts what was sent and when last, what never was, and what is not planned", () =>
    run(
      Effect.gen(function* () {
        const wrong = (index: number) => ({
          ...order,
          items: Array.from({ length: index + 1 }, () => ({ sku: "G-32" }))
        })
        yield* post(batch(track("Order Completed", { messageId: "m", properties: order })))
        yield* TestClock.adjust(1000)
        // The same message again is not sent twice, and what the server refuses was sent.
        yield* post(batch(track("Order Completed", { messageId: "m", properties: order })))
        yield* post(
          batch(
            track("Order Completed", { properties: wrong(0) }),
            track("Order Completed", { userId: "", properties: wrong(1) })
          )
        )
        yield* post(batch(track("sold"), track("sold"), { type: "screen", userId: "u" }))
        const { events = [], unplanned, ...report } = (yield* Simulator.plan) ?? {}
        assert.deepStrictEqual(report, { name: "Shop", description: "What shoppers do", unplannedDropped: 0 })
        const [first, emptied] = events
        assert.deepStrictEqual(first, {
          type: "track",
          name: "Order Completed",
          description: "A person has paid",
          owner: "checkout",
          sent: 3,
          lastSentAt: 1000,
          violations: 2,
          places: [{ path: "properties.items[].price", reason: "Missing key", count: 2 }]
        })
        assert.deepInclude(emptied, { sent: 0, violations: 0, deprecated: "nobody needs it" })
        assert.notProperty(emptied, "lastSentAt")
        assert.deepStrictEqual(
          events.map(({ type, name, version }) => [type, name, version]),
          [
            ["track", "Order Completed", undefined],
            ["track", "Cart Emptied", undefined],
            ["track", "Searched", "1"],
            ["track", "Searched", "2"],
            ["page", "Home", undefined],
            ["identify", undefined, undefined]
          ]
        )
        assert.deepStrictEqual(unplanned, [
          { type: "track", name: "sold", reason: "Expected an event of the plan", sent: 2, lastSentAt: 1000 },
          { type: "screen", reason: "Expected no screen", sent: 1, lastSentAt: 1000 }
        ])
        yield* Simulator.clear
        const cleared = yield* Simulator.plan
        assert.isTrue(cleared?.events.every(({ sent }) => sent === 0))
        assert.deepStrictEqual(cleared?.unplanned, [])
      })
    )
  )

  it.effect("is replaced while all goes on: what is kept is judged and counted anew", () =>
    run(
      Effect.gen(function* () {
        for (let part = 0; part < 3; part++) yield* post(batch(...Array(300).fill(track("sold"))))
        yield* post(batch(track("Order Completed", { properties: order })))
        const before = yield* Simulator.events
        const sales = Plan.make({ name: "Sales", track: { sold: {} } })
        // Twice at a time, and events between.
        yield* Effect.all([Simulator.setPlan(Shop.plan), Simulator.setPlan(sales), post(batch(track("sold")))], {
          concurrency: "unbounded"
        })
        const after = yield* Simulator.events
        assert.deepStrictEqual(
          after.slice(0, -1).map(({ plan: _, ...event }) => event),
          before.map(({ plan: _, ...event }) => event)
        )
        const expected = [...Array(900).fill("planned"), "unplanned", "planned"]
        assert.deepStrictEqual(
          after.map(({ plan }) => plan?.verdict),
          expected
        )
        const report = yield* Simulator.plan
        assert.deepInclude(report, { name: "Sales" })
        assert.deepInclude(report?.events[0], { sent: 901 })
        assert.strictEqual(report?.unplanned.length, 1)
      })
    )
  )

  it.effect("keeps within its bounds, whatever is sent", () => {
    class Hostile extends Plan.Service<Hostile>()("app/Hostile", {
      name: "Hostile",
      track: {
        __proto__: { description: "never an event" },
        constructor: {},
        open: {
          additionalProperties: "fail",
          properties: {
            text: Schema.optional(Schema.String.check(Schema.makeFilter(() => "no".repeat(100_000)))),
            bomb: Schema.optional(
              Schema.String.check(
                Schema.makeFilter(() => {
                  throw new RangeError("secret")
                })
              )
            )
          }
        }
      }
    }) {}
    return run(
      Effect.gen(function* () {
        const names = Array.from({ length: 300 }, (_, index) => `${"n".repeat(5000)}${index}`)
        for (const name of names) yield* post(batch(track(`${name.slice(5000)}${name}`)))
        for (const name of names) yield* post(batch(track("open", { properties: { [name.slice(5000)]: 1 } })))
        for (const name of ["__proto__", "constructor", "toString"]) yield* post(batch(track(name)))
        yield* post(batch(track("open", { properties: { text: "x" } }), track("open", { properties: { bomb: "x" } })))
        const report = yield* Simulator.plan
        assert.strictEqual(report?.unplanned.length, 200)
        assert.strictEqual(report?.unplannedDropped, 102)
        assert.isTrue(report?.unplanned.every(({ name = "" }) => name.length <= 100))
        const [named, open] = report?.events ?? []
        assert.deepInclude(named, { name: "constructor", sent: 1 })
        assert.deepInclude(open, { sent: 302, violations: 302 })
        assert.strictEqual(open?.places.length, 5)
        const [bomb, text] = (yield* Simulator.events).slice(-2).reverse()
        assert.deepStrictEqual(bomb?.plan, {
          verdict: "violating",
          path: "properties",
          reason: "reading it threw RangeError"
        })
        assert.deepInclude(text?.plan, { path: "properties.text" })
        assert.isBelow(JSON.stringify(report).length, 100_000)
        for (const event of yield* Simulator.events) assert.isBelow(JSON.stringify(event.plan).length, 2000)
      }),
      { plan: Hostile }
    )
  })

  it.effect("counts what it says of events with what is kept of them", () =>
    run(
      Effect.gen(function* () {
        const some = Array.from({ length: 50 }, () => track("x", { properties: { text: "x".repeat(1000) } }))
        yield* post(batch(...some))
        const before = (yield* Simulator.events).length
        const wordy = Schema.String.check(Schema.makeFilter(() => "no".repeat(500)))
        yield* Simulator.setPlan(Plan.make({ name: "Wordy", track: { x: { properties: { text: wordy } } } }))
        const after = (yield* Simulator.events).length
        assert.isBelow(after, before)
        assert.strictEqual(after + (yield* (yield* Simulator).dropped).events, 50)
        yield* Simulator.setPlan(undefined)
        yield* post(batch(...some))
        assert.strictEqual((yield* Simulator.events).length, before)
      }),
      { plan: undefined, keepBytes: 50_000 }
    )
  )

  it.effect("is refused where it is none", () =>
    Effect.gen(function* () {
      for (const plan of [{}, "Shop", { name: "Shop", track: {} }, class {}, { plan: {} }]) {
        const error = yield* Effect.flip(run(Simulator.events, { plan: plan as never }))
        assert.deepInclude(error, { _tag: "InvalidOptions", option: "plan" })
      }
    })
  )
})
