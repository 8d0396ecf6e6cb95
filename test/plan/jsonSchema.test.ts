import { describe, expect, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { DateTime, Schema } from "effect"
import { contractOf } from "../../src/plan/contract.ts"
import { makeRandom } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { arbitraryPlan, mutate } from "./arbitrary.ts"

describe("a plan in JSON Schema", () => {
  it("is the same plan when it is read back", () => {
    for (let seed = 0; seed < repetitions.plans; seed++) {
      const random = makeRandom(seed)
      const { plan, values } = arbitraryPlan(random)
      const written = Plan.toJsonSchema(plan)
      expect(written.losses, `seed ${seed}`).toEqual([])
      const read = Plan.fromJsonSchema(JSON.parse(JSON.stringify(written.plan)))
      expect(read.losses, `seed ${seed}`).toEqual([])
      expect(Plan.toJsonSchema(read.plan), `seed ${seed}`).toEqual(written)
      for (const [index, event] of plan.events.entries()) {
        const again = read.plan.events.find(
          ({ type, name, version }) => type === event.type && name === event.name && version === event.version
        )!
        const strict = event.additionalProperties ?? "allow"
        for (let turn = 0; turn < 10; turn++) {
          const fitting = values[index]!()
          const value = turn < 3 ? fitting : mutate(random, fitting)
          const [first, second] = [event, again].map((event) => contractOf(event).check(value, strict)._tag)
          expect(second, `seed ${seed}, ${event.type} ${event.name?.slice(0, 50)}: ${JSON.stringify(value)}`).toBe(
            first
          )
        }
      }
    }
  }, 600_000)

  it("is told what it cannot hold", () => {
    const { losses } = Plan.toJsonSchema(
      Plan.make({
        name: "Shop",
        identify: {
          traits: {
            own: Schema.String.check(Schema.makeFilter((text) => text !== "a", { expected: "another" })),
            after: Schema.Date.check(Schema.isGreaterThanDate(DateTime.toDateUtc(DateTime.makeUnsafe(0)))),
            big: Schema.BigInt.check(Schema.isGreaterThanBigInt(0n)),
            text: Schema.FiniteFromString,
            times: Schema.Array(Schema.Date).check(Schema.isUnique()),
            url: Schema.optional(Schema.URL),
            end: Schema.TupleWithRest(Schema.Tuple([]), [Schema.String, Schema.Finite]),
            nested: Schema.Struct({ any: Schema.String.check(Schema.isPattern(/a/i)) })
          }
        }
      })
    )
    expect(losses.map(({ path, reason }) => `${path}: ${reason}`).sort()).toEqual([
      "identify.traits.after: JSON Schema cannot ask for a value greater than 1970-01-01T00:00:00.000Z",
      "identify.traits.big: JSON Schema cannot ask for a value greater than 0n",
      "identify.traits.end: JSON Schema cannot say what the last ones are",
      "identify.traits.nested.any: JSON Schema takes more than a string matching the RegExp a",
      "identify.traits.own: JSON Schema cannot ask for another",
      "identify.traits.text: JSON Schema has what it is encoded to, and not the transformation",
      "identify.traits.times: JSON Schema cannot ask for an array with unique items",
      "identify.traits.url: JSON Schema has what it is encoded to, and not what may be in it"
    ])
  })

  it("has the parts of a merged plan, and the names of all objects", () => {
    const plan = Plan.merge(
      Plan.make({ name: "Checkout", track: { "a/1": { properties: { constructor: Schema.String } } } }),
      Plan.make({ name: "Search", track: { a: { versions: { 1: { properties: { toString: Schema.Finite } } } } } })
    )
    const read = Plan.fromJsonSchema(Plan.toJsonSchema(plan).plan).plan
    expect(read.name).toBe("Checkout + Search")
    expect(read.events.map(({ plan, name, version }) => [plan, name, version])).toEqual([
      ["Checkout", "a/1", undefined],
      ["Search", "a", "1"]
    ])
    expect(Plan.toJsonSchema(read)).toEqual(Plan.toJsonSchema(plan))
  })
})
