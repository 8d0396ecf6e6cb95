import { setTimeout } from "node:timers/promises"
import type { Contender } from "../contenders/Contender.ts"
import { letOthersRun } from "../contenders/flood.ts"
import type { Figures } from "./Scenario.ts"
import { timed } from "./steps.ts"

/** Tracks events that cannot leave, and measures what they keep alive; then closes, for a little over the deadline. */
export const growHeap =
  (count: number, deadlineMs: number) =>
  async (contender: Contender): Promise<Figures> => {
    const before = await liveMegabytes()
    for (let n = 0; n < count; n++) {
      // Made here, so that what stays of an event is what the client keeps. 330 bytes of JSON.
      contender.track({ userId: `user-${n}`, event: "added_to_cart", properties: { n, text: `${n}`.padEnd(248, "x") } })
      if (n % 100 === 99) await letOthersRun()
    }
    const refused = contender.told()
    const heapGrowthMb = (await liveMegabytes()) - before
    const closing = () => Promise.race([contender.close(), setTimeout(deadlineMs + 1000)])
    return { ...(await timed(contender, closing)), refused, heapGrowthMb }
  }

const liveMegabytes = async (): Promise<number> => {
  // Twice, because finalizers let go of more.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.()
    await setTimeout(50)
  }
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}
