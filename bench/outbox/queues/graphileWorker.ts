import { Logger, makeWorkerUtils, type Runner, run } from "graphile-worker"
import { batchSize, concurrency, type MakeQueue } from "./Queue.ts"
import { gather, makeRequests, type StampedEvent, stamp } from "./requests.ts"

declare global {
  namespace GraphileWorker {
    interface Tasks {
      event: StampedEvent
    }
  }
}

const quiet = new Logger(() => () => {})

/** Enough to fill every request. */
const concurrentJobs = batchSize * concurrency

/** graphile-worker with its local queue and with completion in batches, as its page on performance advises. */
export const make: MakeQueue = async ({ url, endpoint }) => {
  const requests = makeRequests(endpoint)
  const handle = gather(requests.send)
  let runner: Runner | undefined
  return {
    fill: async (events) => {
      const utils = await makeWorkerUtils({ connectionString: url, logger: quiet })
      await utils.migrate()
      for (let start = 0; start < events.length; start += 1000) {
        await utils.addJobs(
          events.slice(start, start + 1000).map((event) => ({ identifier: "event", payload: stamp(event) }))
        )
      }
      await utils.release()
    },
    drain: async (events) => {
      runner = await run({
        preset: {
          worker: {
            connectionString: url,
            concurrentJobs,
            maxPoolSize: 10,
            localQueue: { size: concurrentJobs + 1 },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0
          }
        },
        logger: quiet,
        noHandleSignals: true,
        taskList: { event: handle }
      })
      await requests.whenAnswered(events)
    },
    close: async () => {
      await runner?.stop()
      await requests.close()
    }
  }
}
