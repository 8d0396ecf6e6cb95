import { assert, describe, it } from "@effect/vitest"
import { SemanticEvents } from "cdp-analytics-effect"
import { Plan } from "cdp-analytics-effect/plan"
import { Schema, SchemaGetter } from "effect"

/** What a plan that cannot be made says. */
const problemOf = (definition: unknown): readonly [string, string] | undefined => {
  try {
    Plan.make(Object(definition))
    return undefined
  } catch (error) {
    if (!(error instanceof Plan.InvalidPlan)) throw error
    return [error.path, error.reason]
  }
}

const properties = (fields: Record<string, unknown>) => ({ name: "p", track: { e: { properties: fields } } })

interface List {
  readonly next: List | null
}
const List: Schema.Codec<List> = Schema.Struct({ next: Schema.NullOr(Schema.suspend(() => List)) })

class Money {
  readonly cents = 1
}

class Order extends Schema.Class<Order>("Order")({ id: Schema.String, at: Schema.Date }) {}

const later = (): Schema.Codec<string> => {
  throw new ReferenceError("no")
}

const noForm = "it has no form in JSON: it is declared without toCodecJson"

const refused: ReadonlyArray<readonly [string, unknown, string, string]> = [
  ["no definition", undefined, "name", "Missing key"],
  ["no name", {}, "name", "Missing key"],
  ["an empty name", { name: "" }, "name", "Expected a value with a length of at least 1"],
  ["a key that is not known", { name: "p", tracks: {} }, "tracks", "Expected no excess property"],
  [
    "a misspelt key of an event",
    { name: "p", track: { e: { propertis: {} } } },
    "track.e.propertis",
    "Expected no excess property"
  ],
  ["what is no Schema", properties({ a: 1 }), "track.e.properties.a", "Expected a Schema"],
  ["an event without a name", { name: "p", track: { " ": {} } }, "track. ", "Expected a name"],
  [
    "Redacted",
    properties({ a: Schema.Redacted(Schema.String) }),
    "track.e.properties.a",
    "what is Redacted is not to be sent"
  ],
  [
    "Redacted, deep",
    properties({ a: Schema.Struct({ b: Schema.Array(Schema.NullOr(Schema.Redacted(Schema.String))) }) }),
    "track.e.properties.a.b[]",
    "what is Redacted is not to be sent"
  ],
  [
    "Redacted that is made of a value",
    properties({ a: Schema.RedactedFromValue(Schema.String) }),
    "track.e.properties.a",
    "what is Redacted is not to be sent"
  ],
  ["a class of somebody's", properties({ a: Schema.instanceOf(Money) }), "track.e.properties.a", noForm],
  ["a symbol", properties({ a: Schema.Symbol }), "track.e.properties.a", "JSON has no symbol"],
  [
    "a middleware, which may need services",
    properties({
      a: Schema.String.pipe(
        Schema.middlewareDecoding((effect) => effect),
        Schema.decodeTo(Schema.String)
      )
    }),
    "track.e.properties.a",
    "a middleware may need services"
  ],
  [
    "nothing in a tuple",
    properties({ a: Schema.Tuple([Schema.Option(Schema.String), Schema.String]) }),
    "track.e.properties.a",
    "JSON has nothing for an Option or undefined in a tuple"
  ],
  [
    "a symbol as a name",
    { name: "p", page: { e: { properties: { [Symbol("a")]: Schema.String } } } },
    "page.e.properties",
    "JSON has no symbol as a name"
  ],
  [
    "a Schema that is not there yet",
    properties({ a: Schema.suspend(() => later()) }),
    "track.e.properties.a",
    "reading it threw ReferenceError"
  ],
  [
    "what throws when it is read",
    {
      name: "p",
      get track() {
        throw new TypeError("no")
      }
    },
    "",
    "reading it threw Error"
  ],
  [
    "nothing as a value of a map, which is a tuple in JSON",
    properties({ a: Schema.HashMap(Schema.String, Schema.Option(Schema.String)) }),
    "track.e.properties.a[]",
    "JSON has nothing for an Option or undefined in a tuple"
  ],
  [
    "a reserved name of another type",
    properties({ price: Schema.String }),
    "track.e.properties.price",
    "Customer.io reserves the name, for number"
  ],
  [
    "a reserved name of another type within another",
    properties({ products: Schema.Array(Schema.Struct({ price: Schema.optional(Schema.String) })) }),
    "track.e.properties.products",
    "Customer.io reserves [].price in it, for number"
  ],
  [
    "a reserved trait of another type within another",
    { name: "p", identify: { traits: { address: Schema.NullOr(Schema.Struct({ city: Schema.Finite })) } } },
    "identify.traits.address",
    "Customer.io reserves city in it, for text"
  ],
  [
    "a reserved trait of another type",
    { name: "p", identify: { traits: { email: Schema.Finite } } },
    "identify.traits.email",
    "Customer.io reserves the name, for text"
  ],
  ["no versions", { name: "p", track: { e: { versions: {} } } }, "track.e.versions", "Expected at least one"],
  [
    "a version and versions",
    { name: "p", track: { e: { version: 1, versions: { 1: {} } } } },
    "track.e.version",
    "Expected either this or versions"
  ],
  [
    "names of versions without the newest",
    { name: "p", track: { e: { versions: { a: {}, b: {} } } } },
    "track.e.versions",
    "Expected latest, which says which is the newest, where they are not all numbers from 1 to 99"
  ],
  [
    "a newest that is none of them",
    { name: "p", track: { e: { latest: 3, versions: { 1: {} } } } },
    "track.e.latest",
    "Expected the name of a version"
  ],
  ...Object.values(SemanticEvents.names).map(
    (name) =>
      [
        `"${name}"`,
        { name: "p", track: { [name]: {} } },
        `track.${name}`,
        "Customer.io reads it specially: SemanticEvents says it"
      ] as const
  )
]

describe("a plan", () => {
  for (const [what, definition, path, reason] of refused) {
    it(`is refused with ${what}`, () => assert.deepStrictEqual(problemOf(definition), [path, reason]))
  }

  it("takes what refers to itself, classes, and whatever name of an event", () => {
    const names = ["__proto__", "constructor", '42 --terrible "name"', "x".repeat(10_000), "é\u{1f600}"]
    const plan = Plan.make({
      name: "p",
      track: Object.fromEntries(names.map((name) => [name, { properties: { list: List, order: Order } }]))
    })
    assert.deepStrictEqual(
      plan.events.map(({ name }) => name),
      names
    )
  })

  it("does not change with what it was made of", () => {
    const fields: Record<string, Schema.Codec<string>> = { a: Schema.String }
    const plan = Plan.make({ name: "p", track: { e: { properties: fields } } })
    fields["b"] = Schema.String
    assert.deepStrictEqual(Object.keys(plan.events[0]!.fields), ["a"])
  })

  it("may have a transformation that fails", () => {
    const failing = Schema.String.pipe(
      Schema.decodeTo(Schema.String, {
        decode: SchemaGetter.passthrough(),
        encode: SchemaGetter.fail(() => {
          throw new Error("no")
        })
      })
    )
    assert.isUndefined(problemOf(properties({ failing })))
  })

  it("is made of two, where no name is in both", () => {
    const a = Plan.make({ name: "A", track: { a: {} }, identify: { traits: { email: Schema.String } } })
    const b = Plan.make({ name: "B", track: { b: {} }, screen: { Home: {} } })
    const both = Plan.merge(a, b)
    assert.strictEqual(both.name, "A + B")
    assert.deepStrictEqual([...both.types].sort(), ["identify", "screen", "track"])
    assert.deepStrictEqual(
      both.events.map(({ plan, name }) => [plan, name]),
      [
        ["A", "a"],
        ["A", undefined],
        ["B", "b"],
        ["B", "Home"]
      ]
    )
    assert.throws(
      () => Plan.merge(both, a),
      'Invalid plan "A + B + A" at track.a: Expected it in one of A and A, not in both'
    )
    assert.throws(() => Plan.merge(a, Plan.make({ name: "C", identify: { traits: {} } })), "at identify")
    // A page and an event may well have one name.
    Plan.merge(a, Plan.make({ name: "C", page: { a: {} } }))
  })
})
