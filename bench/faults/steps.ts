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

/** Times a call that may reject. */
export const timed = async (contender: Contender, call: () => Promise<void>): Promise<Omit<Figures, "refused">> => {
  const start = performance.now()
  const hasRejected = await call().then(
    () => false,
    () => true
  )
  return { tookMs: performance.now() - start, settledAt: Date.now(), told: contender.told(), hasRejected }
}
