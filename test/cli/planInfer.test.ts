import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { lines, planFolder } from "./planFolder.ts"
import { suite } from "./run.ts"
import { runHere } from "./runHere.ts"

/** Infers a plan of messages, and holds them against it. */
const infer = Effect.fnUntraced(function* (text: string) {
  const { at } = yield* planFolder({ "events.ndjson": text })
  const { code, out, err } = yield* runHere(["plan", "infer", at("events.ndjson"), "--name", "Shop"])
  return { code, out, err, at }
})

const times = (count: number, message: (index: number) => unknown): ReadonlyArray<unknown> =>
  Array.from({ length: count }, (_, index) => message(index))

const bought = (properties: unknown) => ({ type: "track", event: "Bought", userId: "u", properties })

/** What is said of a property of all of some messages. */
const inferOne = Effect.fnUntraced(function* (values: ReadonlyArray<unknown>, name = "a") {
  const { out } = yield* infer(lines(...values.map((value) => bought({ [name]: value }))))
  return out
})

describe("plan infer", suite, () => {
  it.live("writes a plan as TypeScript, with how many lines each type rests on", () =>
    Effect.gen(function* () {
      const { code, out, err } = yield* infer(
        lines(
          bought({ orderId: "o-1", paidAt: "2026-01-31T12:00:00Z", items: [{ sku: "a" }, { sku: "b", count: null }] }),
          bought({ orderId: "o-2", paidAt: "2026-01-31", items: [] }),
          { type: "identify", userId: "u", traits: { email: "e@example.com" } },
          { type: "page", name: "Home", userId: "u" }
        )
      )
      assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
      assert.include(out, 'class Shop extends Plan.Service<Shop>()("app/Shop", {')
      for (const words of [
        "Seen in 2 lines",
        "orderId: Schema.String",
        "In 2 of 2 lines",
        "paidAt: Schema.Date",
        "items: Schema.Array(",
        "sku: Schema.String",
        "count: Schema.optional(Schema.Null",
        "1 of 2 times",
        "email: Schema.String",
        "Home: {"
      ]) {
        assert.include(out, words)
      }
    })
  )

  it.live.each([
    ["few numbers that are whole", times(19, (index) => index), "a: Schema.Finite"],
    ["many numbers that are whole", times(20, (index) => index), "a: Schema.Int"],
    ["one that is not", [...times(20, (index) => index), 0.5], "a: Schema.Finite"],
    ["few texts of few values", times(19, (index) => "xy"[index % 2]), "a: Schema.String"],
    ["many texts of few values", times(20, (index) => "xy"[index % 2]), 'a: Schema.Literals(["x", "y"])'],
    ["many texts of many values", times(50, (index) => `x${index}`), "a: Schema.String"],
    ["one value alone", times(50, () => "x"), "a: Schema.String"],
    ["times", ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00+01:00"], "a: Schema.Date"],
    ["times and other text", ["2026-01-31T12:00:00Z", "soon"], "a: Schema.String"],
    ["nothing and text", [null, "x"], "a: Schema.NullOr(Schema.String)"],
    ["text and numbers", ["x", 1], "string in 1, number in 1"],
    ["nothing in arrays", [[], []], "a: Schema.Array(Schema.Json)"],
    ["nothing in objects", [{}, {}], "a: Schema.Record(Schema.String, Schema."]
  ] as const)("%s", ([, values, words]) =>
    Effect.gen(function* () {
      assert.include(yield* inferOne(values), words)
    })
  )

  it.live("who somebody is makes no enum", () =>
    Effect.gen(function* () {
      const values = times(50, (index) => ["ada@example.com", "bob@example.com"][index % 2])
      assert.notInclude(yield* inferOne(values, "email"), "ada@")
      assert.notInclude(yield* inferOne(values, "customerId"), "ada@")
    })
  )

  it.live("what it writes is a plan that says of the same messages that all are right", () =>
    Effect.gen(function* () {
      const hostile = [
        "__proto__",
        "constructor",
        '42 --terrible "name"',
        "*/ `x`",
        "\u001b[2J\u202e",
        "ünï😀",
        "class"
      ]
      const messages = [
        ...hostile.map((event) => ({
          type: "track",
          event,
          properties: JSON.parse(`{${hostile.map((name) => `${JSON.stringify(name)}:1`).join()}}`)
        })),
        ...times(30, (index) =>
          bought({ a: index % 2, b: [[{ c: [index] }]], d: { e: { f: null } }, g: "xy"[index % 2] })
        ),
        bought({
          deep: JSON.parse(`${"[".repeat(20)}${"]".repeat(20)}`),
          wide: Object.fromEntries(times(300, (index) => [`n${index}`, index]) as never)
        }),
        {
          type: "track",
          event: "Wide",
          properties: Object.fromEntries(times(300, (index) => [`n${index}`, index]) as never)
        },
        { type: "group", groupId: "g", traits: { name: "Acme" } },
        { type: "screen", name: "Cart", userId: "u", properties: {} }
      ]
      const { folder, at } = yield* planFolder({ "events.ndjson": lines(...messages) })
      const { err } = yield* runHere(["plan", "infer", at("events.ndjson"), "--out", at("Shop.ts")])
      assert.strictEqual(
        err,
        'The names of what they have are too many or too long, so that any are allowed: track "Wide"\n'
      )
      const checked = yield* runHere([
        "plan",
        "check",
        at("events.ndjson"),
        "--plan",
        at("Shop.ts"),
        "--unplanned",
        "fail"
      ])
      assert.strictEqual(checked.code, 0, `${folder} ${checked.out} ${checked.err}`)
    })
  )

  it.live("what Customer.io reserves for another type may be anything, and is told", () =>
    Effect.gen(function* () {
      const { code, out, err } = yield* infer(lines(bought({ total: "much" })))
      assert.strictEqual(code, 0)
      assert.strictEqual(
        err,
        'Such calls are refused: track "Bought" total: Customer.io reserves the name, for number\n'
      )
      assert.include(out, "total: Schema.optional(Schema.Json)")
    })
  )

  it.live("what is not in the plan is told", () =>
    Effect.gen(function* () {
      const { code, err } = yield* infer(
        lines(
          bought({}),
          "no JSON",
          "no JSON",
          { type: "alias", userId: "u", previousId: "p" },
          { type: "page", userId: "u" },
          { type: "track", event: "Relationship Deleted" },
          { type: "track", event: "x".repeat(1000) }
        )
      )
      assert.strictEqual(
        err,
        `2 lines, of which line 2 is the first, are not in the plan: Expected JSON
Line 4 is not in the plan: an alias is never planned
Line 5 is not in the plan: a page without a name
Line 6 is not in the plan: Customer.io reads it specially: SemanticEvents says it
Line 7 is not in the plan: the name of a track has more than 200 characters
`
      )
      assert.strictEqual(code, 0)
    })
  )

  it.live("of nothing there is no plan", () =>
    Effect.gen(function* () {
      const { code, out, err } = yield* infer("")
      assert.deepInclude({ code, out }, { code: 1, out: "" })
      assert.include(err, "has nothing to plan")
    })
  )
})
