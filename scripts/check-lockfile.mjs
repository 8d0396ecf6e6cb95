/**
 * That `npm ci` works by the lockfiles, on every platform and with any registry, and that what the tests run with by them is
 * the oldest that is supported.
 */
import { isDeepStrictEqual } from "node:util"
import { lockfiles, missingOptionals, readJson } from "./lockfile.mjs"

const faults = []

/** What a lockfile repeats of a package.json. */
const repeated = [
  "name",
  "version",
  "license",
  "engines",
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta"
]

for (const { folder, name: lockfileName } of lockfiles) {
  const lockfile = readJson(lockfileName)
  const tell = (fault) => faults.push(`${lockfileName}: ${fault}`)

  const manifest = readJson(`${folder}package.json`)
  for (const field of repeated) {
    if (!isDeepStrictEqual(lockfile.packages[""][field], manifest[field])) tell(`has other ${field} than package.json`)
  }
  for (const [path, entry] of Object.entries(lockfile.packages)) {
    if (!path.includes("node_modules") || entry.link) continue
    if (entry.resolved !== undefined) tell(`${path} names the host of ${entry.resolved}`)
    // What complete-lockfile.mjs wrote has none.
    if (entry.integrity === undefined && !(entry.optional && entry.os)) tell(`${path} has no integrity`)
  }
  for (const { of, name, wanted } of missingOptionals(lockfile)) {
    tell(`${name}@${wanted}, an optional dependency of ${of}, is missing: npm run fix`)
  }
}

const { peerDependencies, engines } = readJson("package.json")
const oldest = (range) => /\d+\.\d+\.\d+/.exec(range)?.[0]
for (const [folder, path, range] of [
  ...Object.entries(peerDependencies).map(([name, range]) => ["", name, range]),
  ["test/runtimes/", "node-22", engines.node]
]) {
  const { version } = readJson(`${folder}package-lock.json`).packages[`node_modules/${path}`]
  if (version !== oldest(range)) {
    faults.push(`${folder}package-lock.json: ${path} is ${version}, which is not the oldest of ${range}`)
  }
}

if (faults.length > 0) {
  console.error(faults.join("\n"))
  process.exit(1)
}
