import { type Spread, spread } from "../speed/statistics.ts"
import type { Database } from "./database.ts"
import { inFolder, sqliteIn } from "./files.ts"
import { measure, measureAll } from "./measure.ts"
import type { Store } from "./ours.ts"
import type { Plan } from "./plan.ts"

/** An outbox in which more and more wait. */
export interface GrowthFigures {
  readonly store: "SQLite" | "Postgres"
  readonly points: ReadonlyArray<GrowthPoint>
}

export interface GrowthPoint {
  readonly waiting: number
  /** Processor time of a call, of 256 at once. */
  readonly callMicros: Spread
  /** Processor time of what is delivered, in batches of 500. */
  readonly drainMicros: Spread
  /** The same of Postgres itself. */
  readonly callDatabaseMicros: Spread
  readonly drainDatabaseMicros: Spread
  /** Of what accepts only, and of what delivers. */
  readonly openMs: Spread
  readonly openRelayMs: Spread
  readonly openMegabytes: Spread
  readonly peakMegabytes: Spread
}

const grow = async (
  title: GrowthFigures["store"],
  store: Store,
  { growth }: Plan,
  databaseMicros: () => number
): Promise<GrowthFigures> => {
  const points: Array<GrowthPoint> = []
  let from = 0
  const fillUpTo = async (upTo: number): Promise<void> => {
    await measure<"fill">({ kind: "fill", store, upTo, from })
    from += upTo
  }
  for (const waiting of growth.sizes) {
    const runs = []
    for (let round = 0; round < growth.rounds; round++) {
      await fillUpTo(waiting)
      const before = databaseMicros()
      const called = await measure<"accept">({ kind: "accept", store, callers: 256, events: growth.calls, from })
      const between = databaseMicros()
      from += growth.calls
      const events = growth.drained
      const drained = await measureAll<"drainSome">(events, { kind: "drainSome", store, batchSize: 500, events })
      runs.push({ called, drained, before, between, after: databaseMicros() })
      console.error(`${title}, ${waiting} waiting: round ${round + 1} of ${growth.rounds}`)
    }
    points.push({
      waiting,
      callMicros: spread(runs.map(({ called }) => called.cpuMicros / growth.calls)),
      drainMicros: spread(runs.map(({ drained }) => drained.cpuMicros / drained.arrived.events)),
      callDatabaseMicros: spread(runs.map(({ before, between }) => (between - before) / growth.calls)),
      drainDatabaseMicros: spread(
        runs.map(({ between, after, drained }) => (after - between) / drained.arrived.events)
      ),
      openMs: spread(runs.map(({ called }) => called.opening.ms)),
      openRelayMs: spread(runs.map(({ drained }) => drained.opening.ms)),
      openMegabytes: spread(runs.map(({ called }) => called.opening.megabytes)),
      peakMegabytes: spread(runs.map(({ drained }) => drained.peakMegabytes))
    })
  }
  return { store: title, points }
}

export const measureGrowth = async (plan: Plan, database: Database): Promise<ReadonlyArray<GrowthFigures>> => [
  await inFolder((folder) => grow("SQLite", sqliteIn(folder, "full"), plan, () => 0)),
  await database.use((url) => grow("Postgres", { kind: "postgres", url }, plan, database.cpuMicros))
]
