import { inRounds } from "../rounds.ts"
import { median, type Spread, spread } from "../speed/statistics.ts"
import { type Database, holdTransaction } from "./database.ts"
import { measure, measureAll } from "./measure.ts"
import type { Plan, QueueLoad } from "./plan.ts"
import type { AcceptFigures } from "./sqlite.ts"

export interface PostgresResults {
  readonly accepted: ReadonlyArray<AcceptFigures>
  readonly transactions: TransactionFigures
  readonly queues: ReadonlyArray<QueueFigures>
}

export interface TransactionFigures {
  readonly bareP50: Spread
  readonly bareP99: Spread
  readonly together: ReadonlyArray<{
    readonly calls: number
    readonly roundTrips: number
    readonly p50: Spread
    readonly p99: Spread
  }>
}

export interface QueueFigures extends QueueLoad {
  readonly perSecond: Spread
  readonly cpuMicros: Spread
  /** Of the database. */
  readonly databaseMicros: Spread
  readonly requests: Spread
}

const acceptAll = async (
  { callersOfPostgres, rounds }: Plan,
  database: Database
): Promise<ReadonlyArray<AcceptFigures>> => {
  const measured = await inRounds(callersOfPostgres, rounds, "Postgres, accepting", ({ callers, events }) =>
    database.use((url) =>
      measure<"accept">({ kind: "accept", store: { kind: "postgres", url }, callers, events, from: 0 })
    )
  )
  return [...measured].map(([load, runs]) => ({
    ...load,
    durability: undefined,
    perSecond: spread(runs.map(({ wallMs }) => load.events / (wallMs / 1000))),
    cpuMicros: spread(runs.map(({ cpuMicros }) => cpuMicros / load.events)),
    p50: spread(runs.map(({ call }) => call.p50)),
    p99: spread(runs.map(({ call }) => call.p99))
  }))
}

const callsEach = [1, 10, 100]

const callInTransactions = async ({ transactions, rounds }: Plan, database: Database): Promise<TransactionFigures> => {
  const job = { kind: "transactions", transactions, callsEach } as const
  const measured = await inRounds([job], rounds, "Postgres, in transactions", () =>
    database.use((url) => measure<"transactions">({ ...job, url }))
  )
  const runs = measured.get(job) ?? []
  return {
    bareP50: spread(runs.map(({ bare }) => bare.p50)),
    bareP99: spread(runs.map(({ bare }) => bare.p99)),
    together: callsEach.map((calls, index) => {
      const each = runs.flatMap(({ together }) => together[index] ?? [])
      return {
        calls,
        roundTrips: median(each.map(({ roundTrips }) => roundTrips)),
        p50: spread(each.map(({ microsPerCall }) => microsPerCall.p50)),
        p99: spread(each.map(({ microsPerCall }) => microsPerCall.p99))
      }
    })
  }
}

/** In a database of its own. */
const drain = ({ queue, events, deadRows }: QueueLoad, database: Database) =>
  database.use(async (url) => {
    const release = deadRows > 0 ? await holdTransaction(url) : undefined
    if (deadRows > 0) {
      await measure<"queueFill">({ kind: "queueFill", queue, url, events: deadRows, from: events })
      await measureAll<"queueDrain">(deadRows, { kind: "queueDrain", queue, url, events: deadRows })
    }
    await measure<"queueFill">({ kind: "queueFill", queue, url, events, from: 0 })
    const before = database.cpuMicros()
    const measured = await measureAll<"queueDrain">(events, { kind: "queueDrain", queue, url, events })
    const databaseMicros = database.cpuMicros() - before
    await release?.()
    return { ...measured, databaseMicros }
  })

const drainAll = async ({ queues, rounds }: Plan, database: Database): Promise<ReadonlyArray<QueueFigures>> => {
  const measured = await inRounds(queues, rounds, "Postgres, queues", (load) => drain(load, database))
  return [...measured].map(([load, runs]) => ({
    ...load,
    perSecond: spread(runs.map(({ wallMs }) => load.events / (wallMs / 1000))),
    cpuMicros: spread(runs.map(({ cpuMicros }) => cpuMicros / load.events)),
    databaseMicros: spread(runs.map(({ databaseMicros }) => databaseMicros / load.events)),
    requests: spread(runs.map(({ arrived }) => arrived.requests))
  }))
}

export const measurePostgres = async (plan: Plan, database: Database): Promise<PostgresResults> => ({
  accepted: await acceptAll(plan, database),
  transactions: await callInTransactions(plan, database),
  queues: await drainAll(plan, database)
})
