/**
 * Writes into the lockfiles what npm left out of them: packages of other platforms that the registry in use does not have.
 * To be run after every change of a lockfile; `npm run fix` does.
 */
import { writeFileSync } from "node:fs"
import { isVersion, lockfiles, missingOptionals, readJson } from "./lockfile.mjs"

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]
const processors = "arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x x64".split(" ")

/** The platform that such a package is for is the end of its name. */
const platformOf = (name) => {
  const words = name.split(/[-/]/)
  const os = words.find((word) => systems.includes(word))
  const cpu = words.find((word) => processors.includes(word))
  return os !== undefined && cpu !== undefined ? { os, cpu, isMusl: words.includes("musl") } : undefined
}

for (const { name: lockfileName, file } of lockfiles) {
  const lockfile = readJson(lockfileName)
  for (const { of, name, wanted, place } of missingOptionals(lockfile)) {
    const platform = platformOf(name)
    if (platform === undefined || !isVersion(wanted)) throw new Error(`${lockfileName}: cannot tell what ${name} is`)
    const { dev, devOptional } = lockfile.packages[of]
    lockfile.packages[place] = {
      version: wanted,
      cpu: [platform.cpu],
      ...(dev && { dev }),
      ...(devOptional && { devOptional }),
      ...(platform.isMusl && { libc: ["musl"] }),
      optional: true,
      os: [platform.os]
    }
    console.log(`${lockfileName}: ${name}@${wanted}`)
  }
  // In npm's own order and layout, so that npm finds nothing to rewrite.
  const inOrder = Object.entries(lockfile.packages).sort(([one], [other]) => one.localeCompare(other, "en"))
  writeFileSync(file, `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(inOrder) }, null, 2)}\n`)
}
