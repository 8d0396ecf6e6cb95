import type { ContenderName } from "../contenders/index.ts"
import { measure } from "./measure.ts"

export interface Point {
  readonly x: number
  readonly cpuMicrosPerEvent: number
}

export interface Growth {
  readonly contender: ContenderName
  readonly points: ReadonlyArray<Point>
}

const load = { batchSize: 20, payloadBytes: 700 }

/** Means, since the collector of garbage comes in one round and not in another; undefined ends it for the contender. */
const grow =
  (title: string, costOf: (contender: ContenderName, x: number) => Promise<number | undefined>) =>
  async (contender: ContenderName, counts: ReadonlyArray<number>, rounds: number): Promise<Growth> => {
    const points: Array<Point> = []
    for (const x of counts) {
      const cost = await meanOf(rounds, () => costOf(contender, x))
      if (cost === undefined) break
      points.push({ x, cpuMicrosPerEvent: cost })
    }
    console.error(`growth with ${title}: ${contender}, ${points.length} of ${counts.length}`)
    return { contender, points }
  }

/** What an event costs when there are more and more of them; ends where a contender no longer delivers them all. */
export const growWithEvents = grow("events", async (contender, events) => {
  const measured = await measure({ ...load, kind: "flood", contender, events, isPaced: true })
  return measured === undefined || measured.arrived.events < events ? undefined : measured.cpuMicros / events
})

/** What a call costs when more and more events wait already and cannot leave. */
export const growWithWaiting = grow("waiting", async (contender, waiting) => {
  // Fewer calls where one takes milliseconds.
  const calls = contender === "rudderstack" ? 100 : 2000
  const job = { ...load, batchSize: 1_000_000, kind: "waiting", contender, waiting, calls } as const
  const measured = await measure(job, 120_000)
  return measured === undefined || measured.told > 0 ? undefined : measured.cpuMicros / calls
})

/** Undefined as soon as one of them is. */
const meanOf = async (rounds: number, measureCost: () => Promise<number | undefined>): Promise<number | undefined> => {
  let total = 0
  for (let round = 0; round < rounds; round++) {
    const cost = await measureCost()
    if (cost === undefined) return undefined
    total += cost
  }
  return total / rounds
}
