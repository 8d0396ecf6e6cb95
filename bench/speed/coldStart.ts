import type { ContenderName } from "../contenders/index.ts"
import { measure } from "./measure.ts"
import { type Spread, spread } from "./statistics.ts"

export interface ColdStartFigures {
  readonly contender: ContenderName
  readonly readyMs: Spread
  /** The first call ever, until it returns. */
  readonly firstCallMs: Spread
  readonly peakMegabytes: Spread
}

export const coldStart = async (contender: ContenderName, rounds: number): Promise<ColdStartFigures> => {
  const runs = []
  for (let round = 0; round < rounds; round++) {
    const measured = await measure({ kind: "cold", contender, batchSize: 20, payloadBytes: 700 })
    if (measured !== undefined) runs.push(measured)
  }
  return {
    contender,
    readyMs: spread(runs.map(({ readyMs }) => readyMs)),
    firstCallMs: spread(runs.map(({ latency }) => latency.max / 1000)),
    peakMegabytes: spread(runs.map(({ peakMegabytes }) => peakMegabytes))
  }
}
