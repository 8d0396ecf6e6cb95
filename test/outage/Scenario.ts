import type { AnalyticsOptions } from "cdp-analytics-effect"

/** A request as a script sees it. */
export interface Asked {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly ids: ReadonlyArray<string>
  readonly hasPoison: boolean
  readonly random: () => number
}

/** What a server does with a request, in milliseconds; without a status there is no answer. */
export interface Answer {
  readonly status: number | undefined
  readonly after: number
  /** In seconds. */
  readonly retryAfter?: number | undefined
  /** Whether the batch is stored in spite of the answer. */
  readonly isStored?: boolean | undefined
}

export type Script = (asked: Asked) => Answer

/** The time that the models' servers take. */
export const usual = 50

export const answer = (status: number, retryAfter?: number): Answer => ({ status, after: usual, retryAfter })
export const refusedConnection: Answer = { status: undefined, after: 0 }
/** Until `requestTimeout`. */
export const hanging: Answer = { status: undefined, after: Number.POSITIVE_INFINITY }
export const hangingFor = (millis: number, then: Answer): Answer => ({ ...then, after: millis })

/** Takes everything but batches with poison, which it answers with 500. */
export const healthy: Script = ({ hasPoison }) => answer(hasPoison ? 500 : 200)

/** From one time to another in place of the healthy one. */
export const between =
  (from: number, until: number, script: Script, otherwise: Script = healthy): Script =>
  (asked) =>
    (asked.at >= from && asked.at < until ? script : otherwise)(asked)

/** So many of 1 go wrong, by chance. */
export const brownOut =
  (share: number, wrong: Answer): Script =>
  (asked) =>
    asked.random() < share ? wrong : healthy(asked)

/** Calls that come at a steady pace, `count` at a time. */
export interface Arrivals {
  readonly from?: number
  readonly every: number
  readonly until: number
  readonly count: number
  /** How many of the calls of the n-th time, from 0, are of poison. */
  readonly poison?: (time: number) => number
}

export interface Scenario {
  readonly seed?: number
  readonly script: Script
  readonly arrivals: ReadonlyArray<Arrivals>
  readonly until: number
  /** Whose messages they are, in turn. Default: 1. */
  readonly people?: number
  /** The library's defaults, where they are not given. */
  readonly options?: Partial<AnalyticsOptions>
  readonly flushAt?: ReadonlyArray<number>
  /** When the client closes. It must be before `until`. */
  readonly closeAt?: number
}

export interface Request {
  readonly at: number
  readonly ids: ReadonlyArray<string>
  readonly status: number | undefined
  readonly retryAfter: number | undefined
  /** Undefined where there was no answer. */
  readonly endsAt: number
}

export interface Ended {
  readonly tag: string
  readonly at: number
}

/** What came of a scenario, played with the client or with the model. */
export interface Report {
  readonly requests: ReadonlyArray<Request>
  /** Each accepted message, by its id, in order. */
  readonly accepted: ReadonlyMap<string, number>
  readonly poison: ReadonlySet<string>
  readonly stored: ReadonlySet<string>
  readonly ended: ReadonlyMap<string, Ended>
  /** Calls that found no room. */
  readonly refused: number
  readonly lines: ReadonlyArray<{ readonly at: number; readonly text: string }>
}

export const seconds = (count: number): number => count * 1000
export const minutes = (count: number): number => count * 60_000
export const hours = (count: number): number => count * 3_600_000
