import { assert, describe, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"
import { changesOf } from "../../src/cli/planChanges.ts"
import { makeJudge } from "../../src/plan/judge.ts"
import { makeRandom, pick, type Random } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"

type Codec = Schema.Codec<unknown>

const texts = ["", "x", "yy", "zzz", "2026-01-31T12:00:00Z"]
const numbers = [-1, 0, 1.5, 2, 40]
const names = ["a", "b", "c"]

const simple: ReadonlyArray<() => Codec> = [
  () => Schema.String,
  () => Schema.Finite,
  () => Schema.Int,
  () => Schema.Boolean,
  () => Schema.Null,
  () => Schema.Unknown,
  () => Schema.Literals(["x", "yy"]),
  () => Schema.Literal("x"),
  () => Schema.Literals(["x", 2]),
  () => Schema.String.check(Schema.isMaxLength(2)),
  () => Schema.String.check(Schema.isMinLength(2)),
  () => Schema.String.check(Schema.isPattern(/^[xy]*$/)),
  () => Schema.Finite.check(Schema.isGreaterThan(0)),
  () => Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 })),
  () => Schema.Date as unknown as Codec
]

const schemaOf = (random: Random, levels = 2): Codec => {
  if (levels === 0 || random() < 0.5) return pick(random, simple)()
  const inner = (): Codec => schemaOf(random, levels - 1)
  return pick<() => Codec>(random, [
    () => Schema.Array(inner()),
    () => Schema.Struct(fieldsOf(random, levels - 1)),
    () => Schema.Record(Schema.String, inner()),
    () => Schema.Union([inner(), inner()]),
    () => Schema.NullOr(inner()),
    () => Schema.Tuple([inner(), inner()])
  ])()
}

const fieldsOf = (random: Random, levels: number) =>
  Object.fromEntries(
    names
      .filter(() => random() < 0.6)
      .map((name) => {
        const schema = schemaOf(random, levels)
        return [name, random() < 0.4 ? Schema.optional(schema) : schema]
      })
  )

const jsonOf = (random: Random, levels = 3): unknown => {
  const kind = Math.floor(random() * (levels === 0 ? 4 : 6))
  if (kind < 2) return random() < 0.5 ? pick(random, texts) : pick(random, numbers)
  if (kind < 4) return random() < 0.5 ? null : random() < 0.5
  if (kind === 4) return Array.from({ length: Math.floor(random() * 3) }, () => jsonOf(random, levels - 1))
  return recordOf(random, levels - 1)
}

const recordOf = (random: Random, levels: number): object =>
  Object.fromEntries(names.filter(() => random() < 0.5).map((name) => [name, jsonOf(random, levels)]))

/** Senders that keep to a plan say what it lists: the older one is strict, the newer one may be. */
const planOf = (random: Random, fields: Plan.Fields = fieldsOf(random, 2), isStrict = true): Plan.Plan =>
  Plan.make({
    name: "Shop",
    additionalProperties: isStrict || random() < 0.5 ? "fail" : "allow",
    track: { Bought: { properties: fields } }
  })

/** One member of it is otherwise. */
const edited = (random: Random, plan: Plan.Plan): Plan.Fields => {
  const fields: Record<string, Plan.Fields[string]> = { ...plan.events[0]?.fields }
  const name = pick(random, names)
  if (random() < 0.3) delete fields[name]
  else fields[name] = random() < 0.4 ? Schema.optional(schemaOf(random)) : schemaOf(random)
  return fields
}

describe("the changes of a plan", { timeout: 60_000 }, () => {
  it("that break nobody refuse no message that was right", () => {
    const random = makeRandom(17)
    let broken = 0
    for (let index = 0; index < repetitions.planPairs; index++) {
      const older = planOf(random)
      const newer = planOf(random, random() < 0.7 ? edited(random, older) : fieldsOf(random, 2), false)
      const changes = changesOf(older, newer)
      const breaks = changes.some((change) => change.breaks)
      const judges = [makeJudge(older), makeJudge(newer)] as const
      for (let count = 0; count < 20; count++) {
        const message = { type: "track", event: "Bought", properties: recordOf(random, 3) }
        const [before, after] = judges.map((judge) => judge({ type: "track", message })._tag)
        if (before !== "Planned" || after !== "Violating") continue
        broken++
        assert.isTrue(
          breaks,
          JSON.stringify([message, changes, Plan.toJsonSchema(older).plan, Plan.toJsonSchema(newer).plan])
        )
      }
    }
    assert.isAbove(broken, repetitions.planPairs / 50)
  })

  it("are none of a plan to itself", () => {
    const random = makeRandom(18)
    for (let index = 0; index < repetitions.planPairs; index++) {
      const plan = planOf(random)
      assert.deepStrictEqual(changesOf(plan, plan), [])
    }
  })
})
