import { cp } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isFull } from "../support/repetitions.ts"
import { planFolder, planModule, shop } from "./planFolder.ts"
import { run, runCommand, suite } from "./run.ts"

/** Compares a plan with itself: exit code 0 if it can be read. */
const read = Effect.fnUntraced(function* (file: string, files: Readonly<Record<string, string>>) {
  const { folder, at } = yield* planFolder(files)
  const { code, out, err } = yield* runCommand(["plan", "diff", at(file), at(file)])
  return { code, out, err: err.replaceAll(folder, "") }
})

const imports = 'import { Plan } from "cdp-analytics-effect/plan"\nimport { Schema } from "effect"\n'

const plan = (name: string): string => `Plan.make({ name: "${name}", track: {} })`

const well = { code: 0, out: "Nothing is otherwise.\n", err: "" }

/** A billion laughs. */
const bomb = (): string =>
  ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    .concat(Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`)}]`))
    .join("\n")

describe("the file of a plan", suite, () => {
  it.live.each([
    ["the only class", "Shop.ts", shop],
    ["the only plan", "Shop.ts", `${imports} export const one = 1; export const plan = ${plan("A")}`],
    ["what is exported by default", "Shop.ts", `${imports} export const a = ${plan("A")}; export default ${plan("B")}`],
    ["a class and its plan", "Shop.ts", `${shop} export const plan = Shop.plan`],
    ["JavaScript", "Shop.mjs", `${imports} export default ${plan("A")}`]
  ] as const)("%s of a module is the plan", ([, file, text]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(file, { [file]: text }), well)
    })
  )

  it.live.each([
    ["no file", "nowhere.ts", "", "/nowhere.ts cannot be read: there is no such file"],
    ["no plan", "a.ts", "export const a = 1; export const b = 2", "exports no plan: Expected one of Plan.make"],
    [
      "several plans",
      "a.ts",
      `${imports} export const a = ${plan("A")}; export const b = ${plan("B")}`,
      "exports several plans, a, b: make one the default"
    ],
    [
      "an invalid plan",
      "a.ts",
      planModule('{ name: "Shop", track: { "": {} } }'),
      '/a.ts has no plan: Invalid plan "Shop" at track.: Expected a name'
    ],
    ["one that throws", "a.ts", 'throw new Error("no\\u001b[2J")', "Error: no\\u001b[2J"],
    ["one that throws nothing", "a.ts", "throw null", "/a.ts threw something when it was loaded"],
    [
      "one that throws where it is looked at",
      "a.ts",
      "export default new Proxy({}, { has: () => { throw 1 } })",
      "/a.ts threw"
    ],
    [
      "what only looks like one",
      "a.ts",
      "export default { name: '', types: new Set(), events: [{}] }",
      "exports no plan"
    ],
    ["YAML with tags", "a.yaml", "a: !!js/function 'x'", "looks like the plan of no tool that is known"],
    ["one that ends the process", "a.ts", "process.exit(0)", "it calls process.exit"],
    ["no JSON", "a.json", "{", "/a.json is no JSON"],
    ["no YAML", "a.yaml", "a: [", "/a.yaml is no YAML"],
    ["nothing", "a.json", " ", "/a.json is empty"],
    ["JSON of nobody", "a.json", '{"a":1}', "looks like the plan of no tool that is known"],
    ["JSON that is too deep", "a.json", "[".repeat(2000) + "]".repeat(2000), "more than 100 objects or arrays"],
    ["YAML that grows", "a.yaml", bomb(), "/a.yaml is no YAML"],
    ["a folder of none", "library", "", "/library is a folder without YAML"]
  ] as const)("%s is told", ([, file, text, words]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* read(file, text === "" ? {} : { [file]: text })
      assert.include(err, words)
      assert.notInclude(err, "\u001b")
      assert.deepStrictEqual({ code, out }, { code: 2, out: "" })
    })
  )

  it.live("what it prints is not among what is printed", () =>
    Effect.gen(function* () {
      const files = { "a.ts": `${imports} console.log("loud"); export default ${plan("A")}`, "b.json": "{}" }
      const { code, out, err } = yield* read("a.ts", files)
      assert.deepStrictEqual({ code, out }, { code: 0, out: "Nothing is otherwise.\n" })
      if (isFull) assert.include(err, "loud")
    })
  )
})

// What Node itself says, and not the test runner's loader.
describe.runIf(isFull)("the file of a plan that Node cannot run", suite, () => {
  it.live.each([
    ["a syntax error", "a.ts", "export const a = 1\nexport const b: = 2", "/a.ts has an error at /a.ts:2: "],
    ["a syntax error of JavaScript", "a.mjs", "export const a = {", "/a.mjs has an error: Unexpected end of input"],
    ["an enum", "a.ts", "export const a = 1\nenum A { B }", "Node strips types, and no more at /a.ts:2"],
    ["another package", "a.ts", 'import "zod"', "Cannot find package 'zod'"],
    ["another file", "a.ts", 'import "./b.ts"', "Cannot find module '/b.ts'"],
    ["JSX", "a.tsx", "export default 1", 'Unknown file extension ".tsx"'],
    ["an error", "a.ts", 'export const a = 1\nthrow new TypeError("b")', "/a.ts threw at /a.ts:2 TypeError: b"]
  ] as const)("%s is told as Node tells it", ([, file, text, words]) =>
    Effect.gen(function* () {
      const { code, out, err } = yield* read(file, { [file]: text })
      assert.include(err, words)
      assert.deepStrictEqual({ code, out }, { code: 2, out: "" })
    })
  )

  it.live("a syntax error in a package of modules is told with its line", () =>
    Effect.gen(function* () {
      const files = { "package.json": '{"type":"module"}', "a.ts": "export const a = 1\nexport const b: = 2" }
      const { err } = yield* read("a.ts", files)
      assert.include(err, "/a.ts has an error at /a.ts:2: ")
    })
  )

  it.live(
    "one that waits for ever is told",
    () =>
      Effect.gen(function* () {
        const { code, err } = yield* read("a.ts", { "a.ts": "export const a = await new Promise(() => {})" })
        assert.deepStrictEqual(
          { code, err },
          { code: 2, err: "/a.ts was not loaded within 30 seconds: it awaits something\n" }
        )
      }),
    90_000
  )

  it.live("one that never ends is ended by a signal", () =>
    Effect.gen(function* () {
      const { at } = yield* planFolder({ "a.ts": 'process.stderr.write("begun")\nwhile (true) {}\nexport {}' })
      const { code } = yield* run(["plan", "diff", at("a.ts"), at("a.ts")], {
        onOutput: (output, stop) => output.includes("begun") && stop("SIGINT")
      })
      assert.isNull(code)
    })
  )

  it.live("of another copy of the library is as good", () =>
    Effect.gen(function* () {
      const { at, write } = yield* planFolder({ "Shop.ts": shop })
      const src = new URL("../../src", import.meta.url)
      yield* Effect.promise(() => cp(src, at("library/src"), { recursive: true }))
      yield* Effect.promise(() => write("library/plan.ts", 'export * from "./src/plan/index.ts"'))
      const { out } = yield* runCommand(["plan", "export", "--plan", at("Shop.ts"), "--format", "json-schema"])
      const { code } = yield* runCommand(["plan", "diff", at("Shop.ts"), "-"], { stdin: out })
      assert.strictEqual(code, 0)
    })
  )

  it.live("what it leaves running is not waited for", () =>
    Effect.gen(function* () {
      const files = { "a.ts": `${imports} setInterval(() => {}, 1000); export default ${plan("A")}` }
      assert.deepStrictEqual(yield* read("a.ts", files), well)
    })
  )
})
