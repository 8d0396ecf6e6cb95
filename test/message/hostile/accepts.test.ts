// @effect-diagnostics globalDate:off - dates as a caller makes them
import { assert, describe, it } from "@effect/vitest"
import { GroupTraits, Identify, Properties, Track, Traits } from "cdp-analytics-effect"
import { Arbitrary, DateTime, Exit, Result, Schema, SchemaParser } from "effect"
import { makeAccepts } from "../../../src/message/accepts.ts"
import { hasToJson, toWire } from "../../../src/message/wire.ts"
import { makeRandom } from "../../support/random.ts"
import { repetitions } from "../../support/repetitions.ts"
import { hostileInput } from "./inputs.ts"

const parse = SchemaParser.decodeUnknownExit(Schema.toType(Track), { onExcessProperty: "error" })
const acceptsTrack = makeAccepts(Track)
const acceptsIdentify = makeAccepts(Identify)

const throughJson = (value: unknown): object => JSON.parse(JSON.stringify(value))

/** Why a message that was accepted should not have been; undefined where it was not, or where reading it throws. */
const refusalOfAccepted = (input: unknown): string | undefined => {
  try {
    const message: Record<string, unknown> = { type: "track", ...Object(input) }
    if (!acceptsTrack(message)) return undefined
    const wire = toWire({ ...message, timestamp: undefined })
    if (Result.isFailure(wire)) return "JSON"
    if (Object.entries(message).some(([key, value]) => key !== "timestamp" && hasToJson(value))) return "toJSON"
    // Whichever way a message goes, the same is sent.
    if (JSON.stringify({ ...message, timestamp: undefined }) !== JSON.stringify(wire.success)) return "another form"
    return Exit.isSuccess(parse(message)) ? "none" : "Schema"
  } catch {
    return undefined
  }
}

describe("a quick yes", () => {
  it("is never said to what the Schema or JSON refuses", () => {
    const random = makeRandom(1)
    let accepted = 0
    for (let run = 0; run < repetitions.hostileCalls; run++) {
      const trail: Array<string> = []
      const refusal = refusalOfAccepted(hostileInput(random, "track", trail))
      // What is another value at each read cannot be asked twice.
      if (refusal === undefined || trail.some((name) => /turns into|grows|adds keys|throws later/.test(name))) continue
      accepted++
      assert.strictEqual(refusal, "none", trail.join(", "))
    }
    assert.isAbove(accepted, repetitions.hostileCalls / 100)
  })

  for (const schema of [Properties, Traits, GroupTraits]) {
    const accepts = makeAccepts(schema)
    const plain = Arbitrary.all([Arbitrary.schema(schema), Arbitrary.schema(Schema.JsonObject)])
    it.prop(
      `is said to ${schema.ast.annotations?.["identifier"]} that JSON can carry`,
      [plain],
      ([[known, custom]]) => {
        assert.isTrue(accepts({ custom, ...throughJson(known) }))
      }
    )
  }

  it("is said to dates, nested values and both kinds of union", () => {
    const traits = {
      createdAt: new Date(0),
      birthday: DateTime.makeUnsafe(0),
      address: { city: "Rome", other: [1, { a: null }, "x"] },
      company: "Acme",
      custom: { when: new Date(0), missing: undefined }
    }
    assert.isTrue(acceptsIdentify({ type: "identify", userId: "u", timestamp: new Date(0), traits }))
    assert.isFalse(acceptsIdentify({ type: "identify", userId: "u", traits: { ...traits, createdAt: new Date("no") } }))
    assert.isFalse(acceptsIdentify({ type: "identify", userId: "u", traits: { list: new Array(2) } }))
    assert.isFalse(acceptsIdentify({ type: "identify", traits }))
  })
})
