import { writeFile } from "node:fs/promises"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isFull } from "../support/repetitions.ts"
import { lines, planFolder, planModule, shop } from "./planFolder.ts"
import { run, runCommand, suite } from "./run.ts"

const order = {
  type: "track",
  event: "Order Completed",
  userId: "u",
  properties: { orderId: "o", total: 1, paidAt: "2026-01-31T12:00:00Z" }
}

/** Checks messages, by the plan of the shop. */
const check = Effect.fnUntraced(function* (text: string | Uint8Array, args: ReadonlyArray<string> = []) {
  const { at } = yield* planFolder({ "Shop.ts": shop })
  yield* Effect.promise(async () => writeFile(at("events.ndjson"), text))
  return yield* runCommand(["plan", "check", at("events.ndjson"), "--plan", at("Shop.ts"), ...args])
})

describe("plan check", suite, () => {
  it.live("counts by event, and tells the first line of each kind of what is wrong", () =>
    Effect.gen(function* () {
      const { code, out, err } = yield* check(
        lines(
          order,
          { ...order, properties: { ...order.properties, total: "1" } },
          { ...order, properties: { ...order.properties, total: "2" } },
          { type: "identify", userId: "u", traits: { email: "e", plan: "gold" } },
          { type: "track", event: "Order Complete", userId: "u" },
          { type: "alias", userId: "u", previousId: "p" },
          "no JSON"
        )
      )
      assert.strictEqual(
        out,
        `What came:
  track "Order Completed": 3 lines, 2 against the plan
  identify: 1 line, 1 against the plan
  track "Order Complete": 1 line, 1 unplanned
  alias: 1 line

What to look at, each with its first line:
  line 2, violating: track "Order Completed" properties.total: Expected number (2 lines)
  line 4, violating: identify traits.plan: Expected "free" | "pro" (1 line)
  line 5, unplanned: track "Order Complete" event: Expected an event of the plan (1 line)
  line 7, unreadable: Expected JSON (1 line)

Planned, and never sent:
  track "Cart Emptied"
  page "Product"

7 lines: 2 as planned, 3 against the plan, 1 unplanned, 1 unreadable
`
      )
      assert.deepStrictEqual({ code, err }, { code: 1, err: 'Wrong by the plan "Shop": 4 lines\n' })
    })
  )

  it.live("exit code 0 where all is as planned, and what is not planned is as asked for", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* check(lines(order)), { code: 0, err: "" })
      const unplanned = lines(order, { type: "screen", name: "Cart", userId: "u" })
      const reported = yield* check(unplanned)
      assert.strictEqual(reported.code, 0)
      assert.include(reported.out, 'line 2, unplanned: screen "Cart" type: Expected no screen')
      const allowed = yield* check(unplanned, ["--unplanned", "allow"])
      assert.strictEqual(allowed.code, 0)
      assert.notInclude(allowed.out, "line 2")
      assert.strictEqual((yield* check(unplanned, ["--unplanned", "fail"])).code, 1)
    })
  )

  it.live("what the plan takes and wants to be told of is counted, and is not wrong", () =>
    Effect.gen(function* () {
      const { at, write } = yield* planFolder({
        "Shop.ts": planModule('{ name: "Shop", additionalProperties: "report", track: { Sold: {} } }')
      })
      yield* Effect.promise(() => write("events.ndjson", lines({ type: "track", event: "Sold", properties: { a: 1 } })))
      const { code, out } = yield* runCommand(["plan", "check", at("events.ndjson"), "--plan", at("Shop.ts")])
      assert.strictEqual(code, 0)
      assert.include(out, 'line 1, reported: track "Sold" properties.a: ')
      assert.include(out, "1 line: 0 as planned, 0 against the plan, 0 unplanned, 1 reported, 0 unreadable")
    })
  )

  it.live("says the same as JSON", () =>
    Effect.gen(function* () {
      const { out } = yield* check(lines(order, { type: "track", event: "Cart Emptied", properties: { a: 1 } }), [
        "--json"
      ])
      assert.deepStrictEqual(JSON.parse(out), {
        plan: "Shop",
        lines: 2,
        planned: 1,
        violating: 1,
        unplanned: 0,
        reported: 0,
        unreadable: 0,
        events: [
          { type: "track", name: "Order Completed", lines: 1, violating: 0, unplanned: 0 },
          { type: "track", name: "Cart Emptied", lines: 1, violating: 1, unplanned: 0 }
        ],
        findings: [
          {
            kind: "violating",
            line: 2,
            type: "track",
            name: "Cart Emptied",
            path: "properties.a",
            reason: "Expected no excess property",
            lines: 1
          }
        ],
        unseen: [{ type: "page", name: "Product" }, { type: "identify" }]
      })
    })
  )

  it.live.runIf(isFull)(
    "says all of it to who reads slowly, and ends with its exit code, also where nobody reads on",
    () =>
      Effect.gen(function* () {
        const { at } = yield* planFolder({ "Shop.ts": shop })
        const many = Array.from({ length: 1000 }, (_, index) => ({ type: "track", event: `${index}${"e".repeat(80)}` }))
        yield* Effect.promise(async () => writeFile(at("events.ndjson"), lines(...many)))
        const args = ["plan", "check", at("events.ndjson"), "--plan", at("Shop.ts"), "--json", "--unplanned", "fail"]
        const { code, out } = yield* run(args, { isSlow: true })
        assert.strictEqual(code, 1)
        assert.strictEqual(JSON.parse(out).findings.length, 1000)
        assert.strictEqual((yield* run(args, { isImpatient: true })).code, 1)
      })
  )

  it.live("reads what lies in files: packed, with a mark at its beginning, with empty lines, of `dev --json`", () =>
    Effect.gen(function* () {
      const { at, write } = yield* planFolder({ "Shop.ts": shop })
      const text = `\uFEFF${JSON.stringify(order)}\r\n\r\n${JSON.stringify({ id: 1, message: order, verdict: "accepted" })}\r\n`
      yield* Effect.promise(async () => {
        await write("events.ndjson", text)
        await writeFile(at("events.ndjson.gz"), gzipSync(text))
      })
      for (const file of ["events.ndjson", "events.ndjson.gz"]) {
        const { out } = yield* runCommand(["plan", "check", at(file), "--plan", at("Shop.ts")])
        assert.include(out, "2 lines: 2 as planned")
      }
      const piped = yield* runCommand(["plan", "check", "-", "--plan", at("Shop.ts")], { stdin: text })
      assert.include(piped.out, "2 lines: 2 as planned")
    })
  )

  it.live.each([
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "line 1, unreadable: Expected UTF-8"],
    ["a line without an end", `"${"x".repeat(10_000_000)}"`, "line 1, unreadable: Expected at most 1000000 bytes"],
    ["an array", "[1]", "line 1, unreadable: Expected an object"],
    ["no type", '{"event":"a"}', "line 1, unreadable: type: Expected one of identify"],
    ["a type that all objects have", '{"type":"constructor"}', "line 1, unreadable: type: Expected one of"],
    ["too deep", `{"type":"track","a":${"[".repeat(5000)}${"]".repeat(5000)}}`, "unreadable: more than 100 objects"],
    ["a name that controls the terminal", '{"type":"track","event":"\\u001b[2J\\n"}', "\\u001b[2J"],
    ["a name of all objects", '{"type":"track","event":"__proto__"}', 'track "__proto__": 1 line, 1 unplanned'],
    ["nothing", "", "0 lines: 0 as planned"]
  ] as const)("%s in a file is told", ([, text, words]) =>
    Effect.gen(function* () {
      const { out } = yield* check(text)
      assert.include(out, words)
      assert.notInclude(out, "\u001b")
    })
  )

  it.live("names without end take no memory without end", () =>
    Effect.gen(function* () {
      const { out } = yield* check(
        lines(...Array.from({ length: 3000 }, (_, index) => ({ type: "track", event: `e ${index}` }))),
        ["--json"]
      )
      const { events, findings, lines: count } = JSON.parse(out)
      assert.strictEqual(count, 3000)
      assert.strictEqual(events.length, 1001)
      assert.deepInclude(events[0], { type: "other track", lines: 2000 })
      assert.strictEqual(findings.length, 1001)
    })
  )

  it.live.each([
    ["no file", "nowhere.ndjson", "cannot be read: there is no such file"],
    ["a folder", "library", "cannot be read: it is a folder"],
    ["no gzip", "bad.gz", "cannot be read: it is no gzip"]
  ] as const)("%s is wrong usage", ([, file, words]) =>
    Effect.gen(function* () {
      const { at } = yield* planFolder({ "Shop.ts": shop, "bad.gz": "no gzip" })
      const { code, err } = yield* runCommand(["plan", "check", at(file), "--plan", at("Shop.ts")])
      assert.strictEqual(code, 2)
      assert.include(err, words)
    })
  )

  it.live("standard input is one of them", () =>
    Effect.gen(function* () {
      const { code, err } = yield* runCommand(["plan", "check", "-", "--plan", "-"])
      assert.deepInclude({ code, err }, { code: 2, err: "Only one of them can be standard input\n" })
    })
  )
})
