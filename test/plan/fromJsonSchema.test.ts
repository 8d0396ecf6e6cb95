import { assert, describe, expect, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { contractOf } from "../../src/plan/contract.ts"

/** Of an event whose property `it` is so. */
const read = (schema: unknown, more: object = {}) =>
  Plan.fromJsonSchema({ title: "E", type: "object", properties: { it: schema }, ...more })

const takes = ({ plan }: Plan.ReadPlan, value: unknown): boolean => {
  const [event] = plan.events
  return contractOf(event!).check({ it: value }, event!.additionalProperties ?? "allow")._tag === "Success"
}

/** What fits, what does not, and how much of it is lost. */
const cases: ReadonlyArray<{
  readonly name: string
  readonly schema: unknown
  readonly more?: object
  readonly fits?: ReadonlyArray<unknown>
  readonly not?: ReadonlyArray<unknown>
  readonly losses?: ReadonlyArray<string>
}> = [
  { name: "a type", schema: { type: "integer" }, fits: [1], not: [1.5, "1"] },
  { name: "types", schema: { type: ["string", "null"] }, fits: ["a", null], not: [1] },
  { name: "nullable", schema: { type: "string", nullable: true }, fits: ["a", null], not: [1] },
  { name: "enum", schema: { enum: ["a", 1, null] }, fits: ["a", 1, null], not: ["b", 2, true] },
  { name: "enum of another type", schema: { type: "string", enum: ["a", 1] }, fits: ["a"], not: [1] },
  { name: "enum that is too long", schema: { enum: ["a", "bb"], maxLength: 1 }, fits: ["a"], not: ["bb"] },
  { name: "const", schema: { const: false }, fits: [false], not: [true, 0] },
  {
    name: "const of an object",
    schema: { const: { a: 1 } },
    fits: [1],
    losses: ["const is left out: only text, numbers, booleans and null can be listed"]
  },
  { name: "bounds", schema: { type: "number", minimum: 0, exclusiveMaximum: 2 }, fits: [0, 1.5], not: [-1, 2] },
  {
    name: "draft 04's bounds",
    schema: { type: "number", minimum: 0, exclusiveMinimum: true, maximum: 2, exclusiveMaximum: false },
    fits: [0.1, 2],
    not: [0, 2.1]
  },
  { name: "multipleOf", schema: { type: "number", multipleOf: 5 }, fits: [10], not: [11] },
  { name: "lengths", schema: { type: "string", minLength: 2, maxLength: 2 }, fits: ["ab", "😀😀"], not: ["a", "abc"] },
  { name: "pattern", schema: { type: "string", pattern: "^\\p{Lu}" }, fits: ["É"], not: ["é"] },
  { name: "an old pattern", schema: { type: "string", pattern: "^[\\w-\\.]+$" }, fits: ["a-.b"], not: ["a b"] },
  {
    name: "a pattern that is none",
    schema: { type: "string", pattern: "(" },
    fits: ["a"],
    losses: ["pattern is left out: it is no regular expression"]
  },
  { name: "a time", schema: { type: "string", format: "date-time" }, fits: ["2026-01-31T12:00:00Z"], not: ["soon"] },
  { name: "another format", schema: { type: "string", format: "email" }, fits: ["a"], not: [1] },
  { name: "an array", schema: { type: "array", items: { type: "string" } }, fits: [[], ["a"]], not: [[1]] },
  {
    name: "arrays of arrays",
    schema: { type: "array", items: { type: "array", items: { type: "number" }, minItems: 1 } },
    fits: [[[1]]],
    not: [[[]], [["a"]]]
  },
  {
    name: "a tuple",
    schema: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false, minItems: 1 },
    fits: [["a"], ["a", 1]],
    not: [[], [1], ["a", 1, 1]]
  },
  {
    name: "an older tuple",
    schema: { type: "array", items: [{ type: "string" }], additionalItems: { type: "number" } },
    fits: [[], ["a", 1, 2]],
    not: [["a", "b"]]
  },
  { name: "uniqueItems", schema: { type: "array", uniqueItems: true, items: {} }, fits: [[1, 2]], not: [[1, 1]] },
  {
    name: "a closed object in an open one",
    schema: { type: "object", properties: { a: {} }, additionalProperties: false },
    fits: [{}, { a: 1 }],
    losses: ["other properties are refused only where they are in the event as a whole"]
  },
  {
    name: "an open object in a closed one",
    schema: { type: "object", properties: { a: { type: "string" } } },
    more: { additionalProperties: false },
    fits: [{ b: 1 }],
    not: [{ a: 1 }]
  },
  {
    name: "other properties",
    schema: { type: "object", additionalProperties: { type: "number" } },
    fits: [{ a: 1 }],
    not: [{ a: "1" }]
  },
  {
    name: "other properties beside listed ones",
    schema: { type: "object", properties: { a: { type: "string" } }, additionalProperties: { type: "number" } },
    fits: [{ a: "a", b: 1 }],
    not: [{ a: 1 }],
    losses: ["what other properties are is left out: any are allowed"]
  },
  { name: "true", schema: true, fits: [1, "a", {}] },
  { name: "false", schema: false, fits: [], not: [1] },
  {
    name: "allOf",
    schema: {
      allOf: [
        { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
        { properties: { a: { minimum: 1 }, b: { type: "string" } } }
      ]
    },
    fits: [{ a: 1 }, { a: 1, b: "b" }],
    not: [{}, { a: 0 }, { a: 1, b: 1 }]
  },
  { name: "allOf that nothing fits", schema: { allOf: [{ type: "string" }, { type: "number" }] }, not: [1, "a"] },
  { name: "anyOf", schema: { anyOf: [{ type: "string" }, { type: "number" }] }, fits: [1, "a"], not: [true] },
  {
    name: "anyOf beside a type",
    schema: { type: "string", anyOf: [{ minLength: 3 }, { enum: ["a"] }] },
    fits: ["a", "abc"],
    not: ["b", 1]
  },
  {
    name: "oneOf",
    schema: { oneOf: [{ type: "number" }, { type: "integer", minimum: 5 }] },
    fits: [1],
    not: [6, "a"]
  },
  {
    name: "what needs one of two",
    schema: { type: "object", properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    fits: [{ a: 1 }, { b: 1 }],
    not: [{}]
  },
  {
    name: "a reference",
    schema: { $ref: "#/$defs/a~1b%20c", description: "Here" },
    more: { $defs: { "a/b c": { type: "string" } } },
    fits: ["a"],
    not: [1]
  },
  {
    name: "an older reference, and what is beside it",
    schema: { $ref: "#/definitions/a", maxLength: 1 },
    more: { definitions: { a: { type: "string" } } },
    fits: ["a"],
    not: [1, "ab"]
  },
  {
    name: "a reference by an id, and by an anchor",
    schema: { allOf: [{ $ref: "https://example.com/a" }, { $ref: "#b" }] },
    more: { $defs: { a: { $id: "https://example.com/a", type: "number" }, b: { $anchor: "b", minimum: 1 } } },
    fits: [1],
    not: ["a", 0]
  },
  {
    name: "what is in itself",
    schema: { $ref: "#/$defs/tree" },
    more: {
      $defs: {
        tree: {
          type: "object",
          properties: { kids: { type: "array", items: { $ref: "#/$defs/tree" } } },
          required: ["kids"]
        }
      }
    },
    fits: [{ kids: [] }, { kids: [{ kids: [] }] }],
    not: [{}, { kids: [{}] }]
  },
  {
    name: "a reference to nowhere",
    schema: { $ref: "#/$defs/nowhere" },
    fits: [1],
    losses: ["a reference leads nowhere: anything is taken"]
  },
  {
    name: "a reference to itself",
    schema: { $ref: "#/properties/it" },
    fits: [1],
    losses: ["a reference leads to itself: anything is taken"]
  },
  {
    name: "references to each other",
    schema: { $ref: "#/$defs/a" },
    more: { $defs: { a: { allOf: [{ $ref: "#/$defs/b" }] }, b: { $ref: "#/$defs/a" } } },
    fits: [1]
  },
  ...["not", "if", "contains", "dependentRequired", "x-sensitive", "__proto__"].map((keyword) => ({
    name: `the keyword ${keyword}`,
    schema: Object.fromEntries([
      ["type", "string"],
      [keyword, { const: "b" }],
      ["else", false]
    ]),
    fits: ["a"],
    losses: [keyword, "else"].map((keyword) => `${keyword} is left out`)
  })),
  { name: "no type", schema: { maxLength: 1 }, fits: ["a"], losses: ["no type is said: it is taken for string"] },
  {
    name: "a type that is none",
    schema: { type: "text" },
    fits: [1],
    losses: ["the type is none of JSON Schema: any is taken"]
  },
  {
    name: "an example that does not fit",
    schema: { type: "string", default: 1, examples: ["a", "b"] },
    losses: ["the default is left out: it does not fit"]
  },
  { name: "no schema", schema: 1, fits: [1], losses: ["Expected a JSON Schema: anything is taken"] }
]

describe("a JSON Schema of others", () => {
  it.each(cases)("is read: $name", ({ schema, more, fits = [], not = [], losses = [] }) => {
    const plan = read(schema, more)
    expect(plan.losses.map(({ reason }) => reason)).toEqual(losses)
    for (const { path } of plan.losses) assert.isTrue(path.startsWith("track.E.properties.it"), path)
    for (const value of fits) assert.isTrue(takes(plan, value), JSON.stringify(value))
    for (const value of not) assert.isFalse(takes(plan, value), JSON.stringify(value))
    // And so is what is written of it.
    const again = Plan.fromJsonSchema(Plan.toJsonSchema(plan.plan).plan)
    expect(again.losses).toEqual([])
    for (const value of fits) assert.isTrue(takes(again, value), JSON.stringify(value))
    for (const value of not) assert.isFalse(takes(again, value), JSON.stringify(value))
  })

  it("is one of a whole message, too", () => {
    const { plan, losses } = Plan.fromJsonSchema({
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: {
        type: { const: "page" },
        name: { enum: ["Home"] },
        context: { type: "object" },
        properties: { type: "object", description: "At home", properties: { a: { type: "string" } }, required: ["a"] }
      }
    })
    expect(plan.events).toMatchObject([{ type: "page", name: "Home", description: "At home" }])
    expect(losses).toEqual([{ path: "page.Home.context", reason: "it is left out" }])
  })

  it("keeps what is said for people", () => {
    const said = {
      title: "Colour",
      description: "As painted",
      default: "red",
      examples: ["red", "blue"],
      format: "colour",
      deprecated: true,
      $comment: "of ours"
    }
    const { plan, losses } = read({ type: "string", ...said })
    expect(losses).toEqual([])
    expect(Plan.toJsonSchema(plan).plan["$defs"]).toMatchObject({ "track/E": { properties: { it: said } } })
  })
})

const circular: Record<string, unknown> = { title: "E", type: "object" }
circular["properties"] = { it: circular }

const deep = (levels: number): object => {
  let schema: object = { type: "string" }
  for (let level = 0; level < levels; level++) schema = { type: "array", items: schema }
  return schema
}

const refused: ReadonlyArray<readonly [name: string, json: unknown, path: string]> = [
  ["a circle", circular, "properties.it"],
  ["10,000 levels", { title: "E", properties: { it: deep(10_000) } }, "properties.it.items"],
  ["no object", [], ""],
  ["null", null, ""],
  ["text", "{}", ""],
  ["a function", { title: "E", type: () => "object" }, "type"],
  ["no name", { type: "object" }, "title"],
  ["an empty name", { title: " ", type: "object" }, "title"],
  ["no event of a message", { properties: { type: { const: "track" } } }, "properties.event"],
  ["an event that Customer.io reads specially", { title: "Relationship Deleted" }, "track.Relationship Deleted"],
  ["a plan that is none", { "x-cdp-analytics-plan": 1 }, "x-cdp-analytics-plan"],
  [
    "an event that is none",
    {
      "x-cdp-analytics-plan": { name: "a", types: [], onViolation: "fail", annotate: false },
      $defs: { a: { "x-cdp-analytics-event": { plan: "a", type: "alias" } } }
    },
    "$defs.a.x-cdp-analytics-event.type"
  ]
]

describe("what is no JSON Schema of a plan", () => {
  it.each(refused)("is refused with its place: %s", (_, json, path) => {
    try {
      Plan.fromJsonSchema(json)
    } catch (error) {
      assert.instanceOf(error, Plan.InvalidPlan)
      assert.isTrue(error.path.startsWith(path), error.message)
      return
    }
    assert.fail("It was taken")
  })

  it("takes no time to speak of", { timeout: 60_000 }, () => {
    const count = 10_000
    const chain = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`d${index}`, { $ref: `#/$defs/d${index + 1}` }])
    )
    const nested = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `d${index}`,
        { type: "object", properties: { a: { $ref: `#/$defs/d${index + 1}` }, b: { $ref: `#/$defs/d${index + 1}` } } }
      ])
    )
    const start = performance.now()
    const plain = read({ $ref: "#/$defs/d0" }, { $defs: { ...chain, [`d${count}`]: { type: "string" } } })
    expect(plain.losses).toEqual([])
    assert.isFalse(takes(plain, 1))
    const deep = read({ $ref: "#/$defs/d0" }, { $defs: { ...nested, [`d${count}`]: { type: "string" } } })
    expect(deep.losses[0]?.reason).toContain("more than 100 objects or arrays stand in one another")
    assert.isTrue(takes(deep, {}))
    const choices = { allOf: Array.from({ length: 30 }, (_, i) => ({ anyOf: [{ minLength: i }, { maxLength: i }] })) }
    expect(read(choices).losses.length).toBeGreaterThan(0)
    read({ type: "string", pattern: "a".repeat(1_000_000) })
    read({ type: "string", pattern: "(".repeat(100_000) })
    read({ enum: Array.from({ length: 50_000 }, (_, index) => `value ${index}`) })
    assert.isBelow(performance.now() - start, 20_000)
  })
})
