import { Analytics, type AnalyticsOptions, type Message, type Undelivered } from "cdp-analytics-effect"
import {
  Clock,
  Context,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Random,
  Redacted,
  Schedule,
  Scheduler,
  Scope,
  Stream
} from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { library } from "../../src/message/library.ts"
import { silent } from "../support/logs.ts"
import { makeRandom } from "../support/random.ts"
import { clientOf, makeServer } from "./FaultyServer.ts"
import { type Call, type Flush, type Handled, type History, makeHistory } from "./History.ts"
import type { Program, ProgramOptions, Step } from "./Program.ts"
import { makeQuiet } from "./quiet.ts"

/** Of 10 seconds each: enough for every retry, every pause and every handler that never ends. */
const hopsToRecover = 500

const longestHop = 100

interface Lane {
  readonly name: string
  readonly fiber: Fiber.Fiber<unknown, unknown>
}

const inputOf = (
  number: number,
  userId: string,
  { padding, character }: Extract<Step, { _tag: "Track" }>,
  isPoison: boolean
) => ({
  userId,
  event: isPoison ? "poison" : String(number),
  messageId: `m${number}`,
  properties: { padding: character.repeat(Math.floor(padding / Buffer.byteLength(character))) }
})

/** Bytes of the message on the wire. */
const bytesOf = (input: ReturnType<typeof inputOf>): number =>
  Buffer.byteLength(
    JSON.stringify({ type: "track", ...input, timestamp: "1970-01-01T00:00:00.000Z", context: { library } })
  )

const layerOf = (options: ProgramOptions, history: History) => {
  const given: AnalyticsOptions = {
    apiKey: Redacted.make("k"),
    flushAt: options.flushAt,
    maxBatchSize: options.maxBatchSize,
    maxBatchBytes: options.maxBatchBytes,
    concurrency: options.concurrency,
    order: options.order,
    queueCapacity: options.queueCapacity,
    queueBytes: options.queueBytes,
    whenFull: options.whenFull,
    retry:
      options.retries === undefined
        ? undefined
        : Schedule.spaced("2 seconds").pipe(Schedule.upTo({ times: options.retries })),
    requestTimeout: options.requestTimeoutSeconds * 1000,
    deliveryTimeout: options.deliveryTimeoutSeconds && options.deliveryTimeoutSeconds * 1000,
    flushTimeout: options.flushTimeoutSeconds === undefined ? Duration.infinity : options.flushTimeoutSeconds * 1000,
    shutdownTimeout: options.shutdownTimeoutSeconds * 1000,
    onUndelivered: options.onUndelivered === "absent" ? undefined : handlerOf(options.onUndelivered, history)
  }
  return Layer.orDie(Analytics.layer(given)).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, clientOf(history.server))),
    Layer.provide(Layer.succeed(Scheduler.MaxOpsBeforeYield, options.opsBeforeYield))
  )
}

const handlerOf =
  (behaviour: ProgramOptions["onUndelivered"], history: History) =>
  ({ messages, error }: Undelivered): Effect.Effect<unknown, unknown> => {
    const begin = Effect.map(Clock.currentTimeMillis, (at): Handled => {
      const handled = { ids: messages.map((message: Message) => String(message.messageId)), error, at, isEnded: false }
      history.handled.push(handled)
      return handled
    })
    const end = (handled: Handled) =>
      Effect.sync(() => {
        handled.isEnded = true
      })
    if (behaviour === "throws") {
      history.handled.push({ ids: messages.map(({ messageId }) => String(messageId)), error, at: 0, isEnded: true })
      throw new Error("the handler's own")
    }
    return Effect.flatMap(begin, (handled) => {
      switch (behaviour) {
        case "fails":
          return Effect.andThen(end(handled), Effect.fail("the handler's own"))
        case "dies":
          return Effect.andThen(end(handled), Effect.die("the handler's own"))
        case "is slow":
          return Effect.ensuring(Effect.sleep("700 millis"), end(handled))
        case "never ends":
          return Effect.ensuring(Effect.never, end(handled))
        default:
          return end(handled)
      }
    })
  }

const runWith = Effect.fnUntraced(function* ({ options, steps, isHealed, seed }: Program, quiet: Effect.Effect<void>) {
  const server = makeServer(options.poisonStatus, makeRandom(seed))
  const history = makeHistory(server)
  const { calls, accepted, flushes, violations } = history
  const lanes: Array<Lane> = []
  let reported = 0
  let isClosing = false
  let deadline = Number.POSITIVE_INFINITY
  // Once the closing fiber has had the time to say so.
  let isSurelyClosing = false

  /** What has no outcome is within the bounds, once every fiber has run that can. */
  const checkBounds = () => {
    const settled = new Set(history.outcomes.flatMap(({ messageIds }) => messageIds))
    const waiting = accepted.filter(({ id }) => !settled.has(id))
    const bytes = waiting.reduce((total, call) => total + call.bytes, 0)
    const { queueCapacity, queueBytes = 32 * 1024 * 1024 } = options
    if (waiting.length > queueCapacity) violations.push(`${waiting.length} messages wait`)
    if (bytes > queueBytes) violations.push(`${bytes} bytes wait`)
  }

  const settle = Effect.andThen(
    quiet,
    Effect.sync(() => {
      isSurelyClosing = isClosing
      checkBounds()
    })
  )
  const clock = yield* Clock.clockWith(Effect.succeed)
  const scope = yield* Scope.make()
  const analytics = Context.get(yield* Layer.buildWithScope(layerOf(options, history), scope), Analytics)

  /** A call that drops others returns when the handler has dealt with them. */
  const mayWaitForHandler = options.whenFull === "dropOldest" && options.onUndelivered !== "absent"

  const fork = Effect.fnUntraced(function* <E>(name: string, effect: Effect.Effect<unknown, E>) {
    const fiber = yield* Effect.forkDetach(effect, { startImmediately: true })
    lanes.push({ name, fiber })
    return fiber
  })

  yield* fork(
    "outcomes",
    Stream.runForEach(analytics.outcomes, (outcome) =>
      Effect.sync(() => {
        history.outcomes.push(outcome)
        for (const id of outcome.messageIds) history.endedAt.set(id, clock.currentTimeMillisUnsafe())
      })
    )
  )
  yield* settle

  const awaitReceipt = (call: Call, awaiting: Effect.Effect<void, Call["awaited"][number]>) =>
    fork(
      `the receipt of ${call.id}`,
      Effect.match(awaiting, {
        onSuccess: () => void call.awaited.push("delivered"),
        onFailure: (error) => void call.awaited.push(error)
      })
    )

  const track = (call: Call, input: ReturnType<typeof inputOf>, isAwaited: boolean) =>
    analytics.track(input).pipe(
      Effect.matchEffect({
        onSuccess: (receipt) => {
          call.acceptedAs = accepted.push(call) - 1
          call.acceptedAt = clock.currentTimeMillisUnsafe()
          if (isSurelyClosing && !mayWaitForHandler)
            violations.push(`${call.id} was accepted while the client was closing`)
          if (receipt.messageId !== call.id) violations.push(`the receipt of ${call.id} names ${receipt.messageId}`)
          return isAwaited ? awaitReceipt(call, receipt.await) : Effect.void
        },
        onFailure: (error) =>
          Effect.sync(() => {
            call.refusedWith = error
            if (error._tag === "AnalyticsClosed" && !isClosing) {
              violations.push(`${call.id} was refused before the client closed`)
            }
          })
      }),
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          call.wasInterrupted = true
        })
      )
    )

  const step: { readonly [Tag in Step["_tag"]]: (step: Extract<Step, { _tag: Tag }>) => Effect.Effect<unknown> } = {
    Track: Effect.fnUntraced(function* (step) {
      const tracks = Array.from({ length: step.count }, (_, index) => {
        const number = calls.length
        const person = `u${number % options.people}`
        const input = inputOf(number, person, step, index === step.poison)
        const call: Call = {
          number,
          id: input.messageId,
          person,
          bytes: bytesOf(input),
          isPoison: index === step.poison,
          lane: step.isConcurrent ? number : number - index,
          wasInterrupted: false,
          awaited: []
        }
        calls.push(call)
        return track(call, input, step.isAwaited)
      })
      const from = lanes.length
      if (step.isConcurrent) for (const one of tracks) yield* fork("a call", one)
      else yield* fork("calls", Effect.all(tracks, { discard: true }))
      yield* Fiber.interruptAll(
        lanes
          .slice(from)
          .filter(({ name }) => name.startsWith("a call"))
          .slice(-step.interrupted)
          .slice(0, step.interrupted)
          .map(({ fiber }) => fiber)
      )
    }),
    Flush: Effect.fnUntraced(function* ({ count, isInterrupted }) {
      for (let index = 0; index < count; index++) {
        const flush: Flush = {
          acceptedBefore: accepted.length,
          reportedBefore: reported,
          isInterrupted,
          startedAt: clock.currentTimeMillisUnsafe()
        }
        flushes.push(flush)
        const fiber = yield* fork(
          "a flush",
          Effect.map(analytics.flush, (report) => {
            flush.report = report
            flush.endedAt = clock.currentTimeMillisUnsafe()
            flush.handledBefore = new Set(history.handled.flatMap(({ ids, isEnded }) => (isEnded ? ids : [])))
            reported = Math.max(reported, flush.acceptedBefore)
          })
        )
        if (isInterrupted) yield* Fiber.interrupt(fiber)
      }
    }),
    Settle: () => Effect.andThen(settle, Effect.sync(checkLeft)),
    Advance: ({ millis }) => advance(millis),
    SetFault: ({ fault }) =>
      Effect.sync(() => {
        server.fault = fault
      }),
    Close: () => close
  }

  /** Where nothing is wrong with the server, a full batch does not wait. */
  const checkLeft = () => {
    if (!isHealthy({ steps, options })) return
    const settled = new Set(history.outcomes.flatMap(({ messageIds }) => messageIds))
    const left = accepted.filter(({ id }) => !settled.has(id) && !server.json.has(id))
    if (left.length >= options.flushAt) violations.push(`${left.length} messages wait for no reason`)
  }

  /**
   * Time passes once everything has run that can, and stands still at the deadline of closing for what ends there. It
   * goes by in short hops: where few steps run at a time, a fiber may only begin to sleep when the clock has moved on.
   */
  const advance = Effect.fnUntraced(function* (millis: number) {
    for (let left = millis; left > 0; ) {
      yield* settle
      const untilDeadline = deadline - clock.currentTimeMillisUnsafe()
      const hop = Math.min(left, longestHop, untilDeadline > 0 ? untilDeadline : longestHop)
      yield* TestClock.adjust(hop)
      left -= hop
    }
  })

  const close = Effect.gen(function* () {
    if (isClosing) return
    isClosing = true
    history.closingAt = clock.currentTimeMillisUnsafe()
    const start = clock.currentTimeMillisUnsafe()
    deadline = start + options.shutdownTimeoutSeconds * 1000
    yield* fork(
      "closing",
      Effect.andThen(
        Scope.close(scope, Exit.void),
        Effect.map(Clock.currentTimeMillis, (end) => {
          history.closedAfterMillis = end - start
        })
      )
    )
  })

  const perform = <Tag extends Step["_tag"]>(one: Extract<Step, { _tag: Tag }>) => step[one._tag as Tag](one)

  for (const one of steps) yield* perform(one)

  if (isHealed && !isClosing) {
    server.fault = { _tag: "None" }
    // With nobody else there, a message at fault waits until the server is mended.
    if (options.poisonStatus === 500) server.poisonStatus = undefined
    const busy = () => hangingOf(lanes.filter(({ name }) => name !== "outcomes"))
    const unsettled = () => {
      const settled = new Set(history.outcomes.flatMap(({ messageIds }) => messageIds))
      return accepted.filter(({ id }) => !settled.has(id)).map(({ id }) => id)
    }
    yield* settle
    for (let hop = 0; hop < hopsToRecover && unsettled().length + busy().length > 0; hop++) {
      yield* TestClock.adjust("10 seconds")
      yield* settle
    }
    history.stuck = unsettled()
    history.hanging = busy()
    if (history.stuck.length > 0 || history.hanging.length > 0) return history
  }

  yield* close
  yield* advance(Math.max(0, deadline - clock.currentTimeMillisUnsafe()))
  yield* settle
  // What is left of a handler that was cut off.
  yield* step.Flush({ _tag: "Flush", count: 1, isInterrupted: false })
  yield* settle
  history.hanging = hangingOf(lanes)
  return history
})

/** Runs a program to its end, in a time of its own, and says what happened. */
export const run = (program: Program): Effect.Effect<History> =>
  Effect.flatMap(makeQuiet, ({ scheduler, settle }) =>
    runWith(program, settle).pipe(Effect.provideService(Scheduler.Scheduler, scheduler))
  ).pipe(Random.withSeed(program.seed), Effect.provide(Layer.merge(silent, TestClock.layer())))

/** Whether the server never has a fault, and nothing makes it look as if it had. */
export const isHealthy = ({ steps, options: { poisonStatus } }: Pick<Program, "steps" | "options">): boolean =>
  steps.every((step) => {
    if (step._tag === "SetFault") return step.fault._tag === "None"
    return step._tag !== "Track" || poisonStatus === 400 || step.poison >= step.count
  })

const hangingOf = (lanes: ReadonlyArray<Lane>) =>
  lanes.filter(({ fiber }) => fiber.pollUnsafe() === undefined).map(({ name }) => name)
