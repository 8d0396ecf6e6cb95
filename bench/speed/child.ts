/** A contender's process: `child.ts <endpoint> <job as JSON>`. Measures itself and sends what it measured. */
import type { Contender, Settings } from "../contenders/Contender.ts"
import { flood, letOthersRun } from "../contenders/flood.ts"
import { contenders } from "../contenders/index.ts"
import { makeEvents } from "./events.ts"
import type { Flood, Job, Measurement, Trickle, Waiting } from "./job.ts"
import { quantile } from "./statistics.ts"

const [endpoint = "", json = ""] = process.argv.slice(2)
const job: Job = JSON.parse(json)

const timings: Array<number> = []
const observe = (micros: number): void => {
  timings.push(micros)
}

const runFlood = async (contender: Contender, { events }: Flood): Promise<void> => {
  await flood(contender, makeEvents(events, job.payloadBytes), observe)
  await contender.close()
}

const runTrickle = async (contender: Contender, { perSecond, seconds }: Trickle): Promise<void> => {
  const events = makeEvents(perSecond * seconds, job.payloadBytes)
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const { value } = events.next()
      if (value === undefined) {
        clearInterval(timer)
        return resolve()
      }
      const start = performance.now()
      contender.track(value)
      observe((performance.now() - start) * 1000)
    }, 1000 / perSecond)
  })
  await contender.close()
}

const settingsOf = (job: Job): Settings => {
  const common = { endpoint, batchSize: job.batchSize, flushIntervalMs: 5000, closeTimeoutMs: 100_000 }
  switch (job.kind) {
    case "flood":
      return job.isPaced
        ? { ...common, isPaced: true }
        : { ...common, queueCapacity: job.events + 1, queueBytes: Number.MAX_SAFE_INTEGER }
    case "waiting": {
      const queueCapacity = job.waiting + job.calls + 1
      return { ...common, flushIntervalMs: 3_600_000, queueCapacity, queueBytes: Number.MAX_SAFE_INTEGER }
    }
    default:
      return common
  }
}

const fill = async (contender: Contender, { waiting }: Waiting): Promise<void> => {
  await flood(contender, makeEvents(waiting, job.payloadBytes), () => {})
  for (let turn = 0; turn < 100; turn++) await letOthersRun()
}

const loadStart = performance.now()
const { make } = await contenders[job.contender].load()
const contender = await make(settingsOf(job))
const readyMs = performance.now() - loadStart

if (job.kind === "waiting") await fill(contender, job)

const usage = process.cpuUsage()
const { voluntaryContextSwitches } = process.resourceUsage()
const start = performance.now()
switch (job.kind) {
  case "flood":
    await runFlood(contender, job)
    break
  case "trickle":
    await runTrickle(contender, job)
    break
  case "waiting":
    await flood(contender, makeEvents(job.calls, job.payloadBytes), observe)
    break
  case "cold":
    await flood(contender, makeEvents(1, job.payloadBytes), observe)
    await contender.close()
    break
}
const { user, system } = process.cpuUsage(usage)
const resources = process.resourceUsage()

const measurement: Measurement = {
  calls: timings.length,
  cpuMicros: user + system,
  wallMs: performance.now() - start,
  latency: {
    p50: quantile(timings, 0.5),
    p99: quantile(timings, 0.99),
    p999: quantile(timings, 0.999),
    max: quantile(timings, 1)
  },
  peakMegabytes: resources.maxRSS / 1024,
  wakeUps: resources.voluntaryContextSwitches - voluntaryContextSwitches,
  told: contender.told(),
  readyMs
}
process.send?.(measurement, () => process.exit())
