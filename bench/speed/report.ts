import { type ContenderName, contenders } from "../contenders/index.ts"
import { between, table, whole } from "../markdown.ts"
import type { BundleFigures } from "./bundle.ts"
import type { ColdStartFigures } from "./coldStart.ts"
import type { Comparison, Figures } from "./floods.ts"
import type { Growth } from "./growth.ts"
import type { TrickleFigures } from "./trickle.ts"

export interface Results {
  readonly date: string
  readonly machine: string
  readonly versions: ReadonlyArray<string>
  readonly comparisons: ReadonlyArray<Comparison>
  readonly trickle: { readonly seconds: number; readonly figures: ReadonlyArray<TrickleFigures> }
  readonly coldStart: ReadonlyArray<ColdStartFigures>
  readonly bundles: ReadonlyArray<BundleFigures>
  readonly growthWithEvents: ReadonlyArray<Growth>
  readonly growthWithWaiting: ReadonlyArray<Growth>
}

/** The results as Markdown. */
export const makeReport = (results: Results): string =>
  [
    `Run on ${results.date}, on ${results.machine}, with ${results.versions.join(", ")}.`,
    summarySection(results),
    ...results.comparisons.map(comparisonSection),
    trickleSection(results),
    coldStartSection(results),
    bundleSection(results)
  ].join("\n\n")

/** This library, beside the rest. */
const summarySection = ({ comparisons }: Results): string => {
  const rows = comparisons.map(({ load, figures }) => {
    const of = (names: ReadonlyArray<ContenderName>): Figures | undefined =>
      figures
        .filter(({ contender, arrived, events }) => names.includes(contender) && arrived === events)
        .sort((a, b) => a.cpuMicrosPerEvent.median - b.cpuMicrosPerEvent.median)[0]
    const ours = of(["ours-node"])
    const floor = of(["floor"])
    const times = (others: Figures | undefined): string =>
      others === undefined || ours === undefined
        ? ""
        : `${(others.cpuMicrosPerEvent.median / ours.cpuMicrosPerEvent.median).toFixed(1)} × (${title(others.contender)})`
    const p99 = ours === undefined || floor === undefined ? Number.NaN : ours.p99.median / floor.p99.median
    return [
      `batches of ${load.batchSize}, ${load.payloadBytes.toLocaleString("en")} bytes`,
      ours?.timesFloor.median.toFixed(2) ?? "",
      times(of(["customerio", "segment"])),
      times(of(["posthog", "rudderstack"])),
      p99.toFixed(1)
    ]
  })
  const head = [
    "",
    "× floor",
    "better of the official clients takes",
    "best of the others takes",
    "p99 of a call, × floor"
  ]
  return `### In short\n\nProcessor time per event, as ratios in one run.\n\n${table(head, rows)}`
}

const comparisonSection = ({ load, rounds, figures }: Comparison): string => {
  const heading = `### Batches of ${load.batchSize}, events of ${load.payloadBytes.toLocaleString("en")} bytes`
  const rows = [...figures].sort((a, b) => a.cpuMicrosPerEvent.median - b.cpuMicrosPerEvent.median).map(comparisonRow)
  const head = [
    "",
    "events",
    "CPU µs per event",
    "× floor",
    "events per second",
    "call µs: p50",
    "p99",
    "p99.9",
    "max",
    "a turn µs: p50",
    "p99",
    "max",
    "peak MB",
    "requests",
    "sockets",
    "bytes per event"
  ]
  return `${heading}\n\nMedians of ${rounds} rounds, in brackets the least and the greatest.\n\n${table(head, rows)}`
}

const comparisonRow = (figures: Figures): ReadonlyArray<string> => {
  const { contender, events, arrived } = figures
  const name = title(contender)
  if (arrived < events) return [name, `**${arrived} of ${events} arrived**`, ...new Array(14).fill("")]
  return [
    name,
    whole(events),
    between(figures.cpuMicrosPerEvent, 1),
    between(figures.timesFloor, 2),
    whole(figures.eventsPerSecond.median),
    figures.p50.median.toFixed(1),
    whole(figures.p99.median),
    whole(figures.p999.median),
    whole(figures.maxMicros.median),
    whole(figures.turnP50.median),
    whole(figures.turnP99.median),
    whole(figures.turnMax.median),
    whole(figures.peakMegabytes.median),
    whole(figures.requests.median),
    whole(figures.sockets.median),
    whole(figures.bytesPerEvent.median)
  ]
}

const trickleSection = ({ trickle: { seconds, figures } }: Results): string => {
  const rows = figures.map(({ contender, hasArrived, cpuPercent, wakeUpsPerSecond, latency, turns }) => [
    title(contender),
    hasArrived ? "all" : "**not all**",
    `${cpuPercent.toFixed(2)} %`,
    whole(wakeUpsPerSecond),
    whole(latency.p50),
    whole(latency.p99),
    whole(latency.p999),
    whole(latency.max),
    whole(turns.p50),
    whole(turns.p99),
    whole(turns.max)
  ])
  const head = [
    "",
    "arrived",
    "CPU, of one core",
    "wake-ups per second",
    "call µs: p50",
    "p99",
    "p99.9",
    "max",
    "too late µs: p50",
    "p99",
    "max"
  ]
  return `### A trickle: 200 calls a second for ${seconds} seconds\n\n${table(head, rows)}`
}

const coldStartSection = ({ coldStart }: Results): string => {
  const rows = coldStart.map(({ contender, readyMs, firstCallMs, peakMegabytes }) => [
    title(contender),
    between(readyMs, 0),
    between(firstCallMs, 1),
    whole(peakMegabytes.median)
  ])
  const head = ["", "import and make the client, ms", "first call, ms", "peak MB"]
  return `### Cold start\n\n${table(head, rows)}`
}

const bundleSection = ({ bundles }: Results): string => {
  const rows = bundles.map(({ title, minified, gzipped }) => [title, kilobytes(minified), kilobytes(gzipped)])
  return `### Size of a program that only tracks\n\n${table(["", "minified", "and gzipped"], rows)}`
}

const title = (contender: Figures["contender"]): string =>
  contender.startsWith("ours") ? `**${contenders[contender].title}**` : contenders[contender].title

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`
