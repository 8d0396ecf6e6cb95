import { type ContenderName, contenders } from "../contenders/index.ts"
import { bundles, unwantedInputs } from "./bundle.ts"
import { coldStart } from "./coldStart.ts"
import { compare, type Figures } from "./floods.ts"
import { trickle } from "./trickle.ts"

const names: ReadonlyArray<ContenderName> = [
  "floor",
  "ours-node",
  "ours-undici",
  "ours-fetch",
  "customerio",
  "segment",
  "posthog"
]

/** What must hold on any machine, however noisy; the exit code. */
export const runShort = async (): Promise<number> => {
  const { figures } = await compare({ batchSize: 20, payloadBytes: 700, events: 5000 }, names, 3)
  const cpu = (name: ContenderName): number =>
    figures.find(({ contender }) => contender === name)?.cpuMicrosPerEvent.median ?? Number.NaN
  const dripped = await trickle("ours-node", { perSecond: 200, seconds: 3 })
  const started = await coldStart("ours-node", 1)
  const sizes = await bundles()
  const unwanted = await unwantedInputs()

  for (const { contender, cpuMicrosPerEvent, timesFloor } of figures) {
    console.log(
      `${contenders[contender].title}: ${cpuMicrosPerEvent.median.toFixed(1)} µs per event, ${timesFloor.median.toFixed(2)} × floor`
    )
  }
  console.log(`import and make: ${started.readyMs.median.toFixed(0)} ms`)
  for (const { title, gzipped } of sizes) console.log(`${title}: ${(gzipped / 1000).toFixed(1)} KB gzipped`)

  const checks: ReadonlyArray<readonly [string, boolean]> = [
    ...figures.map(({ contender, events, arrived }: Figures) => {
      return [`every event of ${contenders[contender].title} arrived`, arrived === events] as const
    }),
    ["every event of the trickle arrived", dripped?.hasArrived === true],
    // It takes one and a half times that of the floor in runs this short, the official clients three and a half times.
    ["at most three times the processor time of the floor", cpu("ours-node") < 3 * cpu("floor")],
    [
      "less processor time than Customer.io's and Segment's",
      cpu("ours-node") < Math.min(cpu("customerio"), cpu("segment"))
    ],
    [`a program that only tracks pulls in nothing else ${unwanted.join(" ")}`.trimEnd(), unwanted.length === 0]
  ]
  for (const [what, holds] of checks) console.log(`${holds ? "✓" : "✗"} ${what}`)
  return checks.every(([, holds]) => holds) ? 0 : 1
}
