import type { ServerRecord } from "../server/Server.ts"

/** The first waits between a 429 and the next attempt of the same batch. */
export const waits = ({ requests }: ServerRecord, count: number): ReadonlyArray<number> => {
  const batch = requests.filter(({ firstEvent }) => firstEvent === requests[0]?.firstEvent)
  return batch
    .slice(1)
    .map((request, index) => request.at - (batch[index]?.at ?? 0))
    .slice(0, count)
}

/** Whether the requests of other batches waited out the first 429 too. */
export const heldBack = ({ requests }: ServerRecord, ms: number): boolean => {
  const [first] = requests
  if (first === undefined) return false
  const other = requests.find(({ firstEvent }) => firstEvent !== first.firstEvent)
  return other !== undefined && other.at - first.at >= ms
}
