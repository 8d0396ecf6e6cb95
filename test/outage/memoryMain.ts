import { NodeRuntime } from "@effect/platform-node"
import { Clock, Config, Console, Context, Effect, Exit, Fiber, Layer, Logger, Random, Redacted, Scope } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Analytics } from "../../src/index.ts"

// Run as a child process with --expose-gc: two minutes of health, in which the program is compiled, an hour of STATUS, with CALLS
// messages a second once the queue is full, and what the heap has every three minutes of it; then everything leaves.

const heapBytes = Effect.sync(() => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
})

const from = 120_000
const outage = 3_600_000

const clientOf = (clock: Clock.Clock, status: number) => {
  const client = { requests: 0, messages: 0 }
  const http = HttpClient.make((request) =>
    Effect.sync(() => {
      client.requests++
      const now = clock.currentTimeMillisUnsafe()
      return HttpClientResponse.fromWeb(
        request,
        new Response(null, { status: now >= from && now < from + outage ? status : 200 })
      )
    }).pipe(Effect.delay(50))
  )
  return { client, http }
}

const program = Effect.gen(function* () {
  const calls = yield* Config.Int("CALLS")
  const status = yield* Config.Int("STATUS")
  const whenFull = yield* Config.Literals(["fail", "dropOldest"], "WHEN_FULL")
  const { client, http } = clientOf(yield* Clock.Clock, status)
  const scope = yield* Scope.make()
  const layer = Analytics.layer({ apiKey: Redacted.make("k"), whenFull }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
  )
  const analytics = Context.get(yield* Layer.buildWithScope(layer, scope), Analytics)

  let number = 0
  let accepted = 0
  const call = Effect.suspend(() =>
    Effect.match(
      analytics.track({
        userId: `user-${number}`,
        event: "viewed",
        properties: { number: number++, text: "x".repeat(60) }
      }),
      { onSuccess: () => void accepted++, onFailure: () => undefined }
    )
  )
  const second = (calls: number) =>
    Effect.andThen(
      Effect.forEach(Array.from({ length: calls }), () => call, { discard: true }),
      Effect.sleep(1000)
    )
  const calling = yield* Effect.repeat(second(50), { times: from / 1000 - 1 }).pipe(
    // As many as there is room for come in a few minutes.
    Effect.andThen(Effect.repeat(second(50), { times: 250 })),
    Effect.andThen(Effect.forever(second(calls))),
    Effect.forkDetach
  )

  yield* TestClock.adjust(from)
  const heap = [yield* heapBytes]
  for (let sample = 0; sample < 20; sample++) {
    yield* TestClock.adjust(outage / 20)
    heap.push(yield* heapBytes)
  }
  const { waiting } = yield* analytics.status
  yield* Fiber.interrupt(calling)
  yield* TestClock.adjust("2 minutes")
  const { delivered, failed } = yield* analytics.flush
  const left = (yield* analytics.status).waiting
  const heapAfter = yield* heapBytes
  yield* Scope.close(scope, Exit.void)
  yield* Console.log(
    JSON.stringify({
      calls: number,
      accepted,
      requests: client.requests,
      waiting,
      left,
      delivered,
      failed,
      heap,
      heapAfter
    })
  )
})

program.pipe(Random.withSeed(7), Effect.provide([TestClock.layer(), Logger.layer([])]), NodeRuntime.runMain)
