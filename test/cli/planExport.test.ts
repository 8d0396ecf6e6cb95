import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, existsSync, openSync } from "node:fs"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isFull } from "../support/repetitions.ts"
import { planFolder, planModule, shop } from "./planFolder.ts"
import { main, suite } from "./run.ts"
import { runHere } from "./runHere.ts"

describe("plan export and import", suite, () => {
  it.live.each(["json-schema", "segment", "rudderstack", "rudderstack-v2", "rudderstack-cli", "typescript"] as const)(
    "what is written as %s is read as the same plan",
    (format) =>
      Effect.gen(function* () {
        const { at } = yield* planFolder({
          "Shop.ts": planModule(`{
            name: "Shop",
            additionalProperties: "fail",
            track: { Bought: { description: "A person has paid", properties: { total: Schema.Finite, at: Schema.Date } } },
            identify: { traits: { plan: Schema.optional(Schema.Literals(["free", "pro"])) } }
          }`)
        })
        const { code, out, err } = yield* runHere(["plan", "export", "--plan", at("Shop.ts"), "--format", format])
        assert.deepStrictEqual({ code, err }, { code: 0, err: "" })
        const file = at(
          { "rudderstack-cli": "plan.yaml", typescript: "plan.ts" }[format as "typescript"] ?? "plan.json"
        )
        yield* Effect.promise(async () => writeFile(file, out))
        const { code: same, out: changes } = yield* runHere(["plan", "diff", at("Shop.ts"), file])
        assert.deepStrictEqual({ same, changes }, { same: 0, changes: "Nothing is otherwise.\n" })
        if (format === "typescript") return
        const imported = yield* runHere(["plan", "import", file, "--out", at("Imported.ts")])
        assert.deepStrictEqual(imported, { ...imported, code: 0, out: "", err: "" })
        const again = yield* runHere(["plan", "diff", at("Shop.ts"), at("Imported.ts")])
        assert.strictEqual(again.out, "Nothing is otherwise.\n")
      })
  )

  it.live("what a format cannot hold is told on standard error", () =>
    Effect.gen(function* () {
      const { at } = yield* planFolder({
        "Shop.ts": planModule('{ name: "Shop", track: { A: { owner: "\\u001b[2J" } } }')
      })
      const { code, out, err } = yield* runHere([
        ...["plan", "export", "--plan", at("Shop.ts"), "--format", "rudderstack"]
      ])
      assert.strictEqual(code, 0)
      assert.isObject(JSON.parse(out))
      assert.include(err, "rudderstack cannot hold all of it:\n  track.A.owner: ")
    })
  )

  it.live("the documents of RudderStack's tool are files of a folder", () =>
    Effect.gen(function* () {
      const { at } = yield* planFolder({ "Shop.ts": shop })
      const to = ["--format", "rudderstack-cli", "--out", at("rudder/plan")]
      assert.strictEqual((yield* runHere(["plan", "export", "--plan", at("Shop.ts"), ...to])).code, 0)
      const files = yield* Effect.promise(() => readdir(at("rudder/plan")))
      assert.sameMembers(files, ["events.yaml", "properties.yaml", "tracking-plan.yaml"])
      const { code, out } = yield* runHere(["plan", "import", at("rudder")])
      assert.strictEqual(code, 0)
      assert.include(out, '"Order Completed": {')
    })
  )

  it.live("--out writes to a file, or says why not", () =>
    Effect.gen(function* () {
      const { at } = yield* planFolder({ "Shop.ts": shop })
      const args = ["plan", "export", "--plan", at("Shop.ts"), "--format", "markdown", "--out"]
      const { code, out } = yield* runHere([...args, at("plan.md")])
      assert.deepStrictEqual({ code, out }, { code: 0, out: "" })
      assert.include(yield* Effect.promise(() => readFile(at("plan.md"), "utf8")), "Order Completed")
      const refused = yield* runHere([...args, at("nowhere/plan.md")])
      assert.strictEqual(refused.code, 1)
      assert.include(refused.err, "nowhere/plan.md cannot be written: there is no such file")
    })
  )

  it.live.runIf(isFull && existsSync("/dev/full"))("exit code 1 where standard output takes nothing", () =>
    Effect.gen(function* () {
      const { at } = yield* planFolder({ "Shop.ts": shop })
      const code = yield* Effect.promise(async () => {
        const args = [main, "plan", "export", "--plan", at("Shop.ts"), "--format", "markdown"]
        const full = openSync("/dev/full", "w")
        const child = spawn(process.execPath, args, { stdio: ["ignore", full, "ignore"] })
        closeSync(full)
        const [code] = await once(child, "close")
        return code
      })
      assert.strictEqual(code, 1)
    })
  )

  it.live("a plan comes from standard input, in the format that is named", () =>
    Effect.gen(function* () {
      const stdin = JSON.stringify({ name: "Shop", rules: [{ type: "TRACK", key: "Bought", jsonSchema: {} }] })
      const { code, out } = yield* runHere(["plan", "import", "-"], { stdin })
      assert.strictEqual(code, 0)
      assert.include(out, "Bought")
      const other = yield* runHere(["plan", "import", "-", "--from", "rudderstack"], { stdin })
      assert.strictEqual(other.code, 2)
      assert.include(other.err, "standard input is no plan of rudderstack: ")
    })
  )
})
