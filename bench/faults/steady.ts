import type { Behaviour } from "../server/Behaviour.ts"
import type { Scenario, Seen } from "./Scenario.ts"
import { trackSteadily } from "./steps.ts"

/** A minute in which the server takes everything again: longer than any client here waits by itself. */
const goodMs = 60_000

/** Events keep coming while the server is in trouble, and for a minute after that; then the client is closed. */
export const troubleFor = (
  troubleMs: number,
  perSecond: number,
  mostRequests: number,
  server: () => Behaviour
): Omit<Scenario, "title"> => {
  const lastsMs = troubleMs + goodMs
  const during = (perSecond * troubleMs) / 1000
  const total = (perSecond * lastsMs) / 1000

  /** How long after the trouble the last event that was tracked in it is stored. */
  const allStoredMs = ({ server }: Seen): number =>
    Array.from({ length: during }, (_, n) => server.stored.get(n) ?? Number.POSITIVE_INFINITY).reduce(
      (latest, at) => Math.max(latest, at - server.startedAt - troubleMs),
      0
    )

  const requestsDuring = ({ server }: Seen): number =>
    server.requests.filter(({ at }) => at - server.startedAt < troubleMs).length

  return {
    lastsMs,
    server,
    client: trackSteadily(perSecond, lastsMs),
    cell: (seen) => {
      const after = allStoredMs(seen)
      const afterSeconds = Number.isFinite(after) ? `${(after / 1000).toFixed(1)} s` : "never"
      return `${seen.stored} / ${seen.told} / ${requestsDuring(seen)} / ${afterSeconds}`
    },
    requirement: `${total} / 0 / ≤ ${mostRequests} / ≤ 30 s`,
    isMet: (seen) =>
      seen.stored === total && seen.told === 0 && requestsDuring(seen) <= mostRequests && allStoredMs(seen) <= 30_000
  }
}
