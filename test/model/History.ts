import type { CallError, DeliveryError, FlushReport, Outcome } from "cdp-analytics-effect"
import type { FaultyServer } from "./FaultyServer.ts"

/** A call of `track`. */
export interface Call {
  readonly number: number
  readonly id: string
  readonly person: string
  readonly bytes: number
  readonly isPoison: boolean
  /** Calls of one lane follow each other. */
  readonly lane: number
  /** The calls before it that were accepted, once this one is. */
  acceptedAs?: number
  acceptedAt?: number
  refusedWith?: CallError
  wasInterrupted: boolean
  /** What awaiting its receipt came to; "delivered" where it succeeded. */
  awaited: Array<DeliveryError | "delivered">
}

export interface Flush {
  /** Messages accepted before it. */
  readonly acceptedBefore: number
  /** Of those, how many an earlier flush had reported. */
  readonly reportedBefore: number
  readonly isInterrupted: boolean
  readonly startedAt: number
  endedAt?: number
  report?: FlushReport
  /** Handlers of `onUndelivered` that had ended when it returned. */
  handledBefore?: ReadonlySet<string>
}

/** A call of the option `onUndelivered`. */
export interface Handled {
  readonly ids: ReadonlyArray<string>
  readonly error: DeliveryError
  readonly at: number
  isEnded: boolean
}

/** What happened in a program, as its laws need it. */
export interface History {
  readonly server: FaultyServer
  readonly calls: Array<Call>
  /** In the order in which they were accepted. */
  readonly accepted: Array<Call>
  readonly outcomes: Array<Outcome>
  /** When each message's outcome was told. */
  readonly endedAt: Map<string, number>
  readonly flushes: Array<Flush>
  readonly handled: Array<Handled>
  /** What was wrong at the time, as opposed to at the end. */
  readonly violations: Array<string>
  closingAt: number
  closedAfterMillis: number | undefined
  /** Fibers that should have ended and did not. */
  hanging: ReadonlyArray<string>
  /** Messages without an outcome after the server had recovered and enough time had passed. */
  stuck: ReadonlyArray<string>
}

export const makeHistory = (server: FaultyServer): History => ({
  server,
  calls: [],
  accepted: [],
  outcomes: [],
  endedAt: new Map(),
  flushes: [],
  handled: [],
  violations: [],
  closingAt: Number.POSITIVE_INFINITY,
  closedAfterMillis: undefined,
  hanging: [],
  stuck: []
})
