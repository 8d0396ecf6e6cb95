import type { ContenderName } from "../contenders/index.ts"
import { measure } from "./measure.ts"
import type { Latency } from "./statistics.ts"

/** A contender under a steady, light load. */
export interface TrickleFigures {
  readonly contender: ContenderName
  readonly hasArrived: boolean
  /** Of one core. */
  readonly cpuPercent: number
  readonly wakeUpsPerSecond: number
  readonly latency: Latency
  readonly turns: Latency
}

export const trickle = async (
  contender: ContenderName,
  load: { readonly perSecond: number; readonly seconds: number }
): Promise<TrickleFigures | undefined> => {
  const measured = await measure({ ...load, kind: "trickle", contender, batchSize: 20, payloadBytes: 700 })
  if (measured === undefined) return undefined
  const { calls, cpuMicros, wallMs, wakeUps, latency, turns, arrived } = measured
  return {
    contender,
    hasArrived: contender === "nothing" || arrived.events === calls,
    cpuPercent: cpuMicros / 10 / wallMs,
    wakeUpsPerSecond: wakeUps / (wallMs / 1000),
    latency,
    turns
  }
}
