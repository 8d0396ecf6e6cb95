/** What a server does with a request. */
export type Answer =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: "reset" }
  | { readonly kind: "silence" }

/** Decides by the milliseconds since the run began, and by the numbers of the events. */
export interface Behaviour {
  readonly answer: (elapsedMs: number, events: ReadonlyArray<number>) => Answer
  /** From when until when connections are refused, in milliseconds since the run began. */
  readonly gone?: ReadonlyArray<readonly [fromMs: number, toMs: number]>
  /** How long every answer takes. */
  readonly latencyMs?: number
}

const status = (status: number, headers?: Record<string, string>): Answer =>
  headers === undefined ? { kind: "status", status } : { kind: "status", status, headers }

export const healthy = (latencyMs = 0): Behaviour => ({ answer: () => status(200), latencyMs })

export const always = (code: number): Behaviour => ({ answer: () => status(code) })

export const silent: Behaviour = { answer: () => ({ kind: "silence" }) }

export const unavailableFor = (ms: number): Behaviour => ({
  answer: (elapsed) => status(elapsed < ms ? 503 : 200)
})

export const resettingFor = (ms: number): Behaviour => ({
  answer: (elapsed) => (elapsed < ms ? { kind: "reset" } : status(200))
})

/**
 * Refuses with 429 and `Retry-After` until that time is over, `times` times. Each spell begins with the first request
 * after the one before.
 */
export const rateLimiting = (retryAfterSeconds: number, times: number): Behaviour => {
  const spells: Array<number> = []
  return {
    answer: (elapsed) => {
      const current = spells.at(-1)
      const isOver = current === undefined || elapsed >= current + retryAfterSeconds * 1000
      if (isOver && spells.length === times) return status(200)
      if (isOver) spells.push(elapsed)
      return status(429, { "retry-after": String(retryAfterSeconds) })
    }
  }
}

/** For so long, an answer of 503, refused connections and resets take turns. */
export const awayInTurnFor = (ms: number, turnMs: number): Behaviour => {
  const turns = Array.from({ length: Math.ceil(ms / turnMs) }, (_, turn) => turn)
  return {
    answer: (elapsed) => {
      if (elapsed >= ms) return status(200)
      return Math.floor(elapsed / turnMs) % 3 === 2 ? { kind: "reset" } : status(503)
    },
    gone: turns.filter((turn) => turn % 3 === 1).map((turn) => [turn * turnMs, Math.min(ms, (turn + 1) * turnMs)])
  }
}

/**
 * For so long, 7 requests of 10 fail by chance, half of them with 503 and half with 500. The n-th request has the same fate
 * with every client.
 */
export const sevenOfTenFailFor = (ms: number): Behaviour => {
  const random = makeRandom(7)
  return {
    answer: (elapsed) => {
      if (elapsed >= ms) return status(200)
      const chance = random()
      return status(chance >= 0.7 ? 200 : chance >= 0.35 ? 503 : 500)
    }
  }
}

/** The server chokes on one event, and so on each request that holds it. */
export const chokingOn = (event: number): Behaviour => ({
  answer: (_, events) => status(events.includes(event) ? 500 : 200)
})

/** Numbers from 0 to 1 that are the same in every run: mulberry32. */
const makeRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
