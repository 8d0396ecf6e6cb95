import type { DeliveryError, FlushReport } from "cdp-analytics-effect"
import {
  Clock,
  Context,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Random,
  Redacted,
  Result,
  Scope,
  Stream
} from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
// Not by its name: programs outside of the tests play scenarios too.
import { Analytics } from "../../src/index.ts"
import type { Arrivals, Ended, Report, Scenario } from "./Scenario.ts"
import { makeServer, poisonEvent, type Received } from "./ScriptedServer.ts"

/** What came of a scenario with the client, through the transport. */
export interface Played extends Report {
  readonly requests: ReadonlyArray<Received>
  readonly violations: ReadonlyArray<string>
  readonly mostUnderWay: number
  readonly lines: ReadonlyArray<{ readonly at: number; readonly text: string; readonly level: string }>
  readonly flushes: ReadonlyArray<{ readonly from: number; readonly until: number; readonly report: FlushReport }>
  readonly closedAt: number | undefined
  readonly failures: ReadonlyArray<DeliveryError>
}

/** Whose message it is. */
export const personOf = (id: string, people: number): string => `u${Number(id.slice(1)) % people}`

/** Looks at the client from outside at some time. */
export type Look = (analytics: Analytics["Service"], at: number) => Effect.Effect<void>

const playNow = Effect.fnUntraced(function* (scenario: Scenario, looks: ReadonlyArray<readonly [number, Look]>) {
  const { script, seed = 7, people = 1, options } = scenario
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const { server, client } = yield* makeServer(script, seed + 1)

  const accepted = new Map<string, number>()
  const poison = new Set<string>()
  const ended = new Map<string, Ended>()
  const failures: Array<DeliveryError> = []
  const lines: Array<Played["lines"][number]> = []
  const flushes: Array<Played["flushes"][number]> = []
  let refused = 0
  let closedAt: number | undefined

  const logger = Logger.make(({ logLevel, message }) => {
    lines.push({ at: now(), level: logLevel, text: Array.isArray(message) ? message.join(" ") : String(message) })
  })
  const scope = yield* Scope.make()
  const context = yield* Analytics.layer({ apiKey: Redacted.make("k"), ...options }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    Layer.provideMerge(Logger.layer([logger])),
    Layer.orDie,
    Layer.buildWithScope(scope)
  )
  const analytics = Context.get(context, Analytics)
  yield* Effect.forkDetach(
    Stream.runForEach(analytics.outcomes, (outcome) =>
      Effect.sync(() => {
        if (outcome._tag !== "Delivered") failures.push(outcome)
        for (const id of outcome.messageIds) {
          if (ended.has(id)) server.violations.push(`${id} has two outcomes`)
          ended.set(id, { tag: outcome._tag, at: now() })
        }
      })
    ),
    { startImmediately: true }
  )

  const awaitTime = (time: number) => Effect.suspend(() => (time > now() ? Effect.sleep(time - now()) : Effect.void))

  const call = (isPoison: boolean) =>
    Effect.suspend(() => {
      const id = `m${accepted.size + refused}`
      // Before the call: its message may have an outcome in the same step.
      accepted.set(id, now())
      return Effect.map(
        Effect.result(
          analytics.track({ userId: personOf(id, people), event: isPoison ? poisonEvent : "e", messageId: id })
        ),
        (result) => {
          if (Result.isFailure(result)) {
            accepted.delete(id)
            refused++
          } else if (isPoison) poison.add(id)
        }
      )
    })

  const arrive = ({ from = 0, every, until, count, poison = () => 0 }: Arrivals, time = 0): Effect.Effect<void> =>
    Effect.suspend(() => {
      const at = from + time * every
      if (at >= until || closedAt !== undefined) return Effect.void
      const poisoned = poison(time)
      const calls = Effect.forEach(
        Array.from({ length: count }, (_, index) => index),
        (index) => call(index < poisoned),
        {
          discard: true
        }
      )
      return awaitTime(at).pipe(
        Effect.andThen(calls),
        Effect.andThen(arrive({ from, every, until, count, poison }, time + 1))
      )
    })

  const fibers = [
    ...scenario.arrivals.map((arrivals) => arrive(arrivals)),
    ...(scenario.flushAt ?? []).map((at) =>
      Effect.andThen(
        awaitTime(at),
        Effect.map(analytics.flush, (report) => void flushes.push({ from: at, until: now(), report }))
      )
    ),
    ...looks.map(([at, look]) =>
      Effect.andThen(
        awaitTime(at),
        Effect.suspend(() => look(analytics, at))
      )
    ),
    ...(scenario.closeAt === undefined
      ? []
      : [
          Effect.andThen(
            awaitTime(scenario.closeAt),
            Effect.suspend(() => close)
          )
        ])
  ]
  const close = Effect.andThen(
    Scope.close(scope, Exit.void),
    Effect.sync(() => {
      closedAt = now()
    })
  )
  const running = yield* Effect.forEach(fibers, (fiber) => Effect.forkDetach(fiber, { startImmediately: true }))
  yield* TestClock.adjust(scenario.until)
  // A copy: what closing does is no part of it.
  const played: Played = {
    requests: server.requests.slice(),
    accepted,
    poison,
    stored: new Set(server.stored),
    ended: new Map(ended),
    refused,
    lines: lines.slice(),
    violations: server.violations,
    mostUnderWay: server.mostUnderWay,
    flushes,
    closedAt,
    failures: failures.slice()
  }
  if (closedAt === undefined) {
    const closing = yield* Effect.forkDetach(close, { startImmediately: true })
    yield* TestClock.adjust(Duration.fromInputUnsafe(options?.shutdownTimeout ?? "20 seconds"))
    yield* Fiber.join(closing)
  }
  yield* Effect.forEach(running, (fiber) => Effect.exit(Fiber.interrupt(fiber)))
  return played
})

/** Plays a scenario with the client, in a time of its own. */
export const play = (scenario: Scenario, looks: ReadonlyArray<readonly [number, Look]> = []): Effect.Effect<Played> =>
  withoutStacks(playNow(scenario, looks)).pipe(Random.withSeed(scenario.seed ?? 7), Effect.provide(TestClock.layer()))

/** A quarter of the time would go into stacks of failed attempts, which nobody sees. */
const withoutStacks = <A>(effect: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      return limit
    }),
    () => effect,
    (limit) =>
      Effect.sync(() => {
        Error.stackTraceLimit = limit
      })
  )
