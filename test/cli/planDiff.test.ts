import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { planFolder, planModule } from "./planFolder.ts"
import { suite } from "./run.ts"
import { runHere } from "./runHere.ts"

/** Compares two plans by their definitions. */
const diff = Effect.fnUntraced(function* (older: string, newer: string, args: ReadonlyArray<string> = []) {
  const { at } = yield* planFolder({
    "old.ts": planModule(`{ name: "Shop", ${older} }`),
    "new.ts": planModule(`{ name: "Shop", ${newer} }`)
  })
  return yield* runHere(["plan", "diff", at("old.ts"), at("new.ts"), ...args])
})

/** Two ways to say what an event has. */
const properties = (older: string, newer: string) => diff(track(older), track(newer))

const track = (fields: string): string => `track: { Bought: { properties: { ${fields} } } }`

const breaking: ReadonlyArray<readonly [string, string, string, string]> = [
  ["a property that is gone", "a: Schema.String", "", 'removed     track "Bought" a'],
  ["a new one that is required", "", "a: Schema.String", 'added       track "Bought" a: it is required'],
  [
    "one that is no longer optional",
    "a: Schema.optional(Schema.String)",
    "a: Schema.String",
    'narrowed    track "Bought" a: it is required'
  ],
  ["another type", "a: Schema.String", "a: Schema.Finite", 'narrowed    track "Bought" a: was string, is number'],
  ["a narrower type", "a: Schema.Finite", "a: Schema.Int", 'narrowed    track "Bought" a: was number, is integer'],
  ["a time instead of text", "a: Schema.String", "a: Schema.Date", "format is"],
  [
    "a value that is gone",
    'a: Schema.Literals(["x", "y"])',
    'a: Schema.Literals(["x"])',
    'narrowed    track "Bought" a: no longer takes "y"'
  ],
  ["values instead of text", "a: Schema.String", 'a: Schema.Literals(["x", "y"])', 'takes only "x", "y"'],
  ["a type that is gone", "a: Schema.NullOr(Schema.String)", "a: Schema.String", "no longer takes null"],
  [
    "a bound that is nearer",
    "a: Schema.String.check(Schema.isMaxLength(9))",
    "a: Schema.String.check(Schema.isMaxLength(8))",
    'narrowed    track "Bought" a: maxLength is 8'
  ],
  [
    "a bound that is new",
    "a: Schema.Finite",
    "a: Schema.Finite.check(Schema.isGreaterThan(0))",
    'narrowed    track "Bought" a: exclusiveMinimum is 0'
  ],
  [
    "what is deeper",
    "a: Schema.Array(Schema.Struct({ b: Schema.Finite }))",
    "a: Schema.Array(Schema.Struct({ b: Schema.Boolean }))",
    'narrowed    track "Bought" a[].b: was number, is boolean'
  ],
  [
    "what any name has",
    "a: Schema.Record(Schema.String, Schema.Finite)",
    "a: Schema.Record(Schema.String, Schema.Int)",
    'narrowed    track "Bought" a.*: was number, is integer'
  ]
]

const harmless: ReadonlyArray<readonly [string, string, string, string]> = [
  ["a new property", "", "a: Schema.optional(Schema.String)", 'added       track "Bought" a: it is optional'],
  ["one that is optional now", "a: Schema.String", "a: Schema.optional(Schema.String)", "a: it is optional"],
  ["a wider type", "a: Schema.Int", "a: Schema.Finite", 'widened     track "Bought" a: was integer, is number'],
  ["one more value", 'a: Schema.Literal("x")', 'a: Schema.Literals(["x", "y"])', 'takes "y"'],
  ["text instead of values", 'a: Schema.Literals(["x", "y"])', "a: Schema.String", 'was "x", "y", is string'],
  ["one more type", "a: Schema.String", "a: Schema.Union([Schema.String, Schema.Finite])", "takes number"],
  [
    "a bound that is gone",
    "a: Schema.String.check(Schema.isMaxLength(9))",
    "a: Schema.String",
    'widened     track "Bought" a: maxLength is gone'
  ]
]

describe("plan diff", suite, () => {
  it.live.each(breaking)("%s breaks senders", ([, older, newer, words]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* properties(older, newer)
      assert.include(out, words)
      assert.match(out, /^breaks/)
      assert.deepStrictEqual({ code, err }, { code: 1, err: "Breaks senders: 1 of 1 changes\n" })
    })
  )

  it.live.each(harmless)("%s breaks nobody", ([, older, newer, words]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* properties(older, newer)
      assert.include(out, words)
      assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
    })
  )

  it.live("a property that is gone breaks nobody where any is allowed", () =>
    Effect.gen(function* () {
      const open = 'additionalProperties: "allow",'
      const { code, out } = yield* diff(`${open} ${track("a: Schema.String")}`, `${open} ${track("")}`)
      assert.strictEqual(code, 0)
      assert.include(out, 'removed     track "Bought" a')
    })
  )

  it.live("events that are added, removed, deprecated and stricter", () =>
    Effect.gen(function* () {
      const { code, out } = yield* diff(
        'track: { A: {}, B: {}, C: { additionalProperties: "allow" } }, group: { traits: {} }',
        'track: { B: { deprecated: "say D" }, C: {}, D: {} }, page: { Home: {} }'
      )
      assert.strictEqual(
        out,
        `breaks  removed     track "A"
        deprecated  track "B": say D
breaks  narrowed    track "C": names that are not listed are no longer allowed
breaks  removed     group
        added       track "D"
        added       page "Home"
`
      )
      assert.strictEqual(code, 1)
    })
  )

  it.live("versions are compared with themselves, and the newest with the newest", () =>
    Effect.gen(function* () {
      const versions = (said: string): string => `track: { Bought: { versions: { ${said} } } }`
      const one = "1: { properties: { a: Schema.String } }"
      const two = "2: { properties: { a: Schema.Finite } }"
      const { code, out } = yield* diff(versions(one), versions(`${one}, ${two}`))
      assert.strictEqual(code, 1)
      assert.strictEqual(
        out,
        `breaks  narrowed    track "Bought" a: was string, is number
        added       track "Bought" 2
`
      )
      const same = yield* diff(versions(`${one}, ${two}`), versions(two))
      assert.strictEqual(same.out, 'breaks  removed     track "Bought" 1\n')
    })
  )

  it.live("a plan that is in itself is compared to its end", () =>
    Effect.gen(function* () {
      const tree = (leaf: string): string => `
        import { Plan } from "cdp-analytics-effect/plan"
        import { Schema } from "effect"
        const Tree = Schema.Struct({ leaf: ${leaf}, children: Schema.Array(Schema.suspend(() => Tree)) })
        export default Plan.make({ name: "Trees", track: { Grown: { properties: { tree: Tree } } } })
      `
      const { at } = yield* planFolder({ "old.ts": tree("Schema.Finite"), "new.ts": tree("Schema.Int") })
      const { code, out } = yield* runHere(["plan", "diff", at("old.ts"), at("new.ts")])
      assert.strictEqual(code, 1)
      assert.include(out, "tree.leaf: was number, is integer")
    })
  )

  it.live("a plan is no other than itself, and JSON says so", () =>
    Effect.gen(function* () {
      const plan = track("a: Schema.Date, b: Schema.Union([Schema.String, Schema.Null])")
      assert.deepInclude(yield* diff(plan, plan), { code: 0, out: "Nothing is otherwise.\n" })
      const { code, out } = yield* diff(track("a: Schema.String"), track(""), ["--json"])
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(JSON.parse(out), [
        { type: "track", name: "Bought", kind: "removed", path: "a", reason: "", breaks: true }
      ])
    })
  )
})
