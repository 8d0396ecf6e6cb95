#!/usr/bin/env node
import { problemOfNode } from "../node/nodeVersion.ts"

const problem = problemOfNode()

if (problem === undefined) {
  await import("./program.ts")
} else {
  process.stderr.write(`cdp-analytics ${problem}.\n`)
  process.exitCode = 1
}
