// @effect-diagnostics globalConsole:off - said while the tests of a file are collected, where no Effect runs
import { existsSync } from "node:fs"

/** A program that tests need; where there is none they are skipped, and their name and a line of output say how to get it. */
export const findProgram = (name: string, howToGet: string, ...paths: ReadonlyArray<string>) => {
  const path = paths.find((path) => existsSync(path))
  const why = `skipped without ${name}: ${howToGet}`
  if (path === undefined) console.warn(why)
  return { path: path ?? "", isMissing: path === undefined, note: path === undefined ? ` (${why})` : "" }
}
