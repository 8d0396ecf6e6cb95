import { PostHog } from "posthog-node"
import type { MakeContender } from "./Contender.ts"

export const make: MakeContender = async ({ endpoint, batchSize, flushIntervalMs, closeTimeoutMs, queueCapacity }) => {
  const client = new PostHog("key", {
    host: endpoint,
    flushAt: batchSize,
    maxBatchSize: batchSize,
    flushInterval: flushIntervalMs,
    // No other client compresses by default but RudderStack's, where it is off too.
    disableCompression: true,
    ...(queueCapacity === undefined ? {} : { maxQueueSize: queueCapacity })
  })
  let told = 0
  client.on("error", () => {
    told++
  })
  return {
    track: ({ userId, event, properties }) => client.capture({ distinctId: userId, event, properties }),
    flush: () => client.flush(),
    close: () => client.shutdown(closeTimeoutMs),
    told: () => told
  }
}
