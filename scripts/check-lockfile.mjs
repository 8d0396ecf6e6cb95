// That an install followed the lockfile: `check-lockfile.mjs committed.json installed.json`.
// Optional packages may come and go: npm writes those of other platforms in when the registry offers them.
import { readFileSync } from "node:fs"
import { isDeepStrictEqual } from "node:util"

const [committed, installed] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")).packages)

const fault = (path, was, is) => {
  if (path === "") return isDeepStrictEqual(was, is) ? undefined : "it does not fit package.json"
  if (was === undefined) return is.optional ? undefined : `${path} is missing from it`
  if (was.resolved !== undefined && !was.link) return `${path} names the host of ${was.resolved}`
  if (is === undefined) return was.optional ? undefined : `${path} is in it for nothing`
  if (was.version !== is.version || was.integrity !== is.integrity) return `${path} was installed as ${is.version}`
}

const faults = Object.keys({ ...committed, ...installed })
  .map((path) => fault(path, committed[path], installed[path]))
  .filter((found) => found !== undefined)

if (faults.length > 0) {
  console.error(`package-lock.json is not what npm installs by:\n  ${faults.join("\n  ")}`)
  process.exit(1)
}
