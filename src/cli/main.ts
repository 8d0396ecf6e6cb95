#!/usr/bin/env node
// The rest is imported after this, since on an older Node it ends in an error of some dependency's.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major > 22 || (major === 22 && minor >= 19)) {
  await import("./program.ts")
} else {
  process.stderr.write(`cdp-analytics needs Node 22.19 or newer, and this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
}
