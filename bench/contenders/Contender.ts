/** What every client under test can do, in one shape. */

export interface TrackedEvent {
  readonly userId: string
  readonly event: string
  /** `n` numbers the events of a run: one of the protocols has no id of its own. */
  readonly properties: { readonly n: number; readonly [key: string]: string | number }
}

/** What a run sets on every client; the rest is each client's default. */
export interface Settings {
  readonly endpoint: string
  readonly batchSize: number
  readonly flushIntervalMs: number
  /** How long closing may take, for the clients that have such an option. Absent: their default. */
  readonly closeTimeoutMs?: number
  /** Events that may wait, for the clients that bound them. Absent: their default. */
  readonly queueCapacity?: number
  /** Bytes that may wait, which only this library bounds. Absent: its default. */
  readonly queueBytes?: number
  /** Calls wait for room instead of being refused, for the clients that can. */
  readonly isPaced?: boolean
}

export interface Contender {
  /** Never throws: a call that is refused counts as told. */
  readonly track: (event: TrackedEvent) => void
  /** Absent where the client has none. */
  readonly flush?: () => Promise<void>
  readonly close: () => Promise<void>
  /** Failures that the application was told of so far, by whatever means the client documents. */
  readonly told: () => number
  /** Tracks every event. Absent: a plain loop over `track`. */
  readonly flood?: (events: Iterable<TrackedEvent>, observer: Observer) => Promise<void>
}

/** Is told how long things took, in microseconds. */
export interface Observer {
  readonly call: (micros: number) => void
  /** How long whoever waited for a turn of the event loop had to wait. */
  readonly turn: (micros: number) => void
}

export type MakeContender = (settings: Settings) => Promise<Contender>
