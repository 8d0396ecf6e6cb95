import { readFileSync } from "node:fs"
import { cpus, totalmem, type } from "node:os"

/** The machine in one line. */
export const machine = (): string => {
  const [cpu] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} shared cores (${cpu?.model ?? "unknown"}), ${gigabytes} GB, ${type()}, Node ${process.versions.node}`
}

/** A package with the version that ran. */
export const versionOf = (name: string, folder = new URL(import.meta.url)): string => {
  const manifest = readFileSync(new URL(`node_modules/${name}/package.json`, folder), "utf8")
  return `${name} ${JSON.parse(manifest).version}`
}

export const today = (): string => new Date().toISOString().slice(0, 10)
