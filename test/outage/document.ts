import { Effect } from "effect"
import { countEnded, latencies, quantile, requestsBetween, unstored } from "./figures.ts"
import { calmAfter, type HerdReport, playHerd, type Second, sumOf } from "./herd.ts"
import { play } from "./play.ts"
import {
  type Answer,
  type Arrivals,
  answer,
  between,
  brownOut,
  hanging,
  healthy,
  hours,
  minutes,
  type Report,
  refusedConnection,
  type Scenario,
  seconds
} from "./Scenario.ts"
import { simulate } from "./simulate.ts"

// What docs/outages.md shows. Written by scripts/outages.mjs.

interface Row {
  readonly name: string
  readonly scenario: Scenario
}

/** The rules are about failures, not about room. */
const roomy = { queueCapacity: 2_000_000, queueBytes: 2_000_000_000 }

const away = (name: string, length: number, wrong: Answer, every: number): Row => ({
  name,
  scenario: {
    script: between(minutes(1), minutes(1) + length, () => wrong),
    arrivals: [{ every, count: 10, until: minutes(2) + length }],
    until: minutes(11) + length,
    options: roomy
  }
})

const failing = (name: string, share: number, wrong: Answer, every: number): Row => ({
  name,
  scenario: {
    script: brownOut(share, wrong),
    arrivals: [{ every, count: 20, until: hours(1) }],
    until: hours(2),
    options: roomy
  }
})

const outages: ReadonlyArray<Row> = [
  away("503 for a minute, 10 events a second", minutes(1), answer(503), seconds(1)),
  away("503 for an hour, 10 events every 10 s", hours(1), answer(503), seconds(10)),
  away("500 for an hour, 10 events every 10 s", hours(1), answer(500), seconds(10)),
  away("connections refused for an hour, 10 events every 10 s", hours(1), refusedConnection, seconds(10)),
  away("no answers for an hour, 10 events every 10 s", hours(1), hanging, seconds(10)),
  away("503 for 11 hours, 10 events a minute", hours(11), answer(503), minutes(1))
]

const brownOuts: ReadonlyArray<Row> = [
  failing("1 of 3 fails with 503, 20 batches a second", 1 / 3, answer(503), 50),
  failing("1 of 3 fails with 500, 20 batches a second", 1 / 3, answer(500), 50),
  failing("7 of 10 fail with 500, a batch a second", 0.7, answer(500), seconds(1)),
  failing("7 of 10 hang for 10 s, a batch every 10 s", 0.7, { status: undefined, after: seconds(10) }, seconds(10)),
  failing("9 of 10 fail with 500, a batch every 5 s", 0.9, answer(500), seconds(5))
]

const poisoned = (name: string, batches: number, every: number): Row => ({
  name,
  scenario: {
    script: healthy,
    arrivals: [
      ...Array.from(
        { length: batches },
        (): Arrivals => ({
          from: minutes(5) + every / 2,
          every: hours(100),
          until: minutes(5) + every,
          count: 20,
          poison: () => 1
        })
      ),
      { every, count: 20, until: hours(3) }
    ],
    until: hours(3.1),
    options: roomy
  }
})

const poison: ReadonlyArray<Row> = [
  poisoned("1 batch with one, a batch a second", 1, seconds(1)),
  poisoned("5 batches with one, a batch a second", 5, seconds(1)),
  poisoned("1 batch with one, a batch a minute", 1, minutes(1)),
  poisoned("5 batches with one, a batch a minute", 5, minutes(1))
]

const time = (millis: number): string =>
  millis < 10_000
    ? `${(millis / 1000).toFixed(2)} s`
    : millis < 120_000
      ? `${Math.round(millis / 1000)} s`
      : `${Math.round(millis / 60_000)} min`

const number = (value: number): string => value.toLocaleString("en")

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(" | ")} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`
  return [line(head), rule, ...rows.map(line)].join("\n")
}

const stored = (report: Report): string =>
  `${number(report.accepted.size - report.poison.size - unstored(report).length)} of ${number(report.accepted.size - report.poison.size)}`

const playOutage = ({ name, scenario }: Row) =>
  Effect.map(play(scenario), (report) => {
    const end = scenario.until - minutes(10)
    const hour = requestsBetween(report, end - minutes(30), end).length
    return [
      name,
      stored(report),
      number(requestsBetween(report, minutes(1), end).length),
      number(requestsBetween(simulate(scenario), minutes(1), end).length),
      end > minutes(31) ? (hour / 30).toFixed(1) : "",
      number(report.lines.length)
    ]
  })

const playBrownOut = ({ name, scenario }: Row) =>
  Effect.map(play(scenario), (report) => {
    const modelled = simulate(scenario)
    const [ours, models] = [latencies(report), latencies(modelled)]
    return [
      name,
      stored(report),
      number(report.requests.length),
      number(modelled.requests.length),
      `${time(quantile(ours, 0.5))}, ${time(quantile(ours, 0.99))}`,
      `${time(quantile(models, 0.5))}, ${time(quantile(models, 0.99))}`,
      number(report.lines.length)
    ]
  })

const playPoison = ({ name, scenario }: Row) =>
  Effect.map(play(scenario), (report) => {
    const touched = new Set(report.requests.flatMap(({ ids }) => (ids.some((id) => report.poison.has(id)) ? ids : [])))
    const healthyOnes = latencies(report, (id) => !touched.has(id))
    const neighbours = latencies(report, (id) => touched.has(id))
    const ends = [...report.poison].map((id) => (report.ended.get(id)?.at ?? Number.NaN) - report.accepted.get(id)!)
    return [
      name,
      stored(report),
      `${countEnded(report, "RetriesExhausted")} after ${time(Math.max(...ends))}`,
      `${time(quantile(healthyOnes, 0.5))}, ${time(quantile(healthyOnes, 1))}`,
      `${time(quantile(neighbours, 0.5))}, ${time(quantile(neighbours, 1))}`
    ]
  })

const herd = { clients: 500, limit: 200, backAt: minutes(10), until: minutes(14), every: seconds(5), count: 5 }

/** Seconds since the server is back, as the table has them. */
const moments = [
  [-600, -590],
  [-590, -540],
  [-540, -300],
  [-300, 0],
  [0, 1],
  [1, 2],
  [2, 5],
  [5, 10],
  [10, 20],
  [20, 40],
  [40, 60],
  [60, 90],
  [90, 120],
  [120, 150],
  [150, 180],
  [180, 240]
] as const

const herdRows = (report: HerdReport): ReadonlyArray<ReadonlyArray<string>> =>
  moments.map(([from, until]) => {
    const back = herd.backAt / 1000
    const { asked, taken } = sumOf(report.seconds.slice(back + from, back + until))
    const span = until - from
    return [`${from} to ${until} s`, number(Math.round(asked / span)), number(Math.round(taken / span))]
  })

const width = 760
const height = 300
const margin = { left: 56, right: 16, top: 32, bottom: 44 }

const drawHerd = (report: HerdReport): string => {
  const most = Math.max(...report.seconds.map(({ asked }) => asked))
  const top = Math.ceil(most / 100) * 100
  const end = report.seconds.length
  const x = (second: number) => margin.left + (second / end) * (width - margin.left - margin.right)
  const y = (rate: number) => height - margin.bottom - (rate / top) * (height - margin.top - margin.bottom)
  const line = (rate: (second: Second) => number, colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${report.seconds
      .map((second, index) => `${x(index).toFixed(1)},${y(rate(second)).toFixed(1)}`)
      .join(" ")}"/>`
  const xTicks = Array.from({ length: Math.floor(end / 60) + 1 }, (_, minute) => minute).filter(
    (minute) => minute % 2 === 0
  )
  const yTicks = Array.from({ length: top / 100 + 1 }, (_, index) => index * 100)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>Requests a second of 500 clients, around the end of an outage of ten minutes</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${yTicks.map((rate) => `<text x="${margin.left - 8}" y="${y(rate) + 4}" text-anchor="end">${rate}</text><path stroke="#dddddd" d="M${margin.left} ${y(rate)}H${width - margin.right}"/>`).join("")}
${xTicks.map((minute) => `<text x="${x(minute * 60)}" y="${height - margin.bottom + 18}" text-anchor="middle">${minute}</text>`).join("")}
<text x="${(margin.left + width - margin.right) / 2}" y="${height - 8}" text-anchor="middle" fill="#555555">minutes</text>
<text x="${margin.left}" y="20" fill="#d55e00">requests a second</text>
<text x="${margin.left + 120}" y="20" fill="#0072b2">of which the server takes</text>
${line(({ asked }) => asked, "#d55e00")}
${line(({ taken }) => taken, "#0072b2")}
</svg>
`
}

const documentOf = (
  outageRows: ReadonlyArray<ReadonlyArray<string>>,
  brownOutRows: ReadonlyArray<ReadonlyArray<string>>,
  poisonRows: ReadonlyArray<ReadonlyArray<string>>,
  report: HerdReport
): string => {
  const back = herd.backAt / 1000
  const before = sumOf(report.seconds.slice(0, back))
  const calm = calmAfter(report, herd.backAt)
  const after = sumOf(report.seconds.slice(back, back + calm))
  const peak = Math.max(...report.seconds.slice(back).map(({ asked }) => asked))
  return `# Outages, in figures

What the client does when the server is away, fails now and then, or chokes on a message: at default options but for more room, through the real transport, over an \`HttpClient\` that answers after 50 ms, on a clock of its own. This page is written by a program. To run it again, in the repository:

\`\`\`sh
node scripts/outages.mjs
\`\`\`

**Model** is a model of the rules, \`test/outage/model.ts\`, written apart from the client; \`test/outage\` holds the client to it, and to the laws that each of these keeps.

## Away

${table(["The server", "events stored", "requests meanwhile", "model", "a minute, settled", "log lines"], outageRows)}

## Failing now and then, for an hour

${table(["Of all requests", "events stored", "requests", "model", "delivered after: median, 99 %", "model", "log lines"], brownOutRows)}

## Poison

A message that the server answers with 500, each time and whatever it is sent with, among others that are well. **Neighbours** were in a request with one.

${table(["In a service with", "events stored", "poison ends", "others' delivery: median, longest", "neighbours'"], poisonRows)}

## A herd

${number(herd.clients)} clients, each with an event a second, of a server that is away for ten minutes, and takes ${herd.limit} requests a second when it is back; it answers 503 to the rest. ${number(report.accepted)} events were accepted; when it was back, ${number(Math.round((herd.clients * 600) / 20))} requests were due at once.

- While it was away each client asked ${Math.round(before.asked / herd.clients)} times.
- Everything had been taken ${calm} s after it was back: ${number(after.taken)} requests, and ${number(after.asked - after.taken)} that were refused. At most ${number(peak)} came in a second.
- No client knows of another. What keeps them apart is chance, in when they ask again, and that what was refused waits longer each time.

![Requests a second](images/herd.svg)

${table(["since the server is back", "requests a second", "taken"], herdRows(report))}
`
}

/** Plays everything. */
export const makeDocument = Effect.gen(function* () {
  const outageRows = yield* Effect.forEach(outages, playOutage)
  const brownOutRows = yield* Effect.forEach(brownOuts, playBrownOut)
  const poisonRows = yield* Effect.forEach(poison, playPoison)
  const report = yield* playHerd(herd)
  return { document: documentOf(outageRows, brownOutRows, poisonRows, report), chart: drawHerd(report) }
})
