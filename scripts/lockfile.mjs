/** The lockfiles, and what npm left out of them: for check-lockfile.mjs and complete-lockfile.mjs. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = new URL("../", import.meta.url)

/** What is in a file of JSON, by its path from the root of the repository. */
export const readJson = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"))

export const lockfiles = ["", "bench/", "site/", "test/runtimes/"].map((folder) => ({
  folder,
  name: `${folder}package-lock.json`,
  file: fileURLToPath(new URL(`${folder}package-lock.json`, root))
}))

/** Where what the package at `path` depends on may lie, the nearest first. */
const placesOf = (path, name) => {
  const above = path.slice(0, Math.max(path.lastIndexOf("node_modules/") - 1, 0))
  const place = `${path}/node_modules/${name}`
  return path === "" ? [place.slice(1)] : [place, ...placesOf(above, name)]
}

/**
 * The optional packages that a package names and the lockfile has not: npm leaves out what its registry does not know, and
 * what is for other platforms when it makes a lockfile of what is installed. `npm ci` then fails, on every machine.
 */
export const missingOptionals = ({ packages }) =>
  Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).flatMap(([name, wanted]) => {
      const places = placesOf(path, name)
      const nearest = packages[places.find((place) => packages[place] !== undefined)]
      const isThere = nearest !== undefined && (!isVersion(wanted) || nearest.version === wanted)
      return isThere
        ? []
        : [{ of: path, name, wanted, place: places.findLast((place) => packages[place] === undefined) ?? places[0] }]
    })
  )

export const isVersion = (wanted) => /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted)
