import { describe, expect, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { formatPath } from "../../src/message/issue.ts"
import { contractOf } from "../../src/plan/contract.ts"
import { makeRandom, type Random } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { type ArbitraryPlan, arbitraryPlan, mutate } from "./arbitrary.ts"

const plans = Math.ceil(repetitions.plans / 3)

const timeout = 600_000

/** Of every event that is found again, whether the same messages are of it. */
const compare = (random: Random, { plan, values }: ArbitraryPlan, again: Plan.Plan, where: string): number => {
  let compared = 0
  for (const [index, event] of plan.events.entries()) {
    const same = again.events.filter(({ type, name }) => type === event.type && name === event.name)
    const other = same.length === 1 ? same[0] : same.find(({ version }) => version === event.version)
    if (other === undefined || (same.length === 1 && !event.isLatest)) continue
    compared++
    expect(other.description, where).toBe(event.description)
    const strict = event.additionalProperties ?? "allow"
    for (let turn = 0; turn < 10; turn++) {
      const fitting = values[index]!()
      const value = turn < 3 ? fitting : mutate(random, fitting)
      const [first, second] = [event, other].map((event) => contractOf(event).check(value, strict)._tag)
      expect(second, `${where}, ${event.type} ${event.name?.slice(0, 50)}: ${JSON.stringify(value)}`).toBe(first)
    }
  }
  return compared
}

describe("a plan by chance", () => {
  it(
    "has the same messages when it was in Segment's form",
    () => {
      for (let seed = 0; seed < plans; seed++) {
        const random = makeRandom(seed)
        const given = arbitraryPlan(random)
        const { plan, losses } = Plan.toSegment(given.plan)
        const places = losses.map(({ path }) => path.replace(/^.*\./, ""))
        const known = ["onViolation", "annotate", "additionalProperties", "reserved", "version", "latest"]
        expect(
          places.filter((place) => !known.includes(place)),
          `seed ${seed}`
        ).toEqual([])
        const again = Plan.fromSegment(JSON.parse(JSON.stringify(plan)))
        expect(again.losses, `seed ${seed}`).toEqual([])
        expect(compare(random, given, again.plan, `seed ${seed}`)).toBe(given.plan.events.length)
      }
    },
    timeout
  )

  it.each(["catalog", "v2"] as const)(
    "has the same messages when it was in RudderStack's form %s",
    (form) => {
      for (let seed = 0; seed < plans; seed++) {
        const random = makeRandom(seed)
        const given = arbitraryPlan(random)
        const { plan } = Plan.toRudderStack(given.plan, { form })
        const again = Plan.fromRudderStack(JSON.parse(JSON.stringify(plan)))
        expect(again.losses, `seed ${seed}`).toEqual([])
        const held = given.plan.events.filter(({ isLatest }) => isLatest).length
        expect(compare(random, given, again.plan, `seed ${seed}`)).toBe(held)
      }
    },
    timeout
  )

  it(
    "has the same messages when it was in Rudder CLI's form, where nothing was lost",
    () => {
      let whole = 0
      for (let seed = 0; seed < plans; seed++) {
        const random = makeRandom(seed)
        const given = arbitraryPlan(random)
        const { plan, losses } = Plan.toRudderStack(given.plan, { form: "cli" })
        const again = Plan.fromRudderStack(JSON.parse(JSON.stringify(plan)))
        expect(again.losses, `seed ${seed}`).toEqual([])
        const events = again.plan.events.filter(({ type, name }) => {
          const place = formatPath([type, ...(name === undefined ? [] : [name])])
          return !losses.some(({ path }) => path.startsWith(`${place}.`) && /\.(properties|traits)\./.test(path))
        })
        whole += compare(random, given, { ...again.plan, events }, `seed ${seed}`)
      }
      expect(whole).toBeGreaterThan(0)
    },
    timeout
  )
})
