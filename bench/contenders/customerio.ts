import { Analytics } from "@customerio/cdp-analytics-node"
import type { MakeContender } from "./Contender.ts"

export const make: MakeContender = async ({ endpoint, batchSize, flushIntervalMs, closeTimeoutMs }) => {
  const client = new Analytics({
    writeKey: "key",
    host: endpoint,
    maxEventsInBatch: batchSize,
    flushInterval: flushIntervalMs
  })
  let told = 0
  // One for each event that was not delivered.
  client.on("error", () => {
    told++
  })
  return {
    track: (event) => {
      try {
        client.track(event)
      } catch {
        told++
      }
    },
    close: () => client.closeAndFlush(closeTimeoutMs === undefined ? {} : { timeout: closeTimeoutMs }),
    told: () => told
  }
}
