import type { TrackedEvent } from "../../contenders/Contender.ts"

/** What every queue under test can do, in one shape. */
export interface Queue {
  /** Puts events in, as many at once as it can. */
  readonly fill: (events: ReadonlyArray<TrackedEvent>) => Promise<void>
  /** Sends what waits, until so many have been answered. */
  readonly drain: (events: number) => Promise<void>
  /** Ends, once what was sent is noted. */
  readonly close: () => Promise<void>
}

export interface Settings {
  readonly url: string
  /** Where to send to. */
  readonly endpoint: string
}

export type MakeQueue = (settings: Settings) => Promise<Queue>

/** Events of a request. */
export const batchSize = 500

/** Requests at a time. */
export const concurrency = 4
