import type { ContenderName } from "../contenders/index.ts"
import { inRounds } from "../rounds.ts"
import { type Measured, measure } from "./measure.ts"
import { type Spread, spread } from "./statistics.ts"

/** One setting in which all contenders are compared. */
export interface Load {
  readonly batchSize: number
  readonly payloadBytes: number
  readonly events: number
}

/** A contender's figures, over the rounds. */
export interface Figures {
  readonly contender: ContenderName
  readonly events: number
  /** The least of any round: fewer than were tracked means that some never arrived, and nothing else is shown. */
  readonly arrived: number
  readonly cpuMicrosPerEvent: Spread
  /** Of the same round. */
  readonly timesFloor: Spread
  readonly eventsPerSecond: Spread
  readonly p50: Spread
  readonly p99: Spread
  readonly p999: Spread
  readonly maxMicros: Spread
  readonly turnP50: Spread
  readonly turnP99: Spread
  readonly turnMax: Spread
  readonly peakMegabytes: Spread
  readonly requests: Spread
  readonly sockets: Spread
  readonly bytesPerEvent: Spread
}

export interface Comparison {
  readonly load: Load
  readonly rounds: number
  readonly figures: ReadonlyArray<Figures>
}

/** RudderStack's client measures its whole queue again with every event: its time grows with the square of their number. */
export const eventsFor = (contender: ContenderName, events: number): number =>
  contender === "rudderstack" ? Math.min(events, 1000) : events

/** Compares contenders round by round, each round in another order, so that a slow minute of the machine hits all. */
export const compare = async (
  load: Load,
  contenders: ReadonlyArray<ContenderName>,
  rounds: number
): Promise<Comparison> => {
  const title = `batch ${load.batchSize}, ${load.payloadBytes} B`
  const measured = await inRounds(contenders, rounds, title, (contender) =>
    measure({ ...load, kind: "flood", contender, events: eventsFor(contender, load.events), isPaced: false })
  )
  const floor = measured.get("floor") ?? []
  const figures = [...measured].map(([contender, runs]) =>
    summarize(contender, eventsFor(contender, load.events), runs, floor)
  )
  return { load, rounds, figures }
}

const summarize = (
  contender: ContenderName,
  events: number,
  runs: ReadonlyArray<Measured | undefined>,
  floor: ReadonlyArray<Measured | undefined>
): Figures => {
  const whole = runs.filter((run) => run !== undefined)
  const of = (value: (run: Measured) => number): Spread => spread(whole.map(value))
  const cpu = (run: Measured | undefined): number => (run === undefined ? Number.NaN : run.cpuMicros / run.calls)
  return {
    contender,
    events,
    arrived: whole.length < runs.length ? 0 : Math.min(...whole.map((run) => run.arrived.events)),
    cpuMicrosPerEvent: of(cpu),
    timesFloor: spread(runs.map((run, round) => cpu(run) / cpu(floor[round]))),
    eventsPerSecond: of((run) => run.calls / (run.wallMs / 1000)),
    p50: of((run) => run.latency.p50),
    p99: of((run) => run.latency.p99),
    p999: of((run) => run.latency.p999),
    maxMicros: of((run) => run.latency.max),
    turnP50: of((run) => run.turns.p50),
    turnP99: of((run) => run.turns.p99),
    turnMax: of((run) => run.turns.max),
    peakMegabytes: of((run) => run.peakMegabytes),
    requests: of((run) => run.arrived.requests),
    sockets: of((run) => run.arrived.sockets),
    bytesPerEvent: of((run) => run.arrived.bytes / run.arrived.events)
  }
}
