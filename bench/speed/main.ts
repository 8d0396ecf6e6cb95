/**
 * Measures this library beside its peers.
 *
 *   npm run bench                    everything, about 45 minutes; writes README.md, results.json and the chart
 *   npm run bench -- --rounds 9      more rounds
 *   npm run bench -- --short         half a minute: everything arrives, and what is far from noise; writes nothing
 *   npm run bench -- --report        writes README.md and the chart again, of the results.json that is there
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type ContenderName, contenders } from "../contenders/index.ts"
import { machine, today, versionOf } from "../machine.ts"
import { writeSection } from "../readme.ts"
import { bundles, unwantedInputs } from "./bundle.ts"
import { drawChart, type Panel } from "./chart.ts"
import { coldStart } from "./coldStart.ts"
import { compare } from "./floods.ts"
import { type Growth, growWithEvents, growWithWaiting } from "./growth.ts"
import { makeReport, type Results } from "./report.ts"
import { runShort } from "./short.ts"
import { trickle } from "./trickle.ts"

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    "trickle-seconds": { type: "string", default: "60" }
  }
})

if (values.short) process.exit(await runShort())

const rounds = Number(values.rounds)
const seconds = Number(values["trickle-seconds"])

const clients: ReadonlyArray<ContenderName> = [
  "ours-node",
  "ours-undici",
  "ours-fetch",
  "customerio",
  "segment",
  "posthog",
  "rudderstack"
]
const all: ReadonlyArray<ContenderName> = ["floor", ...clients]

const loads = [700, 200, 8000].flatMap((payloadBytes) =>
  [20, 100, 500].map((batchSize) => ({ batchSize, payloadBytes, events: payloadBytes === 8000 ? 30_000 : 100_000 }))
)

const inTurn = async <A, B>(items: ReadonlyArray<A>, run: (item: A) => Promise<B>): Promise<Array<B>> => {
  const done = []
  for (const item of items) done.push(await run(item))
  return done
}

const grown: ReadonlyArray<ContenderName> = ["ours-node", "floor", "customerio", "segment", "posthog", "rudderstack"]

/** As far as each gets in reasonable time. */
const eventCounts = (contender: ContenderName): ReadonlyArray<number> => {
  if (contender === "ours-node") return [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
  return contender === "rudderstack" ? [1000, 2000, 3000] : [1000, 3000, 10_000, 30_000, 100_000]
}

const waitingCounts = (contender: ContenderName): ReadonlyArray<number> =>
  contender === "rudderstack" ? [10, 100, 500] : [10, 100, 1000, 10_000, 100_000]

const run = async (): Promise<Results> => ({
  date: today(),
  machine: machine(),
  versions: [...clients.filter((name) => name !== "ours-undici" && name !== "ours-fetch"), "floor" as const].map(
    (name) => versionOf(contenders[name].package)
  ),
  bundles: await bundles(),
  coldStart: await inTurn(all, (contender) => coldStart(contender, rounds)),
  comparisons: await inTurn(loads, (load) => compare(load, all, rounds)),
  growthWithEvents: await inTurn(grown, (contender) => growWithEvents(contender, eventCounts(contender), rounds)),
  growthWithWaiting: await inTurn(
    grown.filter((name) => name !== "floor"),
    (contender) => growWithWaiting(contender, waitingCounts(contender), rounds)
  ),
  trickle: {
    seconds,
    figures: (
      await inTurn(["nothing" as const, ...all], (contender) => trickle(contender, { perSecond: 200, seconds }))
    ).filter((figures) => figures !== undefined)
  }
})

/** Told apart by those who see no red or green, on white and on black. */
const colours: Record<string, string> = {
  "ours-node": "#0072b2",
  floor: "#888888",
  segment: "#e69f00",
  customerio: "#d55e00",
  posthog: "#cc79a7",
  rudderstack: "#009e73"
}

const linesOf = (growths: ReadonlyArray<Growth>): Pick<Panel, "yLabel" | "lines"> => ({
  yLabel: "µs of processor time",
  lines: growths.map(({ contender, points }) => ({
    title: contenders[contender].title,
    colour: colours[contender] ?? "#000000",
    points: points.map(({ x, cpuMicrosPerEvent }) => ({ x, y: cpuMicrosPerEvent }))
  }))
})

const file = (path: string): URL => new URL(`../${path}`, import.meta.url)

if (!values.report) {
  const unwanted = await unwantedInputs()
  if (unwanted.length > 0) throw new Error(`a program that only tracks pulls in ${unwanted.join(", ")}`)
  writeFileSync(file("results.json"), `${JSON.stringify(await run(), undefined, 2)}\n`)
}
const results: Results = JSON.parse(readFileSync(file("results.json"), "utf8"))

const report = makeReport(results)
console.log(report)

writeSection("results", report)
mkdirSync(file("../docs/images"), { recursive: true })
writeFileSync(
  file("../docs/images/growth.svg"),
  drawChart([
    { title: "An event, when there are more", xLabel: "events", ...linesOf(results.growthWithEvents) },
    { title: "A call, when more are waiting", xLabel: "events waiting", ...linesOf(results.growthWithWaiting) }
  ])
)
