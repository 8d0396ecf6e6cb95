import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const root = fileURLToPath(new URL("../../", import.meta.url))

/**
 * A folder with some files, in which the library and Effect are installed; the library is there by way of src, so that where
 * each command is a process of its own it is another copy than the command's.
 */
export const planFolder = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "cdp-analytics-plan-"))
      const library = join(folder, "library")
      await mkdir(library)
      await mkdir(join(folder, "node_modules"))
      await writeFile(
        join(library, "package.json"),
        JSON.stringify({ name: "cdp-analytics-effect", type: "module", exports: { "./plan": "./plan.ts" } })
      )
      await writeFile(join(library, "plan.ts"), `export * from ${JSON.stringify(join(root, "src/plan/index.ts"))}\n`)
      await symlink(library, join(folder, "node_modules/cdp-analytics-effect"))
      await symlink(join(root, "node_modules/effect"), join(folder, "node_modules/effect"))
      const at = (file: string): string => join(folder, file)
      for (const [file, text] of Object.entries(files)) {
        await mkdir(dirname(at(file)), { recursive: true })
        await writeFile(at(file), text)
      }
      return { folder, at, write: (file: string, text: string | Uint8Array) => writeFile(at(file), text) }
    }),
    ({ folder }) => Effect.promise(() => rm(folder, { recursive: true }))
  )

/** A module that has a plan. */
export const planModule = (definition: string, name = "Shop"): string => `
import { Plan } from "cdp-analytics-effect/plan"
import { Schema } from "effect"

export class ${name} extends Plan.Service<${name}>()("app/${name}", ${definition}) {}
`

export const shop = planModule(`{
  name: "Shop",
  track: {
    "Order Completed": {
      description: "A person has paid",
      properties: { orderId: Schema.String, total: Schema.Finite, paidAt: Schema.Date, coupon: Schema.optional(Schema.String) }
    },
    "Cart Emptied": { additionalProperties: "fail" }
  },
  identify: { traits: { email: Schema.String, plan: Schema.Literals(["free", "pro"]) } },
  page: { Product: { properties: { sku: Schema.String } } }
}`)

export const lines = (...messages: ReadonlyArray<unknown>): string =>
  messages.map((message) => (typeof message === "string" ? message : JSON.stringify(message))).join("\n")
