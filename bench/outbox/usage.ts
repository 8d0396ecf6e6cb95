import { Effect } from "effect"

/** What something took, of this process and all its threads. */
export const measureUsage = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    const start = performance.now()
    return Effect.map(effect, (value) => {
      const { user, system } = process.cpuUsage(before)
      return { value, cpuMicros: user + system, wallMs: performance.now() - start }
    })
  })

export const megabytes = (): number => process.memoryUsage.rss() / 1024 ** 2
