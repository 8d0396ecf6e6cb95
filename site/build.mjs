/**
 * The reference, and with `--site` the site that it is a part of:
 *
 *   npm run docs         site/pages/reference
 *   npm run docs:site    site/.vitepress/dist
 */
import { spawnSync } from "node:child_process"
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: path("."), stdio: ["ignore", "inherit", "inherit"] })
  if (error !== undefined || status !== 0) throw error ?? new Error(`${command} failed with exit code ${status}`)
}

const fail = (faults) => {
  console.error(faults.join("\n"))
  process.exit(1)
}

/** What npm writes when it is done. */
const installed = path("node_modules/.package-lock.json")
const isInstalled = existsSync(installed) && statSync(installed).mtimeMs >= statSync(path("package-lock.json")).mtimeMs
if (!isInstalled) run("npm", ["ci", "--no-audit", "--no-fund"])

rmSync(path("pages"), { recursive: true, force: true })
const { writeReference } = await import("./reference/main.mjs")
const reference = await writeReference(path("pages/reference"))
if (reference === undefined) fail(["The reference has the faults above."])

if (process.argv.includes("--site")) {
  const { gatherPages } = await import("./pages.mjs")
  const { sidebar, faults } = gatherPages(path("pages"))
  if (faults.length > 0) fail(faults)
  writeFileSync(path("pages/contents.json"), JSON.stringify({ sidebar, reference }))
  run(process.execPath, [path("node_modules/vitepress/bin/vitepress.js"), "build"])
  const { deadLinks } = await import("./links.mjs")
  const dead = deadLinks(path(".vitepress/dist"))
  if (dead.length > 0) fail(dead)
  console.log("To look at it: npm --prefix site run preview")
} else {
  console.log("The reference is in site/pages/reference.")
}
