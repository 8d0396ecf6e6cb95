import { between, table, whole } from "../markdown.ts"
import type { Line, Panel } from "../speed/chart.ts"
import type { Spread } from "../speed/statistics.ts"
import { goalsOf } from "./goals.ts"
import type { GrowthFigures, GrowthPoint } from "./growth.ts"
import type { PostgresResults } from "./postgres.ts"
import { queues } from "./queues/index.ts"
import type { Results } from "./results.ts"
import type { AcceptFigures, PacedFigures, SqliteResults } from "./sqlite.ts"

/** The results as Markdown. */
export const makeReport = (results: Results): string =>
  [
    `Run on ${results.date}, on ${results.machine}, with ${results.versions.join(", ")}. ${results.rounds === 1 ? "One round." : `Medians of ${results.rounds} rounds, in brackets the least and the greatest.`}`,
    `### What the outbox is held to\n\n${goalTable(results)}`,
    tablesOf(results),
    "![Processor time of a call, and of an event delivered, by the number that wait](../docs/images/outbox-growth.svg)"
  ].join("\n\n")

/** All that was measured. */
export const tablesOf = (results: Results): string =>
  [
    `### SQLite, accepting\n\n\`AnalyticsOutbox.layerWriter\`, so many calls at once.\n\n${acceptTable(results.sqlite.accepted)}`,
    `### SQLite, until all is delivered\n\n\`AnalyticsOutboxNode.layer\` beside \`AnalyticsNode.layer\`, which keeps events in memory; ratios are between figures of the same round.\n\n${deliverTable(results.sqlite)}`,
    `### SQLite, one call after the other\n\nIn turn with appending 4 KB to a file and \`fdatasync\`, in the same process. In µs.\n\n${sequentialTable(results.sqlite)}`,
    `### SQLite, 1,000 calls a second\n\nHow late a turn of the event loop comes, by \`monitorEventLoopDelay\` every millisecond. In ms.\n\n${pacedTable(results.sqlite.paced)}`,
    `### Postgres, accepting\n\nOutside of a transaction, so many calls at once, over 10 connections.\n\n${acceptTable(results.postgres.accepted)}`,
    `### Postgres, in the caller's transaction\n\nCalls of one transaction, all at once, beside a bare \`INSERT\` of a row like it. In µs a call.\n\n${transactionTable(results.postgres)}`,
    `### Postgres, delivering\n\nWhat waited before, in requests of up to 500 events, four at a time.\n\n${queueTable(results.postgres)}`,
    `### When more wait\n\n${growthTable(results.growth)}`
  ].join("\n\n")

const goalTable = (results: Results): string =>
  table(
    ["", "goal", "measured", "met"],
    goalsOf(results).map(({ what, wanted, measured, isMet }) => [what, wanted, measured, isMet ? "yes" : "**no**"])
  )

const acceptTable = (figures: ReadonlyArray<AcceptFigures>): string =>
  table(
    ["durability", "calls at once", "events", "accepted a second", "CPU µs per event", "call µs: p50", "p99"],
    figures.map(({ durability, callers, events, perSecond, cpuMicros, p50, p99 }) => [
      durability === undefined ? "as the server is set" : durability,
      whole(callers),
      whole(events),
      whole(perSecond.median),
      between(cpuMicros, 1),
      whole(p50.median),
      whole(p99.median)
    ])
  )

const deliverTable = ({ delivered }: SqliteResults): string =>
  table(
    [
      "kept in",
      "order",
      "batches of",
      "calls at once",
      "events",
      "CPU µs per event",
      "× memory",
      "accepted a second",
      "delivered a second"
    ],
    delivered.map((each) => [
      each.kept === "memory" ? "memory" : `SQLite, ${each.kept}`,
      each.order,
      whole(each.batchSize),
      each.kept === "memory" ? "" : whole(each.callers),
      whole(each.events),
      between(each.cpuMicros, 1),
      between(each.timesMemory, 2),
      whole(each.acceptedPerSecond.median),
      whole(each.deliveredPerSecond.median)
    ])
  )

const sequentialTable = ({ sequential }: SqliteResults): string =>
  table(
    ["", "p50", "p99", "bare: p50", "p99", "× bare: p50", "p99"],
    sequential.map(({ delivers, p50, p99, bareP50, bareP99, timesBareP50, timesBareP99 }) => [
      delivers ? "accepts and delivers" : "accepts only",
      whole(p50.median),
      whole(p99.median),
      whole(bareP50.median),
      whole(bareP99.median),
      between(timesBareP50, 2),
      between(timesBareP99, 2)
    ])
  )

const pacedTitles: Record<PacedFigures["kept"], string> = {
  nothing: "the timers alone",
  memory: "memory",
  full: "SQLite, full",
  process: "SQLite, process"
}

const millis = ({ median, min, max }: Spread): string =>
  between({ median: median / 1000, min: min / 1000, max: max / 1000 }, 2)

const pacedTable = (figures: ReadonlyArray<PacedFigures>): string =>
  table(
    ["kept in", "delay: p50", "p99", "max", "call: p50", "p99", "CPU, of one core"],
    figures.map(({ kept, delayP50, delayP99, delayMax, callP50, callP99, cpuPercent }) => [
      pacedTitles[kept],
      millis(delayP50),
      millis(delayP99),
      millis(delayMax),
      millis(callP50),
      millis(callP99),
      `${cpuPercent.median.toFixed(1)} %`
    ])
  )

const transactionTable = ({ transactions: { bareP50, bareP99, together } }: PostgresResults): string =>
  table(
    ["", "round trips", "p50", "p99"],
    [
      ["a bare INSERT", "1", whole(bareP50.median), whole(bareP99.median)],
      ...together.map(({ calls, roundTrips, p50, p99 }) => [
        calls === 1 ? "1 call" : `${calls} calls at once`,
        whole(roundTrips),
        whole(p50.median),
        whole(p99.median)
      ])
    ]
  )

const queueTable = ({ queues: figures }: PostgresResults): string =>
  table(
    ["", "beside", "events", "delivered a second", "CPU µs per event", "of Postgres", "requests"],
    figures.map(({ queue, deadRows, events, perSecond, cpuMicros, databaseMicros, requests }) => [
      queues[queue].title,
      deadRows === 0 ? "nothing" : `a transaction held open, ${whole(deadRows)} dead rows`,
      whole(events),
      `${whole(perSecond.median)} (${whole(perSecond.min)}–${whole(perSecond.max)})`,
      between(cpuMicros, 1),
      ifKnown(databaseMicros),
      whole(requests.median)
    ])
  )

const growthTable = (figures: ReadonlyArray<GrowthFigures>): string =>
  table(
    [
      "",
      "waiting",
      "CPU µs: a call",
      "of Postgres",
      "an event delivered",
      "of Postgres",
      "opening ms: accepting",
      "delivering",
      "MB once open",
      "MB at most, delivering"
    ],
    figures.flatMap(({ store, points }) =>
      points.map((point) => [
        store,
        whole(point.waiting),
        between(point.callMicros, 1),
        ifKnown(point.callDatabaseMicros),
        between(point.drainMicros, 1),
        ifKnown(point.drainDatabaseMicros),
        whole(point.openMs.median),
        whole(point.openRelayMs.median),
        whole(point.openMegabytes.median),
        whole(point.peakMegabytes.median)
      ])
    )
  )

/** SQLite has none of its own, and that of a database elsewhere is not known. */
const ifKnown = (micros: Spread): string => (micros.median > 0 ? between(micros, 1) : "")

type Cost = (point: GrowthPoint) => Spread

/** For the chart. */
export const panelsOf = (figures: ReadonlyArray<GrowthFigures>): ReadonlyArray<Panel> => {
  const line = (store: GrowthFigures["store"], title: string, colour: string, costOf: Cost): Line => ({
    title,
    colour,
    points: figures
      .filter((each) => each.store === store)
      .flatMap(({ points }) => points.map((point) => ({ x: point.waiting, y: costOf(point).median })))
      // A database elsewhere does not say what it takes.
      .filter(({ y }) => y > 0)
  })
  const panel = (title: string, costOf: Cost, databaseCostOf: Cost): Panel => ({
    title,
    xLabel: "messages waiting",
    yLabel: "µs of processor time",
    lines: [
      line("SQLite", "SQLite", "#0072b2", costOf),
      line("Postgres", "Postgres, here", "#d55e00", costOf),
      line("Postgres", "Postgres itself", "#009e73", databaseCostOf)
    ]
  })
  return [
    panel(
      "A call, when more wait",
      (point) => point.callMicros,
      (point) => point.callDatabaseMicros
    ),
    panel(
      "An event delivered, when more wait",
      (point) => point.drainMicros,
      (point) => point.drainDatabaseMicros
    )
  ]
}
