import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Context, Effect, Exit, Layer, Logger, Result, Scope } from "effect"
import { Analytics, type AnalyticsOptions, analyticsConfig } from "../../src/index.ts"
import { AnalyticsNode } from "../../src/node/index.ts"

// Run as a child process with --expose-gc: makes CALLS calls of about 330 bytes, looks at the heap SAMPLES times, and prints
// what they cost. DRAINED looks at it when nothing waits.

const heapBytes = (): number => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const input = (number: number) => ({
  userId: `user-${number}`,
  event: "product_viewed",
  properties: { number, text: "x".repeat(60) }
})

const layerOf = (options: AnalyticsOptions) => AnalyticsNode.layer({ ...options, shutdownTimeout: "1 second" })

const program = Effect.gen(function* () {
  const calls = yield* Config.Int("CALLS")
  const samples = yield* Config.Int("SAMPLES")
  const isDrained = yield* Config.Boolean("DRAINED").pipe(Config.withDefault(false))
  const options = yield* analyticsConfig
  const scope = yield* Scope.make()
  const analytics = Context.get(yield* Layer.buildWithScope(layerOf(options), scope), Analytics)

  const heap = [heapBytes()]
  const micros = new Float64Array(calls)
  const results: Record<string, number> = {}
  for (let number = 0; number < calls; number++) {
    const start = performance.now()
    const result = yield* Effect.result(analytics.track(input(number)))
    micros[number] = (performance.now() - start) * 1000
    const name = Result.isSuccess(result) ? "accepted" : result.failure._tag
    results[name] = (results[name] ?? 0) + 1
    if ((number + 1) % Math.ceil(calls / samples) === 0) {
      if (isDrained) yield* analytics.flush
      heap.push(heapBytes())
      // The network has its turn too.
      yield* Effect.sleep("5 millis")
    }
  }
  const closingFrom = performance.now()
  yield* Scope.close(scope, Exit.void)
  const closeMillis = performance.now() - closingFrom
  const report = yield* analytics.flush
  micros.sort()
  const p99 = micros[Math.floor(calls * 0.99)]
  const p50 = micros[Math.floor(calls * 0.5)]
  yield* Console.log(JSON.stringify({ results, report, heap, heapAfter: heapBytes(), p50, p99, closeMillis }))
})

program.pipe(Effect.provide(Logger.layer([])), NodeRuntime.runMain)
