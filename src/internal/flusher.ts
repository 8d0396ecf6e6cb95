import { Clock, Duration, Effect, type Fiber, Latch } from "effect"
import type { FlushCause } from "../AnalyticsMetrics.ts"
import { type BatchLimits, makeBatches, type ReadyBatch } from "./batch.ts"
import type { Pending } from "./ledger.ts"

export interface FlusherOptions extends BatchLimits {
  /** Since the first message of a batch. */
  readonly flushInterval: Duration.Duration
  /** Most batches under way. */
  readonly concurrency: number
}

/** Gathers messages into batches, and delivers those that are ready: as many at a time as may be. */
export interface Flusher {
  readonly add: (message: Pending) => void
  /** What has come so far is to leave without waiting for more. */
  readonly hurry: (cause: FlushCause) => void
  /** Lets go of as many of the messages that have waited longest. */
  readonly drop: (messages: number) => void
  /** Waits until nothing is ready or under way. */
  readonly idle: Effect.Effect<void>
  /** Interrupts what is under way, without waiting for it, and lets go of the rest. */
  readonly stop: () => void
}

export const makeFlusher = Effect.fnUntraced(function* (
  options: FlusherOptions,
  deliver: (batch: ReadyBatch) => Effect.Effect<void>
) {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  const interval = Duration.toMillis(options.flushInterval)
  const batches = makeBatches(options)
  const running = new Set<Fiber.Fiber<void>>()
  const isIdle = Latch.makeUnsafe(true)
  const isGathering = Latch.makeUnsafe(false)
  let isStopped = false

  const deliverReady: Effect.Effect<void> = Effect.suspend(() => {
    const batch = batches.takeReady()
    return batch === undefined ? Effect.void : Effect.andThen(deliver(batch), deliverReady)
  })

  /** Not in the step of the call that made a batch ready: the call returns first. */
  const start = (): void => {
    if (isStopped || running.size >= options.concurrency || !batches.hasReady()) return
    isIdle.closeUnsafe()
    const fiber = run(Effect.andThen(Effect.yieldNow, deliverReady))
    running.add(fiber)
    fiber.addObserver(() => {
      running.delete(fiber)
      start()
      if (running.size === 0) isIdle.openUnsafe()
    })
  }

  const hurry = (cause: FlushCause): void => {
    batches.makeReady(cause)
    start()
  }

  /** One timer for all batches: it sleeps no longer than the oldest message may wait. */
  const timer = run(
    isGathering.await.pipe(
      Effect.andThen(
        Effect.suspend(() => {
          const since = batches.gatheringSince()
          if (since === undefined) {
            isGathering.closeUnsafe()
            return Effect.void
          }
          // A clock that was set back must not make it longer.
          const wait = Math.min(interval, since + interval - clock.currentTimeMillisUnsafe())
          return wait > 0 ? Effect.sleep(wait) : Effect.sync(() => hurry("interval"))
        })
      ),
      Effect.forever
    )
  )

  const flusher: Flusher = {
    add: (message) => {
      batches.add(message, clock.currentTimeMillisUnsafe())
      if (batches.hasReady()) start()
      if (batches.gatheringSince() !== undefined) isGathering.openUnsafe()
    },
    hurry,
    drop: batches.drop,
    idle: isIdle.await,
    stop: () => {
      isStopped = true
      timer.interruptUnsafe()
      for (const fiber of running) fiber.interruptUnsafe()
      batches.drop(Number.POSITIVE_INFINITY)
    }
  }
  return flusher
})
