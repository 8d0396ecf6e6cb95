import { makeEvents } from "../../speed/events.ts"
import type { Measurement, QueueDrain, QueueFill } from "../job.ts"
import { payloadBytes } from "../work.ts"
import { queues } from "./index.ts"

export const queueFill = async ({ queue, url, events, from }: QueueFill, endpoint: string) => {
  const { make } = await queues[queue].load()
  const { fill, close } = await make({ url, endpoint })
  const all = [...makeEvents(events, payloadBytes, from)]
  const start = performance.now()
  await fill(all)
  const measured: Measurement<"queueFill"> = { wallMs: performance.now() - start }
  await close()
  return measured
}

/** The processor's time is counted until the queue has noted all that was sent, the clock's until all is answered. */
export const queueDrain = async ({ queue, url, events }: QueueDrain, endpoint: string) => {
  const { make } = await queues[queue].load()
  const before = process.cpuUsage()
  const start = performance.now()
  const { drain, close } = await make({ url, endpoint })
  await drain(events)
  const wallMs = performance.now() - start
  await close()
  const { user, system } = process.cpuUsage(before)
  const measured: Measurement<"queueDrain"> = { wallMs, cpuMicros: user + system }
  return measured
}
