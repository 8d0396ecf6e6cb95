// @effect-diagnostics globalDate:off - invalid ones, too
import { BigDecimal, DateTime, Duration, Option, Schema } from "effect"
import { pick, type Random } from "../support/random.ts"

/** A Schema, and values that fit it, or nearly do. */
export interface Shape {
  readonly schema: Schema.Codec<unknown, unknown>
  readonly value: (random: Random) => unknown
}

const Colour = { Red: "red", Blue: "blue", Seven: 7 } as const

interface Tree {
  readonly name: string
  readonly children: ReadonlyArray<Tree>
}

const Tree: Schema.Codec<Tree> = Schema.Struct({
  name: Schema.String,
  children: Schema.Array(Schema.suspend(() => Tree))
})

const treeOf = (random: Random, depth: number): Tree => ({
  name: pick(random, words),
  children: Array.from({ length: depth > 2 ? 0 : Math.floor(random() * 3) }, () => treeOf(random, depth + 1))
})

const words = [
  "",
  "a",
  "free",
  "pro",
  "red",
  "1",
  "-2.5",
  "user-12",
  "2024-03-01T10:00:00Z",
  "é",
  "__proto__",
  "x".repeat(50)
]
const numbers = [0, -0, 1, 7, -1, 1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY]
const dates = [
  new Date(0),
  new Date("2024-03-01T10:00:00.123Z"),
  new Date(Number.NaN),
  new Date("-000001-01-01T00:00:00Z")
]

/** What is of no Schema in particular. */
const anything = (random: Random): unknown =>
  pick<() => unknown>(random, [
    () => pick(random, words),
    () => pick(random, numbers),
    () => pick(random, dates),
    () => random() < 0.5,
    () => null,
    () => undefined,
    () => 12n,
    () => Symbol("s"),
    () => [],
    () => [pick(random, words), undefined],
    () => ({}),
    () => ({ a: pick(random, words), b: { c: 1 } }),
    () => new Map(),
    () => Option.some(1),
    () => Option.none(),
    () => Duration.seconds(2),
    () => DateTime.makeUnsafe(0),
    () => Object.create({ inherited: 1 }),
    () => () => 1
  ])()

/** Now and then something else. */
const mostly =
  (make: (random: Random) => unknown) =>
  (random: Random): unknown =>
    random() < 0.06 ? anything(random) : make(random)

const shape = <T, E>(schema: Schema.Codec<T, E>, value: (random: Random) => unknown): Shape => ({
  schema,
  value: mostly(value)
})

const leaves: ReadonlyArray<Shape> = [
  shape(Schema.String, (random) => pick(random, words)),
  shape(Schema.Finite, (random) => pick(random, numbers)),
  shape(Schema.Number, (random) => pick(random, numbers)),
  shape(Schema.Int, (random) => pick(random, numbers)),
  shape(Schema.Boolean, (random) => random() < 0.5),
  shape(Schema.Null, () => null),
  shape(Schema.Literal("free"), (random) => pick(random, words)),
  shape(Schema.Literals(["free", "pro", 7, true]), (random) => pick<unknown>(random, ["free", "pro", 7, true, "no"])),
  shape(Schema.Enum(Colour), (random) => pick<unknown>(random, ["red", "blue", 7, "Red"])),
  shape(Schema.TemplateLiteral(["user-", Schema.Number]), (random) =>
    pick(random, ["user-12", "user-", "user-x", "12"])
  ),
  shape(Schema.Date, (random) => pick(random, dates)),
  shape(Schema.DateTimeUtc, (random) => DateTime.makeUnsafe(Math.floor(random() * 1e12))),
  shape(Schema.Duration, (random) => Duration.millis(Math.floor(random() * 1e6))),
  shape(Schema.BigDecimal, (random) => BigDecimal.fromNumberUnsafe(Math.floor(random() * 1000))),
  shape(Schema.BigInt, () => 12n),
  shape(Schema.NumberFromString, (random) => pick(random, numbers)),
  shape(Schema.String.check(Schema.isMinLength(2), Schema.isPattern(/^[a-z]/)), (random) => pick(random, words)),
  shape(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 5 })), (random) => pick(random, numbers)),
  {
    schema: Schema.Unknown,
    value: (random) => pick<unknown>(random, [...words, 1, true, null, [1, { a: [] }], { b: "" }])
  },
  shape(Tree, (random) => treeOf(random, 0))
]

/** A Schema of whatever kinds a plan may have, in one another. */
export const shapeOf = (random: Random, depth = 0): Shape => {
  if (depth > 2 || random() < 0.5) return pick(random, leaves)
  const inner = () => shapeOf(random, depth + 1)
  return pick<() => Shape>(random, [
    () => {
      const { schema, value } = inner()
      return shape(Schema.NullOr(schema), (random) => (random() < 0.3 ? null : value(random)))
    },
    () => {
      const { schema, value } = pick(random, leaves)
      return shape(Schema.Option(schema), (random) => (random() < 0.3 ? Option.none() : Option.some(value(random))))
    },
    () => {
      const { schema, value } = inner()
      return shape(Schema.Array(schema), (random) => listOf(random, value))
    },
    () => {
      const { schema, value } = pick(random, leaves)
      return shape(Schema.Array(Schema.Option(schema)), (random) =>
        listOf(random, (random) => (random() < 0.3 ? Option.none() : Option.some(value(random))))
      )
    },
    () => {
      const [a, b] = [inner(), inner()]
      return shape(Schema.Tuple([a.schema, b.schema]), (random) => [a.value(random), b.value(random)])
    },
    () => {
      const { schema, value } = inner()
      return shape(Schema.Record(Schema.String, schema), (random) =>
        Object.fromEntries(listOf(random, value).map((value, index) => [pick(random, words) + index, value]))
      )
    },
    () => {
      const [a, b] = [inner(), inner()]
      return shape(Schema.Union([a.schema, b.schema]), (random) => (random() < 0.5 ? a : b).value(random))
    },
    () => {
      const { fields, value } = structOf(random, depth + 1)
      return shape(Schema.Struct(fields), value)
    }
  ])()
}

const listOf = (random: Random, value: (random: Random) => unknown): ReadonlyArray<unknown> =>
  Array.from({ length: Math.floor(random() * 3) }, () => value(random))

export interface Struct {
  readonly fields: { readonly [name: string]: Schema.Codec<unknown, unknown> }
  readonly value: (random: Random) => unknown
}

/** Some fields, some of which may be left out. */
export const structOf = (random: Random, depth = 0): Struct => {
  const names = ["a", "b", "constructor", "d e", "sum"].slice(0, 1 + Math.floor(random() * 5))
  const members = names.map((name) => {
    const { schema, value } = shapeOf(random, depth)
    // What is inherited Effect's parsers find between their steps, where it may be missing.
    const kind = name === "constructor" ? 1 : random()
    return {
      name,
      mayBeMissing: kind < 0.3,
      schema: kind < 0.15 ? Schema.optional(schema) : kind < 0.3 ? Schema.optionalKey(schema) : schema,
      value
    }
  })
  return {
    fields: Object.fromEntries(members.map(({ name, schema }) => [name, schema])),
    value: mostly((random) => {
      const given = members.flatMap(({ name, mayBeMissing, value }) =>
        random() < (mayBeMissing ? 0.4 : 0.02) ? [] : [[name, value(random)] as const]
      )
      return Object.fromEntries(random() < 0.05 ? [...given, ["stranger", 1] as const] : given)
    })
  }
}
