import type { QueueName } from "./queues/index.ts"

/** How much of each is measured. */
export interface Plan {
  readonly rounds: number
  /** Of SQLite. */
  readonly callers: ReadonlyArray<Callers>
  readonly batchSizes: ReadonlyArray<number>
  readonly sequentialCalls: number
  readonly pacedSeconds: number
  /** Of Postgres, outside of a transaction. */
  readonly callersOfPostgres: ReadonlyArray<Callers>
  readonly transactions: number
  readonly queues: ReadonlyArray<QueueLoad>
  readonly growth: {
    readonly rounds: number
    readonly sizes: ReadonlyArray<number>
    readonly calls: number
    readonly drained: number
  }
}

export interface Callers {
  /** At once. */
  readonly callers: number
  /** Of all of them together. */
  readonly events: number
}

export interface QueueLoad {
  readonly queue: QueueName
  readonly events: number
  /** How many went through before, while a transaction is open that keeps them from being cleared away. */
  readonly deadRows: number
}

const queueLoads = (events: number, slowEvents: number, deadRows: number): ReadonlyArray<QueueLoad> => [
  { queue: "person", events, deadRows: 0 },
  { queue: "none", events, deadRows: 0 },
  { queue: "pg-boss", events, deadRows: 0 },
  { queue: "graphile-worker", events, deadRows: 0 },
  { queue: "persisted-queue", events: slowEvents, deadRows: 0 },
  ...(deadRows === 0
    ? []
    : (["person", "none", "pg-boss", "graphile-worker"] as const).map((queue) => ({ queue, events, deadRows })))
]

export const fullPlan = (rounds: number): Plan => ({
  rounds,
  callers: [
    { callers: 1, events: 5000 },
    { callers: 16, events: 30_000 },
    { callers: 256, events: 100_000 }
  ],
  batchSizes: [20, 100],
  sequentialCalls: 3000,
  pacedSeconds: 10,
  callersOfPostgres: [
    { callers: 1, events: 1000 },
    { callers: 16, events: 5000 },
    { callers: 256, events: 20_000 }
  ],
  transactions: 300,
  queues: queueLoads(50_000, 5000, 100_000),
  growth: { rounds: Math.min(rounds, 3), sizes: [10_000, 100_000, 1_000_000], calls: 5000, drained: 10_000 }
})

/** The same program, and hardly any work. */
export const shortPlan: Plan = {
  rounds: 1,
  callers: [{ callers: 16, events: 2000 }],
  batchSizes: [20],
  sequentialCalls: 200,
  pacedSeconds: 1,
  callersOfPostgres: [{ callers: 16, events: 200 }],
  transactions: 10,
  queues: queueLoads(1000, 500, 0),
  growth: { rounds: 1, sizes: [500, 2000], calls: 200, drained: 200 }
}
