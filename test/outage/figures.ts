import type { Report, Request } from "./Scenario.ts"

export const requestsBetween = ({ requests }: Report, from: number, until: number): ReadonlyArray<Request> =>
  requests.filter(({ at }) => at >= from && at < until)

/** How long the messages took that were delivered and accepted in some time, in order. */
export const latencies = (
  { ended, accepted, poison }: Report,
  isMeant: (id: string, acceptedAt: number) => boolean = () => true
): ReadonlyArray<number> =>
  [...ended]
    .filter(([id, { tag }]) => tag === "Delivered" && !poison.has(id) && isMeant(id, accepted.get(id)!))
    .map(([id, { at }]) => at - accepted.get(id)!)
    .sort((one, other) => one - other)

export const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export const countEnded = ({ ended }: Report, tag: string): number =>
  [...ended.values()].filter((end) => end.tag === tag).length

/** Messages that were delivered by some time. */
export const deliveredBy = ({ ended }: Report, time: number): number =>
  [...ended.values()].filter(({ tag, at }) => tag === "Delivered" && at <= time).length

export const unstored = ({ accepted, stored, poison }: Report): ReadonlyArray<string> =>
  [...accepted.keys()].filter((id) => !stored.has(id) && !poison.has(id))

/** When the last message was delivered. */
export const doneAt = ({ ended }: Report): number => {
  let done = 0
  for (const { tag, at } of ended.values()) if (tag === "Delivered" && at > done) done = at
  return done
}
