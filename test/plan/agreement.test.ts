import { inspect, isDeepStrictEqual } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { Result, Schema } from "effect"
import { ownPropertiesWithin } from "../../src/message/own.ts"
import { toWire } from "../../src/message/wire.ts"
import { makeCodec } from "../../src/plan/codec.ts"
import { contractOf } from "../../src/plan/contract.ts"
import { jsonProblemOf, natureOf } from "../../src/plan/nature.ts"
import { makeRandom } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { structOf } from "./shapes.ts"

const valuesOfEach = 50

const jsonOf = (wire: unknown): unknown => ownPropertiesWithin(JSON.parse(JSON.stringify(wire) ?? "null"))

describe("what a plan says of a value", () => {
  it("is what its Schemas say, and what is sent is what they encode to", () => {
    const random = makeRandom(17)
    const counts = { accepted: 0, refused: 0, refusedLater: 0 }
    for (let index = 0; index < repetitions.planInputs / valuesOfEach; index++) {
      const { fields, value } = structOf(random)
      // Which has nothing for an Option in a tuple.
      if (jsonProblemOf(Schema.Struct(fields)) !== undefined) continue
      const plan = Plan.make({ name: "p", track: { e: { properties: fields } } })
      const contract = contractOf(plan.events[0]!)
      const struct = Schema.Struct(fields)
      const codec = makeCodec(struct)
      const encode = Schema.encodeUnknownResult(codec, { onExcessProperty: "error" })
      const decode = Schema.decodeUnknownResult(codec, { onExcessProperty: "error" })
      const is = Schema.decodeUnknownResult(Schema.toType(struct), { onExcessProperty: "error" })
      for (let times = 0; times < valuesOfEach; times++) {
        const raw = value(random)
        // Effect's parser finds what is inherited, such as `constructor`.
        const given = ownPropertiesWithin(raw)
        const judged = contract.encode(raw, "fail")
        const check = (holds: boolean, ...about: ReadonlyArray<unknown>): void => {
          if (!holds) assert.fail(inspect([given, Schema.toJsonSchemaDocument(struct).schema, ...about], { depth: 9 }))
        }
        const sent = Result.flatMap(natureOf(struct).isBesideTable ? encode(given) : Result.succeed(given), toWire)
        // What JSON has nothing for, such as NaN and years beyond 9999, the call refuses after this, if the plan does not.
        const isSaid = Result.isFailure(sent) || Result.isSuccess(decode(jsonOf(sent.success)))
        const isRight = Result.isSuccess(is(given)) && isSaid
        check(Result.isSuccess(judged) === isRight || Result.isFailure(sent), judged, is(given), sent)
        // Also what no typed call would give.
        const said = toWire(given)
        if (Result.isSuccess(said)) {
          const json = jsonOf(said.success)
          const checked = contract.check(json, "fail")
          check(Result.isSuccess(checked) === Result.isSuccess(decode(json)), json, checked, decode(json))
        }
        if (Result.isFailure(judged)) {
          counts.refused++
          check(judged.failure.path.startsWith("properties"), judged)
          continue
        }
        const wire = toWire(judged.success.value)
        if (Result.isFailure(wire)) {
          counts.refusedLater++
          continue
        }
        counts.accepted++
        const json = jsonOf(wire.success)
        check(Result.isSuccess(sent) && isDeepStrictEqual(json, jsonOf(sent.success)), sent)
        // And that is what the plan takes from elsewhere.
        check(Result.isSuccess(contract.check(json, "fail")), json)
      }
    }
    assert.isAbove(counts.accepted, counts.refused / 10, JSON.stringify(counts))
  }, 120_000)
})
