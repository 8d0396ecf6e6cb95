#!/usr/bin/env node
import { problemOfNode } from "../node/nodeVersion.ts"

const { bun } = process.versions

const problem =
  bun === undefined ? problemOfNode() : `needs Node, and this is Bun ${bun}: \`bunx\` without \`--bun\` runs it on Node`

if (problem === undefined) {
  await import("./program.ts")
} else {
  process.stderr.write(`cdp-analytics ${problem}.\n`)
  process.exitCode = 1
}
