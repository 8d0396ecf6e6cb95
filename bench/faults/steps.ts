import { setTimeout } from "node:timers/promises"
import type { Contender } from "../contenders/Contender.ts"
import { events } from "./events.ts"
import type { Figures } from "./Scenario.ts"

/** Tracks, waits, and closes. */
export const trackThenClose =
  (count: number, options: { readonly closeAfterMs?: number; readonly textLength?: number } = {}) =>
  async (contender: Contender): Promise<Figures> => {
    for (const event of events(count, options.textLength)) contender.track(event)
    const refused = contender.told()
    if (options.closeAfterMs !== undefined) await setTimeout(options.closeAfterMs)
    return { ...(await timed(contender, contender.close)), refused }
  }

/** Tracks so many a second, as a service does, and closes when that is over. */
export const trackSteadily =
  (perSecond: number, forMs: number) =>
  async (contender: Contender): Promise<Figures> => {
    const start = performance.now()
    for (const [index, event] of events((perSecond * forMs) / 1000).entries()) {
      await setTimeout(Math.max(0, start + (index * 1000) / perSecond - performance.now()))
      contender.track(event)
    }
    return { ...(await timed(contender, contender.close)), refused: 0 }
  }

/** Times a call that may reject. */
export const timed = async (contender: Contender, call: () => Promise<void>): Promise<Omit<Figures, "refused">> => {
  const start = performance.now()
  const hasRejected = await call().then(
    () => false,
    () => true
  )
  return { tookMs: performance.now() - start, settledAt: Date.now(), told: contender.told(), hasRejected }
}
