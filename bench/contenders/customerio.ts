import { Analytics } from "@customerio/cdp-analytics-node"
import type { MakeContender } from "./Contender.ts"
import { segmentLike } from "./segmentLike.ts"

export const make: MakeContender = async (settings) => {
  const { endpoint, batchSize, flushIntervalMs } = settings
  const client = new Analytics({
    writeKey: "key",
    host: endpoint,
    maxEventsInBatch: batchSize,
    flushInterval: flushIntervalMs
  })
  return segmentLike(client, settings)
}
