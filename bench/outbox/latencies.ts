import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import { Analytics } from "cdp-analytics-effect"
import { Context, Effect, Layer } from "effect"
import { makeEvents } from "../speed/events.ts"
import { latencyOf } from "../speed/statistics.ts"
import { makeCalls } from "./calls.ts"
import type { Measurement, Paced, Sequential } from "./job.ts"
import { layerBoth, layerWriter } from "./ours.ts"
import { measureUsage } from "./usage.ts"
import { payloadBytes } from "./work.ts"

const batchSize = 20

/** Of each, before it is the other's turn. */
const inTurn = 50

export const sequential = Effect.fnUntraced(function* (
  { store, delivers, calls, folder }: Sequential,
  endpoint: string
) {
  const context = yield* Layer.build(
    delivers ? layerBoth(store, { endpoint, batchSize, order: "person" }) : layerWriter(store)
  )
  const file = yield* Effect.acquireRelease(
    Effect.sync(() => openSync(join(folder, "bare"), "a")),
    (file) => Effect.sync(() => closeSync(file))
  )
  const page = Buffer.alloc(4096, "x")
  const sync = (): number => {
    const start = performance.now()
    writeSync(file, page)
    fdatasyncSync(file)
    return (performance.now() - start) * 1000
  }
  const bare: Array<number> = []
  const called: Array<number> = []
  for (let turn = -1; turn < calls / inTurn; turn++) {
    const events = makeEvents(inTurn, payloadBytes, turn * inTurn)
    const micros = yield* Effect.provideContext(makeCalls(events, 1), context)
    const synced = Array.from({ length: inTurn }, sync)
    // The first ones compile the program.
    if (turn < 0) continue
    called.push(...micros)
    bare.push(...synced)
  }
  const measured: Measurement<"sequential"> = { call: latencyOf(called), bare: latencyOf(bare) }
  return measured
}, Effect.scoped)

export const paced = Effect.fnUntraced(function* ({ store, perSecond, seconds }: Paced, endpoint: string) {
  const context =
    store === undefined ? undefined : yield* Layer.build(layerBoth(store, { endpoint, batchSize, order: "person" }))
  const analytics = context === undefined ? undefined : Context.get(context, Analytics)
  const micros: Array<number> = []
  const call = (event: Parameters<typeof Analytics.track>[0]) =>
    Effect.suspend(() => {
      const start = performance.now()
      return Effect.tap(analytics?.track(event) ?? Effect.void, () =>
        Effect.sync(() => micros.push((performance.now() - start) * 1000))
      )
    })

  // Half a second, in which the program is compiled, is not counted.
  const warmUp = perSecond / 2
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  const work = Effect.gen(function* () {
    const start = performance.now()
    let made = 0
    for (const event of makeEvents(warmUp + perSecond * seconds, payloadBytes)) {
      while (performance.now() < start + (made * 1000) / perSecond) yield* Effect.promise(() => setTimeout(1))
      if (made++ === warmUp) {
        micros.length = 0
        histogram.enable()
      }
      yield* Effect.forkDetach(call(event))
    }
    histogram.disable()
  })
  const { cpuMicros, wallMs } = yield* measureUsage(work)
  if (analytics !== undefined) yield* analytics.flush
  // It counts from one timer to the next, which are a millisecond apart at best.
  const late = (share: number): number => Math.max(0, histogram.percentile(share) / 1000 - 1000)
  const measured: Measurement<"paced"> = {
    delay: { p50: late(50), p99: late(99), p999: late(99.9), max: Math.max(0, histogram.max / 1000 - 1000) },
    call: latencyOf(micros),
    cpuPercent: cpuMicros / 10 / wallMs
  }
  return measured
}, Effect.scoped)
