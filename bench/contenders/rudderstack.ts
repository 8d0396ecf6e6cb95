import { setTimeout } from "node:timers/promises"
import Analytics from "@rudderstack/rudder-sdk-node"
import type { MakeContender } from "./Contender.ts"

export const make: MakeContender = async ({ endpoint, batchSize, flushIntervalMs, queueCapacity }) => {
  const client = new Analytics("key", {
    dataPlaneUrl: endpoint,
    flushAt: batchSize,
    flushInterval: flushIntervalMs,
    gzip: false,
    logLevel: "none",
    // Without a handler a failed flush is an unhandled rejection, which ends the process.
    errorHandler: () => {},
    ...(queueCapacity === undefined ? {} : { maxInternalQueueSize: queueCapacity })
  })
  let told = 0
  let outstanding = 0
  const onResult = (error?: unknown): void => {
    outstanding--
    if (error) told++
  }
  return {
    track: (event) => {
      try {
        outstanding++
        client.track(event, onResult)
      } catch {
        outstanding--
        told++
      }
    },
    flush: async () => {
      await client.flush()
    },
    // It has no close, a flush sends one batch, and may return while others are under way.
    close: async () => {
      while (outstanding > 0) {
        await client.flush()
        await setTimeout(10)
      }
    },
    told: () => told
  }
}
