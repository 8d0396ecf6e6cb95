import { randomUUID } from "node:crypto"
import { Pool } from "undici"
import type { TrackedEvent } from "../../contenders/Contender.ts"
import { batchSize, concurrency } from "./Queue.ts"

/** An event with what the server wants to know of it, as it is put into a queue. */
export interface StampedEvent extends TrackedEvent {
  readonly type: "track"
  readonly messageId: string
  readonly timestamp: string
}

export const stamp = (event: TrackedEvent): StampedEvent => ({
  type: "track",
  messageId: randomUUID(),
  timestamp: new Date().toISOString(),
  ...event
})

/** The requests that every queue sends, over undici's keep-alive pool as at the floor. */
export const makeRequests = (endpoint: string) => {
  const pool = new Pool(endpoint, { connections: concurrency })
  const headers = { authorization: `Basic ${btoa("key:")}`, "content-type": "application/json" }
  let answered = 0
  let wanted = Number.POSITIVE_INFINITY
  let enough = (): void => {}

  const send = async (events: ReadonlyArray<StampedEvent>): Promise<void> => {
    const body = JSON.stringify({ batch: events, sentAt: new Date().toISOString() })
    const response = await pool.request({ method: "POST", path: "/v1/batch", headers, body })
    await response.body.dump()
    if (response.statusCode !== 200) throw new Error(`answered with ${response.statusCode}`)
    answered += events.length
    if (answered >= wanted) enough()
  }

  return {
    send,
    /** Resolves when so many events were answered. */
    whenAnswered: (events: number): Promise<void> =>
      new Promise((resolve) => {
        wanted = events
        enough = resolve
        if (answered >= wanted) resolve()
      }),
    close: (): Promise<void> => pool.close()
  }
}

/** For a queue that hands out one at a time: the request leaves when it is full, or when nothing more came for a while. */
export const gather = (send: (events: ReadonlyArray<StampedEvent>) => Promise<void>) => {
  let events: Array<StampedEvent> = []
  let settle: Array<{ readonly resolve: () => void; readonly reject: (cause: unknown) => void }> = []
  let timer: NodeJS.Timeout | undefined

  const leave = (): void => {
    clearTimeout(timer)
    const leaving = settle
    send(events).then(
      () => {
        for (const { resolve } of leaving) resolve()
      },
      (cause) => {
        for (const { reject } of leaving) reject(cause)
      }
    )
    events = []
    settle = []
  }

  return (event: StampedEvent): Promise<void> =>
    new Promise((resolve, reject) => {
      events.push(event)
      settle.push({ resolve, reject })
      if (events.length === batchSize) return leave()
      if (events.length === 1) timer = setTimeout(leave, 10)
    })
}
