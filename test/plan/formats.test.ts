import { readFileSync } from "node:fs"
import { assert, describe, expect, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import * as Schema from "effect/Schema"
import { isFull } from "../support/repetitions.ts"
import { meaningOfPlan } from "./meaning.ts"

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"))

const eventOf = ({ events }: Plan.Plan, name: string | undefined, version?: string) =>
  events.find((event) => event.name === name && (version === undefined || event.version === version))!

const message = (properties: object) => ({ type: "object", properties: { properties } })

const rule = (said: object) => ({
  name: "P",
  rules: [{ type: "TRACK", key: "E", version: 1, jsonSchema: {}, ...said }]
})

describe("Plan.fromSegment", () => {
  it("has versions beside each other, what is deprecated, owner and tags", () => {
    const { plan } = Plan.fromSegment(fixture("segment-public-api"))
    expect(plan.name).toBe("Shop")
    expect(plan.description).toBe("What shoppers do")
    expect(eventOf(plan, "Order Completed", "1")).toMatchObject({
      isVersioned: true,
      isLatest: false,
      deprecated: "Deprecated in Segment since 2024-06-01T00:00:00.000Z"
    })
    expect(eventOf(plan, "Order Completed", "2")).toMatchObject({
      isLatest: true,
      deprecated: undefined,
      owner: "payments",
      tags: ["area:checkout", "revenue"],
      additionalProperties: "fail"
    })
    expect([...plan.types].sort()).toEqual(["group", "identify", "page", "track"])
  })

  it("puts rules that are of all events into each of them", () => {
    const { plan } = Plan.fromSegment(fixture("segment-public-api"))
    for (const event of plan.events) {
      const isAbout = event.type === "track" || event.type === "page"
      expect(Object.keys(event.fields).includes("brand")).toBe(isAbout)
    }
  })

  it("asks for both where an event and all events say something of one property", () => {
    const both = (schema: object) => ({ type: "object", properties: { n: schema }, required: ["n"] })
    const { plan, losses } = Plan.fromSegment({
      name: "P",
      rules: [
        { type: "COMMON", jsonSchema: message(both({ type: "number", minimum: 2 })) },
        { type: "TRACK", key: "E", jsonSchema: message(both({ type: "number", maximum: 4 })) }
      ]
    })
    expect(losses).toEqual([])
    const is = Schema.is(Schema.Struct(eventOf(plan, "E").fields))
    expect([1, 3, 5].map((n) => is({ n }))).toEqual([false, true, false])
  })

  it("tells what a plan does not hold, with its place", () => {
    expect(Plan.fromSegment(fixture("segment-public-api")).losses.map(({ path }) => path)).toEqual([
      "data.pagination",
      "data.rules[0].jsonSchema.properties.context",
      "data.rules[5]"
    ])
    expect(Plan.fromSegment(fixture("segment-config-api")).losses.map(({ path }) => path)).toEqual([
      "rules.global.properties.context"
    ])
    const odd = {
      name: "P",
      colour: "red",
      rules: [
        {
          type: "TRACK",
          key: "E",
          weight: 3,
          jsonSchema: {
            ...message({ type: "object" }),
            required: ["properties", "userId"],
            additionalProperties: false,
            anyOf: []
          }
        },
        { type: "TRACK", key: "Device Created or Updated", jsonSchema: {} },
        { type: "TRACK", key: "  ", jsonSchema: {} },
        { type: "IDENTIFY", version: 1, jsonSchema: {} },
        { type: "IDENTIFY", version: 10, jsonSchema: {} },
        { type: "IDENTIFY", version: 9, jsonSchema: {} }
      ]
    }
    expect(Plan.fromSegment(odd).losses.map(({ path }) => path)).toEqual([
      "colour",
      "rules[0].weight",
      "rules[0].jsonSchema.additionalProperties",
      "rules[0].jsonSchema.anyOf",
      "rules[0].jsonSchema.required[1]",
      "rules[1]",
      "rules[2]",
      "rules[3]",
      "rules[5]"
    ])
  })

  it.each([
    [undefined, ""],
    [5, ""],
    ["plan", ""],
    [{}, ""],
    [{ name: "P" }, ""],
    [{ name: "P", rules: "all" }, "rules"],
    [{ name: 5, rules: [] }, "name"],
    [{ name: "P", description: 5, rules: [] }, "description"],
    [{ name: "P", rules: [5] }, "rules[0]"],
    [rule({ type: "ALIAS" }), "rules[0].type"],
    [rule({ key: 5 }), "rules[0].key"],
    [rule({ version: {} }), "rules[0].version"],
    [rule({ deprecatedAt: 5 }), "rules[0].deprecatedAt"],
    [rule({ jsonSchema: undefined }), "rules[0].jsonSchema"],
    [rule({ jsonSchema: [] }), "rules[0].jsonSchema"],
    [rule({ jsonSchema: { labels: { a: 5 } } }), "rules[0].jsonSchema.labels.a"],
    [rule({ jsonSchema: { properties: 5 } }), "rules[0].jsonSchema.properties"],
    [rule({ jsonSchema: { required: "properties" } }), "rules[0].jsonSchema.required"],
    [rule({ jsonSchema: { required: [5] } }), "rules[0].jsonSchema.required[0]"],
    [rule({ jsonSchema: message([]) }), "rules[0].jsonSchema.properties.properties"],
    [{ name: "P", rules: [rule({}).rules[0], rule({}).rules[0]] }, "rules[1]"],
    [{ name: "P", rules: { events: [{ name: "E", eventType: "track", rules: {} }] } }, "rules.events[0].eventType"],
    [fixture("rudderstack-catalog"), "events[0].eventType"],
    [fixture("rudder-cli-v1"), ""]
  ])("refuses what is no such plan: %j", (json, path) => {
    expect(refusal(() => Plan.fromSegment(json)).path).toBe(path)
  })

  it("refuses what is circular, too deep, or no JSON", () => {
    const circular: { name: string; rules: Array<unknown> } = { name: "P", rules: [] }
    circular.rules.push(circular)
    expect(refusal(() => Plan.fromSegment(circular)).path).toBe("rules[0]")
    expect(refusal(() => Plan.fromRudderStack(circular)).path).toBe("rules[0]")
    let deep: object = { type: "string" }
    for (let level = 0; level < 200; level++) deep = { type: "object", properties: { inner: deep } }
    expect(refusal(() => Plan.fromSegment(rule({ jsonSchema: message(deep) }))).reason).toContain(
      "stand in one another"
    )
    expect(refusal(() => Plan.fromSegment(rule({ key: () => "E" }))).path).toBe("rules[0].key")
  })

  it("takes any names", () => {
    const names = ["__proto__", "constructor", "toString", "42", "a|b`c<d>", "x".repeat(10_000), "\u0000"]
    const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]))
    const json = {
      name: "P",
      rules: names.map((key) => ({ type: "TRACK", key, jsonSchema: message({ type: "object", properties }) }))
    }
    const { plan, losses } = Plan.fromSegment(JSON.parse(JSON.stringify(json)))
    expect(losses).toEqual([])
    expect(plan.events.map(({ name }) => name).sort()).toEqual([...names].sort())
    for (const event of plan.events) expect(Object.keys(event.fields).sort()).toEqual([...names].sort())
    const again = Plan.fromSegment(Plan.toSegment(plan).plan).plan
    expect(again.events.map(({ name }) => name)).toEqual(plan.events.map(({ name }) => name))
    const other = Plan.fromRudderStack(Plan.toRudderStack(plan, { form: "cli" }).plan).plan
    expect(meaningOfPlan(other).events.map(({ name }) => name)).toEqual(
      meaningOfPlan(plan).events.map(({ name }) => name)
    )
  })
})

describe("Plan.toSegment", () => {
  it("tells what Segment does not hold, with its place", () => {
    const plan = Plan.make({
      name: "P",
      onViolation: "report",
      annotate: true,
      reserved: "allow",
      track: {
        Paid: {
          additionalProperties: "report",
          tags: ["a:b", "a:c", "owner:me", "k:true", "plain"],
          properties: { code: Schema.String.check(Schema.makeFilter((text) => text !== "")) }
        },
        Seen: {
          latest: "next",
          versions: { next: {}, first: {} }
        }
      }
    })
    const { plan: written, losses } = Plan.toSegment(plan)
    expect(losses.map(({ path }) => path)).toEqual([
      "onViolation",
      "annotate",
      "track.Paid.additionalProperties",
      "track.Paid.reserved",
      "track.Seen.versions.next.reserved",
      "track.Seen.versions.first.reserved",
      "track.Paid.tags",
      "track.Paid.tags",
      "track.Paid.tags",
      "track.Paid.properties.code",
      "track.Seen.versions.next.version",
      "track.Seen.versions.first.version"
    ])
    expect(written.rules.map(({ key, version }) => [key, version])).toEqual([
      ["Paid", 1],
      ["Seen", 2],
      ["Seen", 1]
    ])
    expect(written.rules[0]).toMatchObject({ jsonSchema: { labels: { a: "b", plain: "true" } } })
  })
})

describe("Plan.fromRudderStack", () => {
  it("has identify wherever its traits are said to stand", () => {
    const traits = { type: "object", properties: { email: { type: "string" } } }
    for (const [identitySection, rules] of [
      ["context.traits", { properties: { context: { properties: { traits } } } }],
      [undefined, { properties: { context: { properties: { traits } } } }],
      ["traits", { properties: { traits } }],
      [undefined, { properties: { traits } }],
      ["properties", { properties: { properties: traits } }]
    ]) {
      const { plan, losses } = Plan.fromRudderStack({
        name: "P",
        events: [{ name: "", eventType: "identify", identitySection, rules }]
      })
      expect(Object.keys(eventOf(plan, undefined).fields)).toEqual(["email"])
      expect(losses).toEqual([])
    }
  })

  it("has what a case asks for as optional, and tells so", () => {
    const { plan, losses } = Plan.fromRudderStack(fixture("rudderstack-catalog"))
    const is = Schema.is(Schema.Struct(eventOf(plan, "Asked").fields))
    expect(is({ kind: "refund", order: "o-1" })).toBe(true)
    expect(is({ kind: "refund" })).toBe(true)
    expect(is({ kind: "refund", order: 5 })).toBe(false)
    expect(losses.map(({ path }) => path)).toEqual([
      "events[0].categoryId",
      "events[1].rules.properties.properties.allOf"
    ])
  })

  it("reads the documents of Rudder CLI, of both generations", () => {
    const { plan, losses } = Plan.fromRudderStack(fixture("rudder-cli-v1"))
    const signup = eventOf(plan, "Signup")
    expect(signup).toMatchObject({
      tags: ["User Actions"],
      additionalProperties: "fail",
      description: "A person signs up"
    })
    const is = Schema.is(Schema.Struct(signup.fields))
    const right = {
      Email: "a@example.com",
      Status: null,
      Tags: ["a"],
      parent: { label: "a", parent: { label: "b" } },
      Addresses: [{ label: "home" }],
      Profile: { Method: "GET", Anything: [] },
      Answer: { label: "scored", Scores: [1, 2.5] }
    }
    expect(is(right)).toBe(true)
    expect(is({ ...right, Email: "a@" })).toBe(false)
    expect(is({ ...right, Tags: [] })).toBe(false)
    expect(is({ ...right, parent: { label: "a", parent: {} } })).toBe(false)
    expect(is({ ...right, Addresses: [{}] })).toBe(false)
    expect(is({ ...right, Profile: { Method: "POST" } })).toBe(false)
    expect(losses.map(({ path }) => path)).toEqual(["[1].spec.types[2].variants", "[4].spec.rules[0]"])
    const old = Plan.fromRudderStack(fixture("rudder-cli-0.1"))
    expect(old.plan.events.map(({ name, additionalProperties }) => [name, additionalProperties])).toEqual([
      ["Called", "fail"],
      ["Left", "allow"]
    ])
    const isCall = Schema.is(Schema.Struct(eventOf(old.plan, "Called").fields))
    const call = {
      method: "GET",
      login: { username: "ada" },
      codes: [1, "b"],
      captcha: { username: "ada" },
      agent: null
    }
    expect(isCall(call)).toBe(true)
    expect(isCall({ ...call, login: { username: "a" } })).toBe(false)
    expect(isCall({ ...call, captcha: {} })).toBe(false)
  })

  const file = (kind: string, spec: object) => ({ version: "rudder/v1", kind, metadata: { name: "x" }, spec })
  const tp = (...rules: ReadonlyArray<object>) => file("tracking-plan", { id: "p", display_name: "P", rules })
  const event = file("events", { events: [{ id: "e", name: "E", event_type: "track" }] })
  const property = (said: object) => file("properties", { properties: [{ id: "a", name: "a", ...said }] })
  const asks = { event: "#event:e", properties: [{ property: "#property:a" }] }

  it.each([
    [undefined, ""],
    [5, ""],
    [{}, "rules.events"],
    [{ name: "P", rules: [] }, "rules"],
    [{ name: 5, events: [] }, "name"],
    [{ name: "P", events: {} }, "events"],
    [{ name: "P", events: [5] }, "events[0]"],
    [{ name: "P", events: [{ name: "E", eventType: "alias", rules: {} }] }, "events[0].eventType"],
    [{ name: "P", events: [{ name: "E" }] }, "events[0].rules"],
    [{ name: "P", events: [{ name: "E", identitySection: "userId", rules: {} }] }, "events[0].identitySection"],
    [fixture("segment-public-api"), "rules.events"],
    [[], ""],
    [[event], ""],
    [[5], "[0]"],
    [[file("source", {})], "[0].kind"],
    [[tp(), tp()], ""],
    [[tp({ event: "#event:e" })], "[0].spec.rules[0].event"],
    [[tp({ event: 5 }), event], "[0].spec.rules[0].event"],
    [[tp({}), event], "[0].spec.rules[0].event"],
    [[tp(asks), event], "[0].spec.rules[0].properties[0].property"],
    [[tp(asks), event, property({ type: "text" })], "[2].spec.properties[0].type"],
    [[tp(asks), event, property({ type: "#custom-type:x" })], "[2].spec.properties[0].type"],
    [[tp(asks), event, property({ types: ["string", 5] })], "[2].spec.properties[0].types[1]"],
    [[tp(), property({}), property({})], "[2].spec.properties[0].id"],
    [[tp({ includes: { $ref: "#/tp/other/event_rule/*" } }), event], "[0].spec.rules[0].includes"],
    [[tp({ includes: { $ref: "other" } }), event], "[0].spec.rules[0].includes"],
    [[tp({ ...asks, type: "rule" }), event, property({})], "[0].spec.rules[0].type"],
    [[tp({ ...asks, identity_section: "userId" }), event, property({})], "[0].spec.rules[0].identity_section"],
    [[{ ...tp(), version: "rudder/v2" }], "[0].version"],
    [[tp({ ...asks, additional_properties: "no" }), event, property({})], "[0].spec.rules[0].additional_properties"]
  ])("refuses what is no such plan: %j", (json, path) => {
    expect(refusal(() => Plan.fromRudderStack(json)).path).toBe(path)
  })

  it("tells of keywords that it does not know", () => {
    const { losses } = Plan.fromRudderStack([
      tp(asks),
      event,
      property({ type: "string", config: { colour: "red" }, size: 3 })
    ])
    expect(losses.map(({ path }) => path)).toEqual([
      "[2].spec.properties[0].size",
      "[2].spec.properties[0].config.colour"
    ])
  })
})

describe("Plan.toRudderStack", () => {
  const plan = Plan.make({
    name: "P",
    track: {
      Paid: {
        owner: "me",
        deprecated: "use Bought",
        tags: ["a", "b"],
        properties: {
          either: Schema.Union([Schema.String.check(Schema.isMinCodePoints(2)), Schema.Struct({ a: Schema.String })]),
          pair: Schema.Tuple([Schema.String, Schema.Finite]),
          texts: Schema.Array(Schema.String.check(Schema.isMinCodePoints(2))),
          url: Schema.String.annotate({ format: "uri" })
        }
      },
      Seen: { versions: { 1: {}, 2: { properties: { a: Schema.NullOr(Schema.Literals(["x", 1])) } } } }
    },
    page: { Product: { properties: { sku: Schema.String } } }
  })

  it("tells what RudderStack does not hold, with its place", () => {
    const common = [
      "track.Paid.owner",
      "track.Paid.deprecated",
      "track.Seen.versions.1.properties",
      "track.Seen.versions.2.version"
    ]
    expect(Plan.toRudderStack(plan).losses.map(({ path }) => path)).toEqual([
      ...common,
      "track.Paid.tags",
      "page.Product.name"
    ])
    expect(Plan.toRudderStack(plan, { form: "cli" }).losses.map(({ path }) => path)).toEqual([
      ...common,
      "track.Paid.tags",
      "track.Paid.properties.pair",
      "track.Paid.properties.texts.[]",
      "track.Paid.properties.url",
      "page.Product"
    ])
  })

  it("has custom types, and tells what they do not hold", () => {
    const Money = Schema.Struct({ amount: Schema.Finite })
      .check(Schema.isMinProperties(1))
      .annotate({ identifier: "Money", description: "What is paid" })
    const { plan, losses } = Plan.toRudderStack(Plan.make({ name: "P", track: { E: { properties: { Money } } } }), {
      form: "cli"
    })
    expect(losses).toEqual([{ path: "track.E.properties.Money", reason: "minProperties is not said there" }])
    expect(plan.find(({ kind }) => kind === "custom-types")!.spec).toEqual({
      types: [
        {
          id: "money",
          name: "Money",
          description: "What is paid",
          type: "object",
          properties: [{ property: "#property:amount", required: true }]
        }
      ]
    })
  })

  it("has a custom type of its own for each event that means something else by a name", () => {
    const planOf = (leaf: object, key: string) => ({
      type: "TRACK",
      key,
      jsonSchema: {
        definitions: { Tree: { type: "object", properties: { leaf: { $ref: "#/definitions/Leaf" } } }, Leaf: leaf },
        properties: { properties: { properties: { tree: { $ref: "#/definitions/Tree" } } } }
      }
    })
    const leaf = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] })
    const { plan } = Plan.fromSegment({ name: "P", rules: [planOf(leaf("a"), "A"), planOf(leaf("b"), "B")] })
    const again = Plan.fromRudderStack(Plan.toRudderStack(plan, { form: "cli" }).plan).plan
    for (const name of ["a", "b"]) {
      const is = Schema.is(Schema.Struct(eventOf(again, name.toUpperCase()).fields))
      expect([is({ tree: { leaf: { a: "" } } }), is({ tree: { leaf: { b: "" } } })]).toEqual([
        name === "a",
        name === "b"
      ])
    }
  })

  it("tells of types that are not apart", () => {
    const number = Schema.Union([Schema.Finite, Schema.Int.check(Schema.isGreaterThan(0))])
    const { losses } = Plan.toRudderStack(Plan.make({ name: "P", track: { E: { properties: { number } } } }), {
      form: "cli"
    })
    expect(losses.map(({ path }) => path)).toEqual(["track.E.properties.number"])
  })

  it("has types beside each other, and values with their types", () => {
    const { plan: files } = Plan.toRudderStack(plan, { form: "cli" })
    const properties = files.find(({ kind }) => kind === "properties")!.spec
    expect(properties).toEqual({
      properties: [
        { id: "either", name: "either", types: ["string", "object"], config: { min_length: 2 } },
        { id: "a", name: "a", type: "string" },
        { id: "pair", name: "pair", type: "array", config: { min_items: 2 } },
        { id: "texts", name: "texts", type: "array", item_type: "string" },
        { id: "url", name: "url", type: "string" },
        { id: "a_2", name: "a", types: ["string", "number", "null"], config: { enum: ["x", 1, null] } }
      ]
    })
  })
})

const refusal = (read: () => unknown): Plan.InvalidPlan => {
  try {
    read()
  } catch (error) {
    assert(error instanceof Plan.InvalidPlan, String(error))
    return error
  }
  return assert.fail("Expected it to be refused")
}

describe("a property of another format whose name Customer.io reserves for another type", () => {
  const listed = { type: "object", properties: { price: { type: "string" }, note: { type: "string" } } }
  const email = { type: "object", properties: { email: { type: "number" }, plan: { type: "string" } } }
  const reason = "left out: Customer.io reserves the name, for number"
  const cli = (kind: string, spec: object) => ({ version: "rudder/v1", kind, metadata: { name: "x" }, spec })
  const cases: ReadonlyArray<readonly [string, () => Plan.ReadPlan, string]> = [
    ["JSON Schema", () => Plan.fromJsonSchema({ title: "E", ...listed }), "track.E.properties.price"],
    [
      "a plan in JSON Schema",
      () => {
        const { plan } = Plan.toJsonSchema(Plan.make({ name: "P", track: { E: {} } }))
        const { $defs } = JSON.parse(JSON.stringify(plan))
        return Plan.fromJsonSchema({ ...plan, $defs: { "track/E": { ...$defs["track/E"], ...listed } } })
      },
      "track.E.properties.price"
    ],
    [
      "Segment",
      () => Plan.fromSegment(rule({ jsonSchema: message(listed) })),
      "rules[0].jsonSchema.properties.properties.price"
    ],
    [
      "RudderStack's catalogue",
      () =>
        Plan.fromRudderStack({
          name: "P",
          events: [{ name: "E", eventType: "track", rules: message({ ...listed, required: ["price"] }) }]
        }),
      "events[0].rules.properties.properties.price"
    ],
    [
      "Rudder CLI",
      () =>
        Plan.fromRudderStack([
          cli("tracking-plan", {
            id: "p",
            display_name: "P",
            rules: [
              {
                type: "event_rule",
                id: "r",
                event: "#event:e",
                properties: [{ property: "#property:price" }, { property: "#property:note" }]
              }
            ]
          }),
          cli("events", { events: [{ id: "e", name: "E", event_type: "track" }] }),
          cli("properties", {
            properties: ["price", "note"].map((name) => ({ id: name, name, type: "string" }))
          })
        ]),
      "[0].spec.rules[0].price"
    ]
  ]

  it.each(cases)("is left out, which is told, and the rest is read: %s", (_, read, path) => {
    const { plan, losses } = read()
    expect(Object.keys(eventOf(plan, "E").fields)).toEqual(["note"])
    expect(losses).toEqual([{ path, reason }])
  })

  it("is left out of traits, too", () => {
    const { plan, losses } = Plan.fromSegment(
      rule({ type: "IDENTIFY", key: undefined, jsonSchema: { type: "object", properties: { traits: email } } })
    )
    expect(Object.keys(eventOf(plan, undefined).fields)).toEqual(["plan"])
    expect(losses).toEqual([
      {
        path: "rules[0].jsonSchema.properties.traits.email",
        reason: "left out: Customer.io reserves the name, for text"
      }
    ])
  })
})

describe("a plan of another format that is wrong somewhere", () => {
  const names = [
    "segment-public-api",
    "segment-typewriter-8",
    "segment-config-api",
    "rudderstack-v2",
    "rudderstack-catalog",
    "rudder-cli-v1",
    "rudder-cli-0.1"
  ]

  /** Every place of a document. */
  const placesOf = (value: unknown): ReadonlyArray<ReadonlyArray<string>> =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, member]) => [[key], ...placesOf(member).map((path) => [key, ...path])])
      : []

  const withAt = (value: unknown, [key, ...path]: ReadonlyArray<string>, other: unknown): unknown => {
    if (key === undefined) return other
    const copy: Record<string, unknown> = Array.isArray(value) ? Object([...value]) : { ...Object(value) }
    copy[key] = withAt(copy[key], path, other)
    return copy
  }

  it.each(names)(
    "is read, or refused with the place: %s",
    (name) => {
      const json = fixture(name)
      const read = name.startsWith("segment") ? Plan.fromSegment : Plan.fromRudderStack
      const others = [5, "#", true, [], {}, [[]], { $ref: "#" }, null]
      for (const [index, path] of placesOf(json).entries()) {
        // Few of them each time, and in all each at many places.
        for (const other of isFull ? others : [others[index % others.length]]) {
          const wrong = withAt(json, path, other)
          try {
            read(wrong)
          } catch (error) {
            assert(error instanceof Plan.InvalidPlan, `${path.join(".")}: ${JSON.stringify(other)}: ${error}`)
          }
        }
      }
    },
    600_000
  )
})
