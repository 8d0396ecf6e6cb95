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

/** What an event costs when there are more and more of them; ends where a contender no longer delivers them all. */
export const growWithEvents = async (contender: ContenderName, counts: ReadonlyArray<number>): Promise<Growth> => {
  const points: Array<Point> = []
  for (const events of counts) {
    const measured = await measure({ ...load, kind: "flood", contender, events, isPaced: true })
    if (measured === undefined || measured.arrived.events < events) break
    points.push({ x: events, cpuMicrosPerEvent: measured.cpuMicros / events })
  }
  console.error(`growth with events: ${contender}, ${points.length} of ${counts.length}`)
  return { contender, points }
}

/** What a call costs when more and more events wait already and cannot leave. */
export const growWithWaiting = async (contender: ContenderName, counts: ReadonlyArray<number>): Promise<Growth> => {
  const points: Array<Point> = []
  for (const waiting of counts) {
    // Fewer calls where one takes milliseconds.
    const calls = contender === "rudderstack" ? 100 : 2000
    const job = { ...load, batchSize: 1_000_000, kind: "waiting", contender, waiting, calls } as const
    const measured = await measure(job, 120_000)
    if (measured === undefined || measured.told > 0) break
    points.push({ x: waiting, cpuMicrosPerEvent: measured.cpuMicros / calls })
  }
  console.error(`growth with waiting: ${contender}, ${points.length} of ${counts.length}`)
  return { contender, points }
}
