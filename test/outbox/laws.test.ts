import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Analytics, type CallError, type DeliveryError } from "cdp-analytics-effect"
import { OutboxSqlite } from "cdp-analytics-effect/node"
import { AnalyticsOutbox, type OutboxDatabase, OutboxRelay, OutboxStore } from "cdp-analytics-effect/outbox"
import { Cause, Context, Effect, Exit, Fiber, Layer, Option, Random, Redacted, Scope } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { clientOf, type FaultyServer, makeServer } from "../model/FaultyServer.ts"
import type { Fault } from "../model/Program.ts"
import { silent } from "../support/logs.ts"
import { makeRandom, pick } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"
import { fetchAll } from "./contract.ts"
import { type Arrival, brokenLaws, type Call } from "./laws.ts"
import { advance, advanceUntil, settle, turn } from "./time.ts"

const hasEnded = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.pollUnsafe() !== undefined

interface Actor {
  readonly kind: "both" | "writer" | "relay"
  readonly scope: Scope.Closeable
  readonly analytics: Analytics["Service"] | undefined
}

interface Awaited {
  readonly call: Call
  readonly fiber: Fiber.Fiber<void, DeliveryError>
}

const shutdownMillis = 2000

/** At once. */
const mostCalls = 10

/** What each request brought, once nothing is under way any more. */
const arrivalsOf = ({ requests }: FaultyServer): ReadonlyArray<Arrival> =>
  requests.flatMap(({ ids, number, isStored, isEndless, answer }) =>
    ids.map((id) => ({
      id,
      request: number,
      isStored,
      isLost: isStored && (answer === undefined || isEndless),
      isAlone: ids.length === 1
    }))
  )

const runProgram = Effect.fnUntraced(function* (seed: number) {
  const random = makeRandom(seed)
  const below = (count: number) => Math.floor(random() * count)
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "outbox-laws-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const flushAt = 1 + below(8)
  const isOrdered = below(4) > 0
  const options = {
    order: isOrdered ? ("person" as const) : ("none" as const),
    flushAt,
    flushInterval: "1 second",
    maxBatchSize: flushAt + below(6),
    concurrency: pick(random, [1, 2, 4]),
    requestTimeout: "3 seconds",
    shutdownTimeout: shutdownMillis
  } as const
  const maxMessages = pick(random, [25, 10_000])
  const people = pick(random, [1, 3, 20])
  const whenFull = pick(random, ["fail", "wait"] as const)
  const poisonStatus = pick(random, [400, 500])
  const server = makeServer(poisonStatus, makeRandom(seed + 1))
  const store = OutboxSqlite.layer({ filename: join(folder, "outbox.db"), durability: "process", maxMessages })
  const provided = Layer.merge(Layer.orDie(store), Layer.succeed(HttpClient.HttpClient, clientOf(server)))
  const key = { apiKey: Redacted.make("k") }

  const calls: Array<Call> = []
  const awaited: Array<Awaited> = []
  const broken: Array<string> = []
  const calling: Array<Fiber.Fiber<unknown, unknown>> = []
  let actors: ReadonlyArray<Actor> = []
  let time = 0
  let hasSlept = false

  const openRelay = (scope: Scope.Scope) =>
    Effect.map(
      Layer.buildWithScope(Layer.provide(AnalyticsOutbox.layerRelay({ ...key, ...options }), provided), scope),
      Context.get(OutboxRelay)
    ).pipe(Effect.orDie)

  const open = Effect.fnUntraced(function* (kind: Actor["kind"]) {
    const scope = yield* Scope.make()
    if (kind === "relay") {
      yield* openRelay(scope)
      return { kind, scope, analytics: undefined }
    }
    const layer =
      kind === "writer"
        ? AnalyticsOutbox.layerWriter({ whenFull })
        : AnalyticsOutbox.layer({ ...key, ...options, whenFull })
    const context = yield* Layer.buildWithScope(Layer.provide(layer, provided), scope)
    return { kind, scope, analytics: Context.get(context, Analytics) }
  }, Effect.orDie)

  const close = Effect.fnUntraced(function* (actor: Actor) {
    actors = actors.filter((other) => other !== actor)
    const closing = yield* Effect.forkDetach(Scope.close(actor.scope, Exit.void))
    if (!(yield* advanceUntil(() => hasEnded(closing), 2 * shutdownMillis))) broken.push("closing does not end")
  })

  const track = (analytics: Analytics["Service"], isAwaited: boolean) =>
    Effect.suspend(() => {
      const number = calls.length
      const call: Call = {
        id: `m${number}`,
        person: `u${number % people}`,
        isBad: below(12) === 0,
        startedAt: time++,
        fate: "unknown"
      }
      calls.push(call)
      const event = call.isBad ? "poison" : String(number)
      return Effect.matchEffect(analytics.track({ userId: call.person, event, messageId: call.id }), {
        onSuccess: (receipt) => {
          call.fate = "accepted"
          call.endedAt = time++
          if (!isAwaited) return Effect.void
          return Effect.map(Effect.forkDetach(receipt.await), (fiber) => {
            awaited.push({ call, fiber })
          })
        },
        onFailure: ({ _tag }: CallError) =>
          Effect.sync(() => {
            call.fate = "refused"
            const isExpected = _tag === "AnalyticsClosed" || (_tag === "QueueFull" && maxMessages < 10_000)
            if (!isExpected) broken.push(`${call.id} fails with ${_tag}`)
          })
      })
    })

  const inDatabase = <A, E>(look: (database: OutboxDatabase) => Effect.Effect<A, E>) =>
    Effect.flatMap(OutboxStore, ({ open }) => Effect.flatMap(open, look)).pipe(
      Effect.scoped,
      Effect.provide(store),
      Effect.orDie
    )

  /** The laws, as far as they hold at any time. */
  const look = inDatabase((database) =>
    Effect.gen(function* () {
      for (let before = -1; before !== time; ) {
        before = time
        yield* settle
      }
      const waiting = new Set((yield* fetchAll(database)).map(({ messageId }) => messageId))
      const dead = new Map((yield* database.dead({ limit: 10_000 })).map((letter) => [letter.messageId, letter]))
      const report = yield* database.report
      const usage = database.usage()
      if (usage.messages !== waiting.size) broken.push(`usage says ${usage.messages} wait, and ${waiting.size} do`)
      if (usage.bytes !== report.waiting.bytes) broken.push(`usage says ${usage.bytes} bytes`)
      // Layers do not know of what others are committing.
      if (usage.messages > maxMessages + mostCalls * actors.length) broken.push(`${usage.messages} messages wait`)
      // What is under way may be delivered, and wait until its answer was read.
      const underWay = new Set(server.requests.flatMap(({ ids, isEnded }) => (isEnded ? [] : ids)))
      const arrivals = arrivalsOf(server).map((arrival) =>
        underWay.has(arrival.id) && arrival.isStored ? { ...arrival, isLost: true } : arrival
      )
      broken.push(...brokenLaws({ calls, arrivals, dead, waiting, isOrdered, mayRepeat: hasSlept }))
      return { waiting, dead }
    })
  )

  const faults: ReadonlyArray<() => Fault> = [
    () => ({ _tag: "None" }),
    () => ({ _tag: "None" }),
    () => ({ _tag: "Status", status: pick(random, [503, 500, 408, 401, 403]) }),
    () => ({ _tag: "Status", status: 429, retryAfterSeconds: 1 + below(12) }),
    () => ({ _tag: "Status", status: 429 }),
    () => ({ _tag: "Flaky" }),
    () => ({ _tag: "BrownOut", failing: 1 + below(9), status: pick(random, [500, 502, 503]) }),
    () => ({ _tag: "Limited", messages: 1 + below(6) }),
    () => ({ _tag: "NoConnection" }),
    () => ({ _tag: "NoAnswer" }),
    () => ({ _tag: "EndlessBody" }),
    () => ({ _tag: "Slow", seconds: 1 + below(5) }),
    () => ({ _tag: "LostAnswer" })
  ]

  const accepting = () => actors.flatMap(({ analytics }) => analytics ?? [])

  const steps: ReadonlyArray<readonly [number, () => Effect.Effect<unknown>]> = [
    [
      10,
      () => {
        if (accepting().length === 0) return Effect.void
        const analytics = pick(random, accepting())
        const tracks = Array.from({ length: 1 + below(mostCalls) }, () => track(analytics, below(2) === 0))
        return Effect.gen(function* () {
          const fiber = yield* Effect.forkDetach(
            Effect.all(tracks, { discard: true, concurrency: below(2) === 0 ? 1 : "unbounded" })
          )
          calling.push(fiber)
          if (below(6) === 0) {
            yield* turn
            yield* Fiber.interrupt(fiber)
          }
        })
      }
    ],
    [5, () => advance(below(3) === 0 ? 8000 : below(1500))],
    [4, () => settle],
    [
      1,
      () => {
        // All processes sleep through their leases, as a machine that is suspended.
        hasSlept = true
        return Effect.andThen(TestClock.adjust("20 seconds"), settle)
      }
    ],
    [
      3,
      () =>
        Effect.sync(() => {
          server.fault = pick(random, faults)()
        })
    ],
    [
      2,
      () => {
        if (accepting().length === 0) return Effect.void
        return Effect.map(Effect.forkDetach(pick(random, accepting()).flush), (fiber) => void calling.push(fiber))
      }
    ],
    [2, () => look],
    [1, () => (actors.length === 0 ? Effect.void : close(pick(random, actors)))],
    [
      2,
      () =>
        actors.length > 3
          ? Effect.void
          : Effect.map(open(pick(random, ["both", "both", "writer", "relay"] as const)), (actor) => {
              actors = [...actors, actor]
            })
    ]
  ]
  const bag = steps.flatMap(([weight, step]) => Array.from({ length: weight }, () => step))

  actors = [yield* open("both")]
  const length = 10 + below(50)
  for (let step = 0; step < length; step++) yield* pick(random, bag)()

  server.fault = { _tag: "None" }
  server.poisonStatus = poisonStatus === 500 ? undefined : poisonStatus
  for (const actor of actors) yield* close(actor)
  const scope = yield* Scope.make()
  const { drain } = yield* openRelay(scope)
  const draining = yield* Effect.forkDetach(drain)
  if (!(yield* advanceUntil(() => hasEnded(draining), 900_000))) broken.push("what waits is never delivered")
  yield* settle
  const { waiting, dead } = yield* look
  if (waiting.size > 0) broken.push(`${waiting.size} wait after all was drained`)
  yield* close({ kind: "relay", scope, analytics: undefined })
  yield* advance(1000)

  for (const fiber of calling) if (!hasEnded(fiber)) broken.push("a call or a flush does not end")
  for (const { call, fiber } of awaited) {
    const exit = fiber.pollUnsafe()
    if (exit === undefined) broken.push(`the receipt of ${call.id} never comes`)
    else if (Exit.isSuccess(exit) && dead.has(call.id)) broken.push(`the receipt of ${call.id} says delivered`)
    else if (Exit.isFailure(exit)) {
      const { _tag } = Option.getOrThrow(Cause.findErrorOption(exit.cause))
      if (_tag !== "Elsewhere" && !dead.has(call.id)) broken.push(`the receipt of ${call.id} says ${_tag}`)
    }
  }
  return broken
}, Effect.scoped)

describe("random programs over an outbox", () => {
  it.live(
    "keep every law",
    () =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= repetitions.outboxPrograms; seed++) {
          const broken = yield* runProgram(seed).pipe(
            Random.withSeed(seed),
            Effect.provide(Layer.merge(silent, TestClock.layer()))
          )
          assert.deepStrictEqual(broken, [], `of the program ${seed}`)
        }
      }),
    300_000
  )
})
