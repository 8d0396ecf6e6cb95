import type { ContenderName } from "../contenders/index.ts"
import type { Latency } from "./statistics.ts"

/** What a contender's process is asked to do. */
export type Job = {
  readonly contender: ContenderName
  readonly batchSize: number
  readonly payloadBytes: number
} & (Flood | Trickle | Waiting | ColdStart)

/** Events as fast as the client takes them, then close. */
export interface Flood {
  readonly kind: "flood"
  readonly events: number
  /** Calls wait for room where the client can do that; otherwise there is room for every event. */
  readonly isPaced: boolean
}

/** So many calls a second. */
export interface Trickle {
  readonly kind: "trickle"
  readonly perSecond: number
  readonly seconds: number
}

/** Calls while others wait, which cannot leave. */
export interface Waiting {
  readonly kind: "waiting"
  readonly waiting: number
  readonly calls: number
}

/** Loading the client and making one call. */
export interface ColdStart {
  readonly kind: "cold"
}

/** What the process measured of itself. */
export interface Measurement {
  /** Calls that were timed. */
  readonly calls: number
  /** User and system time of the whole process, all its threads. */
  readonly cpuMicros: number
  readonly wallMs: number
  /** Of calls, in microseconds. */
  readonly latency: Latency
  /** How late a turn of the event loop came, in microseconds. */
  readonly turns: Latency
  readonly peakMegabytes: number
  readonly wakeUps: number
  readonly told: number
  /** Importing the client and making one. */
  readonly readyMs: number
}
