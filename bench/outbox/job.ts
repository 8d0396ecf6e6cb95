import type { Latency } from "../speed/statistics.ts"
import type { Store } from "./ours.ts"
import type { QueueName } from "./queues/index.ts"

/** What a process is asked to do. */
export type Job = Accept | Deliver | Sequential | Paced | Transactions | Fill | DrainSome | QueueFill | QueueDrain

/** Calls to what accepts only, so many at once; in memory there is no such thing. */
export interface Accept {
  readonly kind: "accept"
  readonly store: Store
  readonly callers: number
  readonly events: number
  /** The number of the first event. */
  readonly from: number
}

/** Calls to what also delivers, so many at once, and then until all is delivered. */
export interface Deliver {
  readonly kind: "deliver"
  readonly store: Store
  readonly order: "person" | "none"
  readonly batchSize: number
  readonly callers: number
  readonly events: number
}

/** One call after the other, in turn with appending to a file and syncing it. */
export interface Sequential {
  readonly kind: "sequential"
  readonly store: Store
  readonly delivers: boolean
  readonly calls: number
  /** Where to make the file. */
  readonly folder: string
}

/** So many calls a second, none of which waits for another. */
export interface Paced {
  readonly kind: "paced"
  /** Absent: the timers alone. */
  readonly store: Store | undefined
  readonly perSecond: number
  readonly seconds: number
}

/** Calls in transactions, in turn with bare INSERTs of as many bytes. */
export interface Transactions {
  readonly kind: "transactions"
  readonly url: string
  readonly transactions: number
  readonly callsEach: ReadonlyArray<number>
}

/** Until so many wait. */
export interface Fill {
  readonly kind: "fill"
  readonly store: Store
  readonly upTo: number
  readonly from: number
}

/** Delivers at least so many of those that wait. */
export interface DrainSome {
  readonly kind: "drainSome"
  readonly store: Store
  readonly batchSize: number
  readonly events: number
}

export interface QueueFill {
  readonly kind: "queueFill"
  readonly queue: QueueName
  readonly url: string
  readonly events: number
  readonly from: number
}

export interface QueueDrain {
  readonly kind: "queueDrain"
  readonly queue: QueueName
  readonly url: string
  readonly events: number
}

/** What a process measured of itself. CPU is user and system time of all its threads. */
export interface Measurements {
  readonly accept: {
    readonly cpuMicros: number
    readonly wallMs: number
    readonly call: Latency
    readonly opening: Opening
  }
  readonly deliver: {
    /** Until all was accepted. */
    readonly acceptedMs: number
    /** Until all was delivered. */
    readonly wallMs: number
    readonly cpuMicros: number
    readonly call: Latency
  }
  readonly sequential: { readonly call: Latency; readonly bare: Latency }
  readonly paced: {
    /** How much later than every millisecond a turn of the event loop came, in microseconds. */
    readonly delay: Latency
    readonly call: Latency
    readonly cpuPercent: number
  }
  readonly transactions: {
    /** By the number of calls at once. */
    readonly together: ReadonlyArray<{
      readonly calls: number
      readonly roundTrips: number
      readonly microsPerCall: Latency
    }>
    /** One INSERT of the same rows into a table like it, by the same client. */
    readonly bare: Latency
  }
  readonly fill: { readonly wallMs: number }
  readonly drainSome: {
    readonly cpuMicros: number
    readonly wallMs: number
    readonly opening: Opening
    readonly peakMegabytes: number
  }
  readonly queueFill: { readonly wallMs: number }
  readonly queueDrain: { readonly wallMs: number; readonly cpuMicros: number }
}

export type Measurement<Kind extends Job["kind"]> = Measurements[Kind]

export interface Opening {
  readonly ms: number
  readonly megabytes: number
}
