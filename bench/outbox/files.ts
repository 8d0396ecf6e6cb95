import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Store } from "./ours.ts"

export type Durability = "full" | "process"

/** A folder on the disk of `TMPDIR`, while work goes on. */
export const inFolder = async <A>(work: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "cdp-bench-"))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const sqliteIn = (folder: string, durability: Durability): Store => ({
  kind: "sqlite",
  filename: join(folder, "analytics.db"),
  durability
})
