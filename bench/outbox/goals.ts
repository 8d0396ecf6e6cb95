import type { Results } from "./results.ts"

/** What the outbox is held to, and what was measured of it. */
export interface Goal {
  readonly what: string
  readonly wanted: string
  readonly measured: string
  readonly isMet: boolean
}

const atMost = (what: string, limit: number, unit: string, value: number | undefined): Goal => ({
  what,
  wanted: `at most ${limit.toLocaleString("en")}${unit}`,
  measured: value === undefined ? "nothing" : `${value.toFixed(2)}${unit}`,
  isMet: value !== undefined && value <= limit
})

const atLeast = (what: string, limit: number, unit: string, value: number | undefined): Goal => ({
  what,
  wanted: `at least ${Math.round(limit).toLocaleString("en")}${unit}`,
  measured: value === undefined ? "nothing" : `${Math.round(value).toLocaleString("en")}${unit}`,
  isMet: value !== undefined && value >= limit
})

const most = (values: ReadonlyArray<number>): number | undefined =>
  values.length === 0 ? undefined : Math.max(...values)

export const goalsOf = ({ sqlite, postgres, growth }: Results): ReadonlyArray<Goal> => {
  const callers = 256
  const accepting = sqlite.accepted.find((each) => each.callers === callers && each.durability === "full")
  const delivering = sqlite.delivered.filter((each) => each.callers === callers && each.kept !== "memory")
  const rate = (queue: string, deadRows = false): number | undefined =>
    postgres.queues.find((each) => each.queue === queue && each.deadRows > 0 === deadRows)?.perSecond.median
  const fastestOther = (deadRows: boolean): number =>
    Math.max(rate("pg-boss", deadRows) ?? 0, rate("graphile-worker", deadRows) ?? 0)
  const none = rate("none")
  const alone = postgres.transactions.together.find(({ calls }) => calls === 1)
  const grown = growth.flatMap(({ points }) => {
    const [first, last] = [points[0], points.at(-1)]
    if (first === undefined || last === undefined) return []
    return [last.callMicros.median / first.callMicros.median, last.drainMicros.median / first.drainMicros.median]
  })
  return [
    atLeast("SQLite, 256 calls at once, on the disk: accepted", 100_000, " a second", accepting?.perSecond.median),
    atMost(
      "SQLite, 256 calls at once: processor time of a delivered event, the greatest of the rows below",
      2,
      " × in memory",
      most(delivering.map(({ timesMemory }) => timesMemory.median))
    ),
    atMost(
      "SQLite, one call after the other: p99",
      1.3,
      " × a bare `fdatasync`",
      sqlite.sequential.find(({ delivers }) => !delivers)?.timesBareP99.median
    ),
    atMost(
      "SQLite, 1,000 calls a second: delay of the event loop, p99",
      5,
      " ms",
      most(sqlite.paced.filter(({ kept }) => kept === "full").map(({ delayP99 }) => delayP99.median / 1000))
    ),
    atMost("Postgres, a call in a transaction", 1, " round trips", alone?.roundTrips),
    atLeast("Postgres, one relay: delivered", 20_000, " a second", rate("person")),
    atLeast(
      "the same, as fast as the faster of pg-boss and graphile-worker",
      fastestOther(false),
      " a second",
      rate("person")
    ),
    atLeast(
      "the same beside a transaction held open, and 100,000 dead rows",
      fastestOther(true),
      " a second",
      rate("person", true)
    ),
    atLeast("the same in order, as without an order less a tenth", (none ?? 0) * 0.9, " a second", rate("person")),
    atMost("the greatest outbox beside the smallest: a call, or an event delivered", 1.5, " ×", most(grown))
  ]
}
