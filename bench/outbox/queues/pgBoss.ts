import { PgBoss } from "pg-boss"
import { batchSize, concurrency, type MakeQueue } from "./Queue.ts"
import { makeRequests, type StampedEvent, stamp } from "./requests.ts"

const queue = "events"

/** pg-boss with batches, and no pause while they are full, as its docs advise. */
export const make: MakeQueue = async ({ url, endpoint }) => {
  const requests = makeRequests(endpoint)
  const boss = new PgBoss({ connectionString: url })
  boss.on("error", (error) => console.error(error))
  await boss.start()
  await boss.createQueue(queue)
  return {
    fill: async (events) => {
      for (let start = 0; start < events.length; start += 1000) {
        await boss.insert(
          queue,
          events.slice(start, start + 1000).map((event) => ({ data: stamp(event) }))
        )
      }
    },
    drain: async (events) => {
      const options = {
        batchSize,
        localConcurrency: concurrency,
        pollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true
      }
      await boss.work<StampedEvent>(queue, options, (jobs) => requests.send(jobs.map(({ data }) => data)))
      await requests.whenAnswered(events)
    },
    close: async () => {
      await boss.stop({ graceful: true })
      await requests.close()
    }
  }
}
