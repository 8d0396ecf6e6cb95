import { assert, describe, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"
import { contractOf } from "../../src/plan/contract.ts"

const accepts = (schema: Schema.Codec<unknown, unknown>) => {
  const plan = Plan.make({ name: "p", track: { e: { properties: { it: schema } } } })
  const contract = contractOf(plan.events[0]!)
  return (it: unknown) =>
    contract.check({ it }, "fail")._tag === "Success" && contract.encode({ it }, "fail")._tag === "Success"
}

describe("the quick question of a plan", () => {
  it("leaves to the Schema whether exactly one member fits", () => {
    const one = Schema.Union([Schema.Finite, Schema.Int.check(Schema.isGreaterThan(5))], { mode: "oneOf" })
    for (const schema of [one, Schema.NullOr(one), Schema.Array(one)]) {
      const is = accepts(schema)
      assert.isTrue(is(schema.ast._tag === "Arrays" ? [1] : 1))
      assert.isFalse(is(schema.ast._tag === "Arrays" ? [6] : 6))
    }
  })

  it("leaves to the Schema which names fit", () => {
    const is = accepts(Schema.Record(Schema.String.check(Schema.isPattern(/^a/)), Schema.Finite))
    assert.isTrue(is({ a: 1 }))
    assert.isFalse(is({ b: 1 }))
  })

  it("is made once of what stands in a Schema often", () => {
    let schema: Schema.Codec<unknown, unknown> = Schema.String
    for (let level = 0; level < 60; level++) {
      schema = Schema.Struct({ a: Schema.optionalKey(schema), b: Schema.optionalKey(schema) })
    }
    const is = accepts(schema)
    assert.isTrue(is({ a: { b: {} } }))
    assert.isFalse(is({ a: { b: 1 } }))
  })
})
