/** That `npm ci` works by the lockfiles, on every platform and with any registry. */
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

if (faults.length > 0) {
  console.error(faults.join("\n"))
  process.exit(1)
}
