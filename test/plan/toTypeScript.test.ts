import { execFile } from "node:child_process"
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"
import { makeRandom } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { arbitraryPlan } from "./arbitrary.ts"
import { everything } from "./everything.ts"

const run = promisify(execFile)
const root = new URL("../..", import.meta.url).pathname
const program = (name: string) => join(root, "node_modules/.bin", name)

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plans-"))
  await symlink(join(root, "node_modules"), join(folder, "node_modules"))
  const tsconfig = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      paths: {
        "cdp-analytics-effect": [join(root, "src/index.ts")],
        "cdp-analytics-effect/*": [join(root, "src/*/index.ts")]
      },
      typeRoots: [join(root, "node_modules/@types")],
      skipLibCheck: true
    },
    include: ["*.ts"]
  }
  await writeFile(join(folder, "package.json"), '{ "type": "module" }')
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
})

afterAll(() => rm(folder, { recursive: true }))

/** The plan of a file that was written. */
const load = async (file: string): Promise<Plan.Plan> => {
  const members: ReadonlyArray<unknown> = Object.values(await import(/* @vite-ignore */ file))
  const [member] = members
  const isService = typeof member === "function" && "plan" in member
  return (isService ? member.plan : member) as Plan.Plan
}

describe("a plan in TypeScript", () => {
  it("compiles, is laid out as Biome lays it out, and is the same plan", { timeout: 120_000 }, async () => {
    const plans: ReadonlyArray<Plan.Plan> = [
      everything,
      Plan.make({ name: "42", track: { a: {}, b: {} } }),
      ...Array.from({ length: repetitions.writtenPlans }, (_, seed) => arbitraryPlan(makeRandom(seed)).plan)
    ]
    const files = plans.map((_, index) => join(folder, `plan${index}.ts`))
    for (const [index, plan] of plans.entries()) await writeFile(files[index]!, Plan.toTypeScript(plan))
    await run(program("tsc"), ["-p", folder]).catch(({ stdout }) => expect.fail(String(stdout).slice(0, 5000)))
    const config = `--config-path=${root}`
    await run(program("biome"), ["format", config, "--vcs-enabled=false", files[0]!, files[1]!]).catch(
      ({ stdout, stderr }) => expect.fail(`${stdout}${stderr}`)
    )
    for (const [index, plan] of plans.entries()) {
      expect(Plan.toJsonSchema(await load(files[index]!)), `plan ${index}`).toEqual(Plan.toJsonSchema(plan))
    }
  })

  it("tells in a comment what is left out", () => {
    const plan = Plan.make({ name: "Shop", track: { a: { properties: { b: Schema.FiniteFromString } } } })
    expect(Plan.toTypeScript(plan)).toContain(
      "\n// Left out: track.a.properties.b: JSON Schema has what it is encoded to, and not the transformation\n"
    )
  })
})
