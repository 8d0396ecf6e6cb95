import { readFileSync } from "node:fs"
import { cpus, totalmem, type } from "node:os"
import { type ContenderName, contenders } from "./contenders/index.ts"

/** The machine in one line. */
export const machine = (): string => {
  const [cpu] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} shared cores (${cpu?.model ?? "unknown"}), ${gigabytes} GB, ${type()}, Node ${process.versions.node}`
}

/** A contender's package with the version that ran. */
export const versionOf = (name: ContenderName): string => {
  const { package: packageName } = contenders[name]
  const manifest = readFileSync(new URL(`node_modules/${packageName}/package.json`, import.meta.url), "utf8")
  return `${packageName} ${JSON.parse(manifest).version}`
}

export const today = (): string => new Date().toISOString().slice(0, 10)
