import { inRounds } from "../rounds.ts"
import { type Spread, spread } from "../speed/statistics.ts"
import { type Durability, inFolder, sqliteIn } from "./files.ts"
import { measure, measureAll } from "./measure.ts"
import type { Store } from "./ours.ts"
import type { Callers, Plan } from "./plan.ts"

export interface SqliteResults {
  readonly accepted: ReadonlyArray<AcceptFigures>
  readonly delivered: ReadonlyArray<DeliverFigures>
  readonly sequential: ReadonlyArray<SequentialFigures>
  readonly paced: ReadonlyArray<PacedFigures>
}

export interface AcceptFigures extends Callers {
  /** Absent in Postgres. */
  readonly durability: Durability | undefined
  readonly perSecond: Spread
  readonly cpuMicros: Spread
  readonly p50: Spread
  readonly p99: Spread
}

type Kept = "memory" | Durability

export interface DeliverFigures extends Callers {
  readonly kept: Kept
  readonly order: "person" | "none"
  readonly batchSize: number
  readonly cpuMicros: Spread
  /** Of the same round, with as many events. */
  readonly timesMemory: Spread
  readonly acceptedPerSecond: Spread
  readonly deliveredPerSecond: Spread
}

export interface SequentialFigures {
  readonly delivers: boolean
  readonly p50: Spread
  readonly p99: Spread
  readonly bareP50: Spread
  readonly bareP99: Spread
  /** Of the same process. */
  readonly timesBareP50: Spread
  readonly timesBareP99: Spread
}

export interface PacedFigures {
  readonly kept: Kept | "nothing"
  readonly delayP50: Spread
  readonly delayP99: Spread
  readonly delayMax: Spread
  readonly callP50: Spread
  readonly callP99: Spread
  readonly cpuPercent: Spread
}

const durabilities: ReadonlyArray<Durability> = ["full", "process"]

/** In a folder of its own, so that each has an empty file. */
const withStore = <A>(kept: Kept, work: (store: Store, folder: string) => Promise<A>): Promise<A> =>
  inFolder((folder) => work(kept === "memory" ? { kind: "memory" } : sqliteIn(folder, kept), folder))

const acceptAll = async ({ callers, rounds }: Plan): Promise<ReadonlyArray<AcceptFigures>> => {
  const loads = callers.flatMap((load) => durabilities.map((durability) => ({ ...load, durability })))
  const measured = await inRounds(loads, rounds, "SQLite, accepting", ({ callers, events, durability }) =>
    withStore(durability, (store) => measure<"accept">({ kind: "accept", store, callers, events, from: 0 }))
  )
  return [...measured].map(([load, runs]) => ({
    ...load,
    perSecond: spread(runs.map(({ wallMs }) => load.events / (wallMs / 1000))),
    cpuMicros: spread(runs.map(({ cpuMicros }) => cpuMicros / load.events)),
    p50: spread(runs.map(({ call }) => call.p50)),
    p99: spread(runs.map(({ call }) => call.p99))
  }))
}

const deliverAll = async ({ callers, batchSizes, rounds }: Plan): Promise<ReadonlyArray<DeliverFigures>> => {
  const kinds = [
    { kept: "memory", order: "none" },
    { kept: "full", order: "person" },
    { kept: "full", order: "none" },
    { kept: "process", order: "person" },
    { kept: "process", order: "none" }
  ] as const
  const loads = batchSizes.flatMap((batchSize) =>
    callers.flatMap((load) => kinds.map((kind) => ({ ...load, ...kind, batchSize })))
  )
  const measured = await inRounds(loads, rounds, "SQLite, delivering", (load) =>
    withStore(load.kept, (store) => {
      // A call that waits for nothing is not made at once with others.
      const callers = load.kept === "memory" ? 1 : load.callers
      return measureAll<"deliver">(load.events, { ...load, kind: "deliver", store, callers })
    })
  )
  return [...measured].map(([load, runs]) => {
    const [, inMemory = []] =
      [...measured].find(
        ([{ kept, batchSize, events }]) => kept === "memory" && batchSize === load.batchSize && events === load.events
      ) ?? []
    return {
      ...load,
      cpuMicros: spread(runs.map(({ cpuMicros }) => cpuMicros / load.events)),
      timesMemory: spread(runs.map(({ cpuMicros }, round) => cpuMicros / (inMemory[round]?.cpuMicros ?? Number.NaN))),
      acceptedPerSecond: spread(runs.map(({ acceptedMs }) => load.events / (acceptedMs / 1000))),
      deliveredPerSecond: spread(runs.map(({ wallMs }) => load.events / (wallMs / 1000)))
    }
  })
}

const callOneByOne = async ({ sequentialCalls: calls, rounds }: Plan): Promise<ReadonlyArray<SequentialFigures>> => {
  const measured = await inRounds([false, true], rounds, "SQLite, one call after the other", (delivers) =>
    withStore("full", (store, folder) => measure<"sequential">({ kind: "sequential", store, delivers, calls, folder }))
  )
  return [...measured].map(([delivers, runs]) => ({
    delivers,
    p50: spread(runs.map(({ call }) => call.p50)),
    p99: spread(runs.map(({ call }) => call.p99)),
    bareP50: spread(runs.map(({ bare }) => bare.p50)),
    bareP99: spread(runs.map(({ bare }) => bare.p99)),
    timesBareP50: spread(runs.map(({ call, bare }) => call.p50 / bare.p50)),
    timesBareP99: spread(runs.map(({ call, bare }) => call.p99 / bare.p99))
  }))
}

const callPaced = async ({ pacedSeconds: seconds, rounds }: Plan): Promise<ReadonlyArray<PacedFigures>> => {
  const all = ["nothing", "memory", "full", "process"] as const
  const measured = await inRounds(all, rounds, "SQLite, 1,000 calls a second", (kept) =>
    kept === "nothing"
      ? measure<"paced">({ kind: "paced", store: undefined, perSecond: 1000, seconds })
      : withStore(kept, (store) => measure<"paced">({ kind: "paced", store, perSecond: 1000, seconds }))
  )
  return [...measured].map(([kept, runs]) => ({
    kept,
    delayP50: spread(runs.map(({ delay }) => delay.p50)),
    delayP99: spread(runs.map(({ delay }) => delay.p99)),
    delayMax: spread(runs.map(({ delay }) => delay.max)),
    callP50: spread(runs.map(({ call }) => call.p50)),
    callP99: spread(runs.map(({ call }) => call.p99)),
    cpuPercent: spread(runs.map(({ cpuPercent }) => cpuPercent))
  }))
}

export const measureSqlite = async (plan: Plan): Promise<SqliteResults> => ({
  accepted: await acceptAll(plan),
  delivered: await deliverAll(plan),
  sequential: await callOneByOne(plan),
  paced: await callPaced(plan)
})
