/**
 * What a plan costs: typed calls beside plain ones, plans of many events beside those of few, and making one.
 *
 *     npm run plan
 */
import { Analytics, type CallError } from "cdp-analytics-effect"
import { Plan } from "cdp-analytics-effect/plan"
import { DateTime, Effect, Layer, Redacted, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { median } from "./statistics.ts"

const properties = {
  orderId: Schema.String,
  total: Schema.Finite,
  paidAt: Schema.Date,
  coupon: Schema.optional(Schema.String),
  plan: Schema.Literals(["free", "pro", "team"]),
  address: Schema.Struct({ city: Schema.String, country: Schema.String, postalCode: Schema.String }),
  items: Schema.Array(Schema.Struct({ sku: Schema.String, quantity: Schema.Int, price: Schema.Finite }))
}

const planOf = (events: number) => ({
  name: "Shop",
  track: {
    "Order Completed": { properties },
    ...Object.fromEntries(Array.from({ length: events - 1 }, (_, index) => [`Event ${index}`, { properties }]))
  }
})

class Few extends Plan.Service<Few>()("bench/Few", planOf(5)) {}
class Many extends Plan.Service<Many>()("bench/Many", planOf(500)) {}

const calls = 20_000
const rounds = 15

const paidAt = DateTime.toDateUtc(DateTime.makeUnsafe(0))
const given = (index: number) => ({
  orderId: `o-${index}`,
  total: index,
  paidAt,
  plan: "pro" as const,
  address: { city: "Berlin", country: "DE", postalCode: "10115" },
  items: [{ sku: "G-32", quantity: 1, price: 39.95 }]
})

const analytics = Analytics.layer({ apiKey: Redacted.make("bench"), enabled: false }).pipe(
  Layer.provide(FetchHttpClient.layer)
)

const contenders: Readonly<Record<string, Effect.Effect<void, CallError, Analytics | Few | Many>>> = {
  "plain call": Effect.gen(function* () {
    const { track } = yield* Analytics
    for (let index = 0; index < calls; index++) {
      yield* track({ userId: "u-1", event: "Order Completed", properties: given(index) })
    }
  }),
  "typed call": Effect.gen(function* () {
    const { track } = yield* Few
    for (let index = 0; index < calls; index++) {
      yield* track("Order Completed", { userId: "u-1", properties: given(index) })
    }
  }),
  "typed call, 500 events": Effect.gen(function* () {
    const { track } = yield* Many
    for (let index = 0; index < calls; index++) {
      yield* track("Order Completed", { userId: "u-1", properties: given(index) })
    }
  }),
  "plain call, enforced": Effect.gen(function* () {
    const { track } = yield* Analytics
    for (let index = 0; index < calls; index++) {
      yield* track({ userId: "u-1", event: "Order Completed", properties: given(index) })
    }
  }).pipe(Effect.provide(Plan.enforce(Few.plan)))
}

const cpuOf = <E, R>(effect: Effect.Effect<void, E, R>) =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    return Effect.map(effect, () => {
      const { user, system } = process.cpuUsage(before)
      return (user + system) / calls
    })
  })

const program = Effect.gen(function* () {
  const figures = new Map(Object.keys(contenders).map((name) => [name, [] as Array<number>]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, effect] of Object.entries(contenders)) figures.get(name)?.push(yield* cpuOf(effect))
  }
  const plain = median(figures.get("plain call") ?? [])
  for (const [name, micros] of figures) {
    const middle = median(micros)
    console.log(`${name.padEnd(24)} ${middle.toFixed(2)} µs a call, ${(middle / plain).toFixed(2)} of a plain one`)
  }
  const makings = Array.from({ length: rounds }, () => {
    const before = performance.now()
    Plan.make(planOf(500))
    return performance.now() - before
  })
  console.log(`making a plan of 500 events: ${median(makings).toFixed(1)} ms, the first ${makings[0]?.toFixed(1)} ms`)
})

Effect.runFork(program.pipe(Effect.provide(Layer.mergeAll(Few.layer, Many.layer).pipe(Layer.provideMerge(analytics)))))
