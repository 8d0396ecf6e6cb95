/** What a server does with a request. */
export type Answer =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: "reset" }
  | { readonly kind: "silence" }

/** Decides by the milliseconds since the run began. */
export interface Behaviour {
  readonly answer: (elapsedMs: number) => Answer
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
