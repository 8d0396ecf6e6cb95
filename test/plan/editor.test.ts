import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { makeEditor } from "../support/languageServer.ts"
import { isFull } from "../support/repetitions.ts"

const plan = `
import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"

class Shop extends Plan.Service<Shop>()("app/Shop", {
  name: "Shop",
  track: {
    "Order Completed": {
      properties: {
        /** Of the shop's own database. */
        orderId: Schema.String,
        total: Schema.Finite
      }
    },
    "Cart Emptied": {},
    "42 --terrible \\"name\\"": {},
    Versioned: { versions: { 1: { properties: { a: Schema.String } }, 2: { properties: { b: Schema.String } } } }
  },
  identify: { traits: { plan: Schema.Literals(["free", "pro"]) } }
}) {}
`

/** Below the plan, what stands before and after the mark. */
const at = (program: string) => ({
  text: `${plan}${program.replace("|", "")}\n`,
  offset: plan.length + program.indexOf("|")
})

const order = 'Shop.track("Order Completed", { userId: "1", properties: { orderId: "1", total: 1 } })'

const indexes = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n")

const refusals: ReadonlyArray<readonly [string, string | RegExp]> = [
  [
    'Shop.track("Order Complete", { userId: "1" })',
    `Argument of type '"Order Complete"' is not assignable to parameter of type 'EventName<Shop>'.`
  ],
  [
    'Shop.track("Order Completed", { userId: "1" })',
    /parameter of type 'TrackCall<Shop, "Order Completed">'[\s\S]*Property 'properties' is missing/
  ],
  [
    'Shop.track("Order Completed", { userId: "1", properties: { orderId: "1" } })',
    "Property 'total' is missing in type '{ orderId: string; }' but required in type '{ readonly orderId: string; readonly total: number; }'."
  ],
  [
    'Shop.track("Order Completed", { userId: "1", properties: { orderId: 1, total: 1 } })',
    "Type 'number' is not assignable to type 'string'."
  ],
  [
    'Shop.track("Order Completed", { userId: "1", properties: { orderId: "1", total: 1, coupn: "x" } })',
    "Object literal may only specify known properties, and 'coupn' does not exist in type '{ readonly orderId: string; readonly total: number; }'."
  ],
  [
    'Shop.track("Order Completed", { properties: { orderId: "1", total: 1 } })',
    /Property '"userId or anonymousId is required"' is missing/
  ],
  [
    'Shop.track("Cart Emptied", { userId: "1", properties: { a: 1 } })',
    "Type '{ a: number; }' is not assignable to type 'undefined'."
  ],
  [
    'Shop.track("Versioned", { userId: "1", properties: { a: "1" } })',
    /Property 'b' is missing in type '\{ a: string; \}'/
  ],
  [
    'Shop.track("Versioned", { userId: "1", version: 3, properties: { a: "1" } })',
    `Type '3' is not assignable to type '"1" | "2" | 1 | 2 | undefined'.`
  ],
  ['Shop.page("Home", { userId: "1" })', "Property 'page' does not exist on type 'typeof Shop'."],
  [
    'Shop.identify({ userId: "1", traits: { plan: "gold" } })',
    `Type '"gold"' is not assignable to type '"free" | "pro"'.`
  ],
  [
    'Plan.make({ name: "x", track: { a: { version: 1, versions: { 1: {} } } } })',
    /Types of property 'versions' are incompatible/
  ],
  [
    'Plan.make({ name: "x", track: { a: { properties: { b: 1 } } } })',
    "Type 'number' is not assignable to type 'ConstraintCodec<unknown, unknown, never, never>'."
  ],
  [
    'declare const needs: Schema.Codec<string, string, "Database">\nPlan.make({ name: "x", track: { a: { properties: { needs } } } })',
    `Type '"Database"' is not assignable to type 'never'.`
  ]
]

const large = `
import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"

class Large extends Plan.Service<Large>()("app/Large", {
  name: "Large",
  track: {
    ${indexes(500, (index) => `"Event ${index}": { properties: { id: Schema.String, at: Schema.optional(Schema.Date) } },`)}
  }
}) {}

export const calls = [
  ${indexes(400, (index) => `Large.track("Event ${index}", { userId: "1", properties: { id: "${index}" } }),`)}
]
`

describe("an editor", () => {
  it.live(
    "knows a plan",
    () =>
      Effect.gen(function* () {
        const editor = yield* makeEditor
        const complete = (program: string) => {
          const { text, offset } = at(program)
          return Effect.map(editor.complete(text, offset), (labels) => labels.toSorted())
        }
        const names = ['42 --terrible \\"name\\"', "Cart Emptied", "Order Completed", "Versioned"]
        assert.deepStrictEqual(yield* complete('Shop.track("|")'), names)
        assert.deepStrictEqual(yield* complete('Shop.track("Order Completed", { userId: "1", properties: { | } })'), [
          "orderId",
          "total"
        ])
        assert.deepStrictEqual(yield* complete('Shop.identify({ userId: "1", traits: { plan: "|" } })'), [
          "free",
          "pro"
        ])
        const calls = yield* complete("Shop.|")
        assert.includeMembers(calls, ["track", "identify", "plan", "layer"])
        for (const call of ["page", "screen", "group", "alias"]) assert.notInclude(calls, call)

        const call = at(order.replace("track", "tr|ack"))
        assert.match(yield* editor.hover(call.text, call.offset), /input: (Plan\.)?TrackCall<Shop, "Order Completed">/)
        const input = at('declare const in|put: Plan.TrackInput<Shop, "Order Completed">')
        assert.include(yield* editor.hover(input.text, input.offset), 'Plan.TrackInput<Shop, "Order Completed">')

        // Whoever asks what a property is comes to where it is documented.
        const property = at(order.replace("orderId", "order|Id"))
        const line = plan.split("\n").findIndex((text) => text.includes("orderId:")) + 1
        assert.strictEqual(yield* editor.definition(property.text, property.offset), line)

        for (const right of [order, 'Shop.track("Versioned", { userId: "1", version: 1, properties: { a: "1" } })']) {
          assert.deepStrictEqual(yield* editor.diagnostics(`${plan}${right}\n`), [], right)
        }
        for (const [program, reason] of refusals) {
          const told = (yield* editor.diagnostics(`${plan}${program}\n`)).join("\n")
          if (typeof reason === "string") assert.include(told, reason, program)
          else assert.match(told, reason, program)
        }

        if (!isFull) return
        // Each event by itself at every call took more than ten seconds.
        const [took, wrong] = yield* Effect.timed(editor.diagnostics(large))
        assert.deepStrictEqual(wrong, [])
        assert.isBelow(Duration.toMillis(took), 5000)
      }).pipe(Effect.scoped),
    30_000
  )
})
