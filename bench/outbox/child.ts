/** A process of the benchmark: `child.ts <endpoint> <job as JSON>`. Does the job and sends what it measured. */
import { Effect } from "effect"
import type { Job, Measurements } from "./job.ts"
import { paced, sequential } from "./latencies.ts"
import { queueDrain, queueFill } from "./queues/work.ts"
import { transactions } from "./transactions.ts"
import { accept, deliver, drainSome, fill } from "./work.ts"

const [endpoint = "", json = ""] = process.argv.slice(2)
const job: Job = JSON.parse(json)

const perform = (): Promise<Measurements[Job["kind"]]> => {
  switch (job.kind) {
    case "accept":
      return Effect.runPromise(accept(job))
    case "deliver":
      return Effect.runPromise(deliver(job, endpoint))
    case "sequential":
      return Effect.runPromise(sequential(job, endpoint))
    case "paced":
      return Effect.runPromise(paced(job, endpoint))
    case "transactions":
      return Effect.runPromise(transactions(job))
    case "fill":
      return Effect.runPromise(fill(job))
    case "drainSome":
      return Effect.runPromise(drainSome(job, endpoint))
    case "queueFill":
      return queueFill(job, endpoint)
    case "queueDrain":
      return queueDrain(job, endpoint)
  }
}

// Nothing that an outbox waits for keeps a process alive.
process.channel?.ref()
const measured = await perform()
process.send?.(measured, () => process.exit())
