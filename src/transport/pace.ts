import type { Silence } from "./Silence.ts"

/**
 * When a request may start. While the server is silent for several batches, requests start no closer together than a tenth
 * of the silence, 100 ms to 30 s, times a random number from a half to one and a half; they may overlap, so that one that
 * hangs does not hide that the server is back. The first answer ends it. Nothing starts before the time that the server
 * asked for, and then at a random moment within a tenth of it.
 */
export interface Pace {
  /** Milliseconds until a request may start; 0 or less: now. */
  readonly startsIn: (now: number) => number
  readonly start: (now: number) => void
  /** After the silence has taken the failure in. */
  readonly fail: (now: number) => void
  readonly answer: () => void
  /** Nothing starts for so long, of the client's own accord. */
  readonly hold: (now: number, millis: number) => void
  /** What `Retry-After` asked for. */
  readonly holdAsAsked: (now: number, millis: number) => void
  /** Milliseconds until nothing holds everything back. */
  readonly heldFor: (now: number) => number
  /** One request may start now, unless one did in the last second. */
  readonly allowOne: (now: number) => void
  /** The client is closing: no wait of its own is longer than a second. */
  readonly hasten: (now: number) => void
  readonly isClosing: () => boolean
}

const minGap = 100

const maxGap = 30_000

/** What asks for a start at once gets one in so long. */
export const minStartGap = 1000

/** The longest wait of the client's own while it is closing. */
export const closingWait = 1000

/** `isPaced` is false where a schedule of the user's own is followed: then only what the server asks for holds. */
export const makePace = (silence: Silence, isPaced: boolean, random: () => number): Pace => {
  let lastStart = Number.NEGATIVE_INFINITY
  let nextStart = Number.NEGATIVE_INFINITY
  /** What the server asked for, and what the client does after a 429 that asks for nothing. */
  let askedUntil = Number.NEGATIVE_INFINITY
  let heldUntil = Number.NEGATIVE_INFINITY
  let isClosing = false
  let wasGeneral = false

  /** From one start to the next. */
  const gap = (now: number): number => {
    if (!isPaced || !silence.isGeneral || silence.since === undefined) return 0
    const gap = Math.min(maxGap, Math.max(minGap, (now - silence.since) / 10)) * (0.5 + random())
    // Timers count whole milliseconds.
    return Math.ceil(isClosing ? Math.min(gap, closingWait) : gap)
  }

  return {
    startsIn: (now) => Math.max(nextStart, heldUntil, askedUntil) - now,
    start: (now) => {
      lastStart = now
      nextStart = now + gap(now)
    },
    fail: (now) => {
      if (silence.isGeneral && !wasGeneral) nextStart = lastStart + gap(now)
      wasGeneral = silence.isGeneral
    },
    answer: () => {
      nextStart = Number.NEGATIVE_INFINITY
      wasGeneral = false
    },
    hold: (now, millis) => {
      heldUntil = Math.max(heldUntil, now + millis)
    },
    holdAsAsked: (now, millis) => {
      askedUntil = Math.max(askedUntil, now + Math.ceil(millis * (1 + random() / 10)))
    },
    heldFor: (now) => Math.max(heldUntil, askedUntil) - now,
    allowOne: (now) => {
      if (now - lastStart < minStartGap) return
      nextStart = now
      heldUntil = Math.min(heldUntil, now)
    },
    hasten: (now) => {
      isClosing = true
      nextStart = Math.min(nextStart, now + closingWait)
      heldUntil = Math.min(heldUntil, now + closingWait)
    },
    isClosing: () => isClosing
  }
}
