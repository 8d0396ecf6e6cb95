import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"
import { pick, type Random } from "../support/random.ts"

/** Names that break what takes them for identifiers, for keys of prototypes, or for text of its own. */
export const hostileNames = [
  "__proto__",
  "constructor",
  "toString",
  '42 --terrible "name"',
  "42_--terrible==\\\"event'++name~!3",
  "a/b~c%20#d",
  "*/ `$" + "{x}`",
  "new\nline",
  "ünï😀",
  "\ud800",
  "\u202eevil",
  "class",
  "0",
  "-1",
  "x".repeat(10_000)
]

/** Not of those that every object inherits: Effect's parsers take some of them for given. */
const fieldNames = [
  ...hostileNames.filter((name) => name.length < 100 && (name === "__proto__" || !(name in Object.prototype))),
  "",
  "a",
  "b",
  "orderId",
  "weight",
  "$ref",
  "type",
  "properties"
]

type Codec = Schema.Codec<unknown, unknown>

/** A Schema, and JSON that fits it. */
interface Sample {
  readonly schema: Codec
  readonly value: () => unknown
}

const chance = (random: Random, probability: number): boolean => random() < probability

const integer = (random: Random, most: number): number => Math.floor(random() * (most + 1))

const list = <A>(random: Random, most: number, make: () => A): ReadonlyArray<A> =>
  Array.from({ length: integer(random, most) }, make)

const text = (random: Random): string => pick(random, ["", "a", "abc", "cab", "😀", "2026-01-31", "zzzzzzzz", "1"])

const time = (random: Random): string =>
  pick(random, ["2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00+02:00", "2024-02-29T00:00:00Z"])

/** Any JSON. */
export const anyJson = (random: Random, depth = 2): unknown => {
  const kinds = depth === 0 ? 6 : 8
  switch (Math.floor(random() * kinds)) {
    case 0:
      return null
    case 1:
      return chance(random, 0.5)
    case 2:
      return pick(random, [0, 1, -1, 2.5, 10, 1e21])
    case 3:
      return time(random)
    case 4:
    case 5:
      return text(random)
    case 6:
      return list(random, 3, () => anyJson(random, depth - 1))
    default:
      return record(list(random, 3, () => [pick(random, fieldNames), anyJson(random, depth - 1)]))
  }
}

const record = (entries: ReadonlyArray<readonly [string, unknown]>): object => Object.fromEntries(entries)

interface Tree {
  readonly label: string
  readonly at?: Date | undefined
  readonly children: ReadonlyArray<Tree>
}

const Tree = Schema.Struct({
  label: Schema.String,
  at: Schema.optional(Schema.Date),
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree, unknown> => Tree))
}).annotate({ identifier: "Tree", description: "What has parts" })

const treeValue = (random: Random, depth: number): unknown => ({
  label: text(random),
  ...(chance(random, 0.5) && { at: time(random) }),
  children: depth === 0 ? [] : list(random, 2, () => treeValue(random, depth - 1))
})

const Money = Schema.Struct({ amount: Schema.Finite, currency: Schema.Literals(["EUR", "USD"]) }).annotate({
  identifier: "Money"
})

const leaves = (random: Random): Sample => {
  const samples: ReadonlyArray<() => Sample> = [
    () => ({ schema: Schema.String, value: () => text(random) }),
    () => ({ schema: Schema.NonEmptyString, value: () => "a" }),
    () => ({
      schema: Schema.String.check(Schema.isMinCodePoints(2), Schema.isMaxCodePoints(5)),
      value: () => "abc"
    }),
    () => ({ schema: Schema.String.check(Schema.isPattern(/^[a-c]+$/u)), value: () => "cab" }),
    () => ({
      schema: Schema.String.check(Schema.isPattern(/a/u), Schema.isPattern(/b/u)).annotate({ description: "Both" }),
      value: () => "cab"
    }),
    () => ({ schema: Schema.String.annotate({ format: "email", title: "E-mail" }), value: () => text(random) }),
    () => ({ schema: Schema.Finite, value: () => 2.5 }),
    () => ({ schema: Schema.Int.annotate({ description: 'How "many" */ of them' }), value: () => 1 }),
    () => ({ schema: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 10 })), value: () => 10 }),
    () => ({ schema: Schema.Int.check(Schema.isGreaterThan(0), Schema.isMultipleOf(5)), value: () => 10 }),
    () => ({ schema: Schema.Boolean, value: () => true }),
    () => ({ schema: Schema.Null, value: () => null }),
    () => ({ schema: Schema.Literal("abc"), value: () => "abc" }),
    () => ({ schema: Schema.Literals(["a", 1, true, 'it\'s "so"']), value: () => pick(random, ["a", 1, true]) }),
    () => ({ schema: Schema.NullOr(Schema.Literals(["a", "abc"])), value: () => pick(random, ["a", null]) }),
    () => ({ schema: Schema.Enum({ One: 1, A: "a" } as const), value: () => pick(random, [1, "a"]) }),
    () => ({ schema: Schema.TemplateLiteral(["a", Schema.String]), value: () => "abc" }),
    () => ({ schema: Schema.Date, value: () => time(random) }),
    () => ({ schema: Schema.DateTimeUtc.annotate({ description: "When" }), value: () => time(random) }),
    () => ({ schema: Schema.BigInt, value: () => "1" }),
    () => ({ schema: Schema.Unknown, value: () => anyJson(random) }),
    () => ({ schema: Tree, value: () => treeValue(random, 2) }),
    () => ({ schema: Money, value: () => ({ amount: 1, currency: "EUR" }) })
  ]
  return pick(random, samples)()
}

const sample = (random: Random, depth: number): Sample => {
  if (depth === 0 || chance(random, 0.4)) return leaves(random)
  const inner = () => sample(random, depth - 1)
  switch (Math.floor(random() * 11)) {
    case 0: {
      const item = inner()
      return { schema: Schema.NullOr(item.schema), value: () => (chance(random, 0.3) ? null : item.value()) }
    }
    case 1: {
      const item = inner()
      return { schema: Schema.Array(item.schema), value: () => list(random, 3, item.value) }
    }
    case 2: {
      const item = leaves(random)
      return {
        schema: Schema.Array(item.schema).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
        value: () => [item.value()]
      }
    }
    case 3: {
      const [first, second] = [inner(), inner()]
      return {
        schema: Schema.Tuple([first.schema, Schema.optionalKey(second.schema)]),
        value: () => (chance(random, 0.5) ? [first.value()] : [first.value(), second.value()])
      }
    }
    case 4: {
      const [first, rest] = [inner(), inner()]
      return {
        schema: Schema.TupleWithRest(Schema.Tuple([first.schema]), [rest.schema]),
        value: () => [first.value(), ...list(random, 2, rest.value)]
      }
    }
    case 5: {
      const item = inner()
      return {
        schema: Schema.Record(Schema.String, item.schema),
        value: () => record(list(random, 3, () => [pick(random, fieldNames), item.value()]))
      }
    }
    case 6: {
      const item = inner()
      return {
        schema: Schema.Record(Schema.String.check(Schema.isPattern(/^[ab]$/u)), item.schema),
        value: () => record(list(random, 3, () => [pick(random, ["a", "b"]), item.value()]))
      }
    }
    case 7: {
      const isOne = chance(random, 0.3)
      // Of an Option, whether exactly one fits is another question than of its JSON.
      const members = Array.from({ length: 3 }, isOne ? () => leaves(random) : inner)
      const schemas = members.map(({ schema }) => schema)
      return {
        schema: isOne ? Schema.Union(schemas, { mode: "oneOf" }) : Schema.Union(schemas),
        value: () => pick(random, members).value()
      }
    }
    case 8: {
      const { fields, value } = struct(random, depth - 1, 2)
      return {
        schema: Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)]),
        value
      }
    }
    default: {
      const { fields, value } = struct(random, depth - 1, 4)
      const schema = Schema.Struct({ first: Schema.String, ...fields })
      return { schema, value: () => ({ first: "a", ...value() }) }
    }
  }
}

interface Fields {
  readonly fields: Record<string, Codec>
  readonly value: () => object
}

const struct = (random: Random, depth: number, most: number): Fields => {
  const names = new Set(list(random, most, () => pick(random, fieldNames)))
  const members = [...names].map((name) => {
    const { schema, value } = sample(random, depth)
    switch (Math.floor(random() * 5)) {
      case 0:
        return { name, schema: Schema.optional(schema), value, isOptional: true }
      case 1:
        return {
          name,
          schema: Schema.optionalKey(schema).annotateKey({ description: "Sometimes" }),
          value,
          isOptional: true
        }
      case 2:
        return { name, schema: Schema.Option(schema), value, isOptional: true }
      default:
        return { name, schema, value, isOptional: false }
    }
  })
  return {
    fields: Object.fromEntries(members.map(({ name, schema }) => [name, schema])),
    value: () =>
      record(
        members.flatMap(({ name, value, isOptional }) => (isOptional && chance(random, 0.4) ? [] : [[name, value()]]))
      )
  }
}

/** A plan by chance, and what fits each of its events. */
export interface ArbitraryPlan {
  readonly plan: Plan.Plan
  /** In the order of the plan's events: JSON that fits, as far as nothing of it is told twice. */
  readonly values: ReadonlyArray<() => object>
}

const strictness = (random: Random): object => ({
  ...(chance(random, 0.7) && { additionalProperties: pick(random, ["allow", "report", "fail"] as const) }),
  ...(chance(random, 0.2) && { reserved: "allow" as const })
})

const documented = (random: Random): object => ({
  ...(chance(random, 0.7) && {
    description: pick(random, ["A person has paid", "*/ @deprecated\nnot", "ü".repeat(200)])
  }),
  ...(chance(random, 0.4) && { owner: "checkout" }),
  ...(chance(random, 0.4) && { tags: ["revenue", 'a "b"'] }),
  ...(chance(random, 0.2) && { deprecated: "Use another */" })
})

export const arbitraryPlan = (random: Random): ArbitraryPlan => {
  const values = new Map<unknown, () => object>()
  const fields = () => {
    const { fields, value } = struct(random, 3, 5)
    values.set(fields, value)
    return fields
  }
  const event = (): Plan.EventDefinition =>
    chance(random, 0.3)
      ? {
          ...documented(random),
          versions: { 1: { ...strictness(random), properties: fields() }, 12: { properties: fields() } },
          ...(chance(random, 0.3) && { latest: 1 })
        }
      : {
          ...documented(random),
          ...strictness(random),
          ...(chance(random, 0.9) && { properties: fields() }),
          ...(chance(random, 0.3) && { version: pick(random, [2, "1.0.0"]) })
        }
  const events = () =>
    Object.fromEntries(
      list(random, 3, () => [pick(random, [...hostileNames, "Order Completed", "Cart Emptied"]), event()])
    )
  const plan: Plan.Plan = Plan.make({
    name: pick(random, ["Shop", 'My "plan"', "42"]),
    ...(chance(random, 0.5) && { description: "What shoppers do" }),
    ...(chance(random, 0.3) && { additionalProperties: "fail" as const }),
    ...(chance(random, 0.3) && { onViolation: "report" as const, annotate: true }),
    ...(chance(random, 0.9) && { track: events() }),
    ...(chance(random, 0.5) && { identify: { ...documented(random), ...strictness(random), traits: fields() } }),
    ...(chance(random, 0.5) && { group: { traits: fields() } }),
    ...(chance(random, 0.5) && { page: events() }),
    ...(chance(random, 0.2) && { screen: {} })
  })
  return { plan, values: plan.events.map((event) => values.get(event.fields) ?? (() => ({}))) }
}

/** The same, but for what was changed somewhere in it. */
export const mutate = (random: Random, value: unknown): unknown => {
  if (typeof value !== "object" || value === null || chance(random, 0.2)) return anyJson(random)
  if (Array.isArray(value)) {
    const index = integer(random, value.length)
    return value.toSpliced(index, 1, mutate(random, value[index]))
  }
  const entries = Object.entries(value)
  const index = integer(random, entries.length)
  const entry = entries[index]
  if (entry === undefined) return record([...entries, [pick(random, fieldNames), anyJson(random)]])
  if (chance(random, 0.2)) return record(entries.toSpliced(index, 1))
  return record(entries.with(index, [entry[0], mutate(random, entry[1])]))
}
