/**
 * Runs the tests of a copy of the repository against the newest 4.x of Effect and the newest TypeScript, and tries the package
 * that it makes with them. `effect/http`, which this library is built on, may change in a minor release: this says whether it
 * did, and when it was asked. The oldest of both are in the lockfile and in smoke-package.mjs, and CI tries them.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "cdp-analytics-effect-newest-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const packages = {
  effect: /^4\.\d+\.\d+$/,
  "@effect/platform-node": /^4\.\d+\.\d+$/,
  "@effect/vitest": /^4\.\d+\.\d+$/,
  typescript: /^\d+\.\d+\.\d+$/
}
const left = new Set(["node_modules", "dist", ".git", ".snippets", "package-lock.json"])
cpSync(root, folder, { recursive: true, filter: (path) => !left.has(basename(path)) })

// What a parent `npm run` hands down points at this repository, not at the copy.
const env = { ...process.env }
for (const name of Object.keys(env)) if (name.startsWith("npm_") || name === "INIT_CWD") delete env[name]
const run = (...args) => {
  console.log(`$ npm ${args.join(" ")}`)
  const { status, error } = spawnSync("npm", args, { cwd: folder, env, stdio: ["ignore", "inherit", "inherit"] })
  if (error !== undefined || status !== 0) {
    console.error(error ?? `failed with exit code ${status}`)
    process.exit(1)
  }
}

/** The newest released one, by name: for a range, npm would take an older one that suits the machine's own Node better. */
const newest = (name, wanted) => {
  const { status, stdout, stderr } = spawnSync("npm", ["view", name, "versions", "--json"], { env, encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
  const versions = JSON.parse(stdout).filter((version) => wanted.test(version))
  return versions.sort(new Intl.Collator("en", { numeric: true }).compare).at(-1)
}

const manifestPath = join(folder, "package.json")
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"))
for (const [name, wanted] of Object.entries(packages)) {
  manifest.devDependencies[name] = newest(name, wanted)
}
// What has passed here is what the bound of the peers may be moved to.
for (const name of Object.keys(manifest.peerDependencies)) manifest.peerDependencies[name] = ">=4.1.0"
const asked = Object.keys(packages).map((name) => `${name} ${manifest.devDependencies[name]}`)
console.log(asked.join("\n"))
writeFileSync(manifestPath, JSON.stringify(manifest, null, 2))

run("install", "--no-audit", "--no-fund")
run("run", "check:types")
run("test")
run("run", "check:package")
console.log(`All is well on ${new Date().toISOString().slice(0, 10)} with ${asked.join(", ")}.`)
