import { randomUUID } from "node:crypto"
import { Pool } from "undici"
import type { MakeContender, TrackedEvent } from "./Contender.ts"

/** The job by itself: an id, `JSON.stringify`, and a keep-alive pool with four requests at a time. */
export const make: MakeContender = async ({ endpoint, batchSize }) => {
  const pool = new Pool(endpoint, { connections: 4 })
  const headers = { authorization: `Basic ${btoa("key:")}`, "content-type": "application/json" }
  const sending = new Set<Promise<void>>()
  const waiting: Array<string> = []
  let batch: Array<string> = []
  let told = 0

  const send = async (body: string): Promise<void> => {
    const response = await pool.request({ method: "POST", path: "/v1/batch", headers, body })
    await response.body.dump()
    if (response.statusCode !== 200) told++
  }

  const sendNext = (): void => {
    while (sending.size < 4) {
      const body = waiting.shift()
      if (body === undefined) return
      const request = send(body).finally(() => {
        sending.delete(request)
        sendNext()
      })
      sending.add(request)
    }
  }

  const sendBatch = (): void => {
    if (batch.length === 0) return
    waiting.push(`{"batch":[${batch.join(",")}],"sentAt":"${new Date().toISOString()}"}`)
    batch = []
    sendNext()
  }

  const drain = async (): Promise<void> => {
    sendBatch()
    while (sending.size > 0) await Promise.all(sending)
  }

  return {
    track: (event: TrackedEvent) => {
      const stamp = { type: "track", messageId: randomUUID(), timestamp: new Date().toISOString() }
      batch.push(JSON.stringify({ ...stamp, ...event }))
      if (batch.length === batchSize) sendBatch()
    },
    flush: drain,
    close: async () => {
      await drain()
      await pool.close()
    },
    told: () => told
  }
}
