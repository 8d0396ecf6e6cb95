/** A contender's process: `child.ts <endpoint> <job as JSON>`. Measures itself and sends what it measured. */
import { setTimeout } from "node:timers/promises"
import type { Contender, Observer, Settings } from "../contenders/Contender.ts"
import { flood, letOthersRun } from "../contenders/flood.ts"
import { contenders } from "../contenders/index.ts"
import { makeEvents } from "./events.ts"
import type { Flood, Job, Measurement, Trickle, Waiting } from "./job.ts"
import { latencyOf } from "./statistics.ts"

const [endpoint = "", json = ""] = process.argv.slice(2)
const job: Job = JSON.parse(json)

const calls: Array<number> = []
const turns: Array<number> = []
const observer: Observer = {
  call: (micros) => {
    calls.push(micros)
  },
  turn: (micros) => {
    turns.push(micros)
  }
}
const nobody: Observer = { call: () => {}, turn: () => {} }

const runFlood = async (contender: Contender, { events }: Flood): Promise<void> => {
  await flood(contender, makeEvents(events, job.payloadBytes), observer)
  await contender.close()
}

const runTrickle = async (contender: Contender, { perSecond, seconds }: Trickle): Promise<void> => {
  let due = performance.now()
  for (const event of makeEvents(perSecond * seconds, job.payloadBytes)) {
    due += 1000 / perSecond
    // A timer that is a little early would count as no delay at all.
    await setTimeout(Math.ceil(due - performance.now()))
    const start = performance.now()
    observer.turn((start - due) * 1000)
    contender.track(event)
    observer.call((performance.now() - start) * 1000)
  }
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
  await flood(contender, makeEvents(waiting, job.payloadBytes), nobody)
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
    await flood(contender, makeEvents(job.calls, job.payloadBytes), observer)
    break
  case "cold":
    await flood(contender, makeEvents(1, job.payloadBytes), observer)
    await contender.close()
    break
}
const { user, system } = process.cpuUsage(usage)
const resources = process.resourceUsage()

const measurement: Measurement = {
  calls: calls.length,
  cpuMicros: user + system,
  wallMs: performance.now() - start,
  latency: latencyOf(calls),
  turns: latencyOf(turns),
  peakMegabytes: resources.maxRSS / 1024,
  wakeUps: resources.voluntaryContextSwitches - voluntaryContextSwitches,
  told: contender.told(),
  readyMs
}
process.send?.(measurement, () => process.exit())
