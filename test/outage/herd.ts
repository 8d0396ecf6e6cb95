import { Clock, Context, Effect, Exit, Fiber, Layer, Logger, Random, Redacted, Scope } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
// Not by its name: programs outside of the tests play this too.
import { Analytics } from "../../src/index.ts"
import { makeRandom } from "../support/random.ts"

export interface Herd {
  readonly clients: number
  /** Requests that the server takes in a second, once it is back; it answers 503 to the rest. */
  readonly limit: number
  /** In milliseconds. */
  readonly backAt: number
  readonly until: number
  /** Each client's calls: so many every so many milliseconds. */
  readonly every: number
  readonly count: number
}

export interface Second {
  readonly asked: number
  readonly taken: number
}

export interface HerdReport {
  readonly seconds: ReadonlyArray<Second>
  readonly accepted: number
  readonly stored: number
  /** Messages that have no outcome at the end. */
  readonly left: number
}

const messageIds = /"messageId":"([^"]+)"/g
const decoder = new TextDecoder()

/** Many clients of one server that was away, through the transport, on one clock. */
export const playHerd = (herd: Herd): Effect.Effect<HerdReport> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const random = makeRandom(7)
    const seconds = Array.from({ length: Math.ceil(herd.until / 1000) + 30 }, () => ({ asked: 0, taken: 0 }))
    const stored = new Set<string>()
    let accepted = 0

    const http = HttpClient.make((request) =>
      Effect.suspend(() => {
        const now = clock.currentTimeMillisUnsafe()
        const second = seconds[Math.floor(now / 1000)]!
        second.asked++
        const isTaken = now >= herd.backAt && second.taken < herd.limit
        if (isTaken) {
          second.taken++
          if (request.body._tag === "Uint8Array") {
            for (const [, id = ""] of decoder.decode(request.body.body).matchAll(messageIds)) stored.add(id)
          }
        }
        return Effect.delay(
          Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(null, { status: isTaken ? 200 : 503 }))),
          50
        )
      })
    )
    const scope = yield* Scope.make()
    const clients = yield* Effect.forEach(Array.from({ length: herd.clients }), () =>
      Analytics.layer({ apiKey: Redacted.make("k") }).pipe(
        Layer.orDie,
        Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
        Layer.fresh,
        Layer.buildWithScope(scope),
        Effect.map((context) => Context.get(context, Analytics))
      )
    )
    const calling = yield* Effect.forEach(clients, (analytics, client) => {
      let number = 0
      const call = Effect.suspend(() =>
        Effect.matchEffect(analytics.track({ userId: "u", event: "e", messageId: `${client}-${number++}` }), {
          onSuccess: () => Effect.sync(() => void accepted++),
          onFailure: () => Effect.void
        })
      )
      return Effect.forEach(Array.from({ length: herd.count }), () => call, { discard: true }).pipe(
        Effect.andThen(Effect.sleep(herd.every)),
        Effect.forever,
        // Not all in step.
        Effect.delay(Math.floor(random() * herd.every)),
        Effect.forkDetach
      )
    })
    yield* TestClock.adjust(herd.until)
    yield* Effect.forEach(calling, (fiber) => Effect.exit(Fiber.interrupt(fiber)))
    const statuses = yield* Effect.forEach(clients, ({ status }) => status)
    const report = {
      seconds: seconds.slice(0, Math.ceil(herd.until / 1000)).map((second) => ({ ...second })),
      accepted,
      stored: stored.size,
      left: statuses.reduce((total, { waiting }) => total + waiting.messages, 0)
    }
    const closing = yield* Effect.forkDetach(Scope.close(scope, Exit.void), { startImmediately: true })
    yield* TestClock.adjust("20 seconds")
    yield* Fiber.join(closing)
    return report
  }).pipe(Random.withSeed(7), Effect.provide([TestClock.layer(), Logger.layer([])]))

/** The first second after which everything that is asked is taken, since the server is back. */
export const calmAfter = ({ seconds }: HerdReport, backAt: number): number => {
  const since = seconds.slice(backAt / 1000)
  const last = since.findLastIndex(({ asked, taken }) => asked > taken)
  return last + 1
}

export const sumOf = (seconds: ReadonlyArray<Second>) => ({
  asked: seconds.reduce((total, { asked }) => total + asked, 0),
  taken: seconds.reduce((total, { taken }) => total + taken, 0)
})
