/**
 * Plays outages, brown-outs, poison and a herd, and writes docs/outages.md and its chart: a few minutes.
 *
 *   node scripts/outages.mjs
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { makeDocument } from "../test/outage/document.ts"

const docs = fileURLToPath(new URL("../docs/", import.meta.url))
const { document, chart } = await Effect.runPromise(makeDocument)
writeFileSync(`${docs}outages.md`, document)
writeFileSync(`${docs}images/herd.svg`, chart)
