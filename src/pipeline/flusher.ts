import { Clock, Duration, Effect, type Fiber, Latch } from "effect"
import type { FlushCause } from "../telemetry/metrics.ts"
import { makeAlarm } from "../time/alarm.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import type { Batch, Queue } from "./queue.ts"

export interface FlusherOptions {
  /** Since the first message of a batch. */
  readonly flushInterval: Duration.Duration
  /** Most batches under way. */
  readonly concurrency: number
}

/** Delivers the batches of a queue as they become ready, as many at a time as may be. */
export interface Flusher {
  /** The queue has taken in a message. */
  readonly notice: () => void
  /** What has come so far is to leave without waiting for more. */
  readonly hurry: (cause: FlushCause) => void
  /** Waits until nothing is ready or under way. */
  readonly idle: Effect.Effect<void>
  /** Interrupts what is under way, without waiting for it, and starts nothing more. */
  readonly stop: () => void
}

export const makeFlusher = Effect.fnUntraced(function* (
  options: FlusherOptions,
  queue: Queue,
  deliver: (batch: Batch, cause: FlushCause) => Effect.Effect<void>
) {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  const interval = Duration.toMillis(options.flushInterval)
  const running = new Set<Fiber.Fiber<void>>()
  const isIdle = Latch.makeUnsafe(true)
  let isStopped = false

  const deliverReady: Effect.Effect<void> = Effect.suspend(() => {
    const ready = queue.takeReady()
    return ready === undefined ? Effect.void : Effect.andThen(deliver(...ready), deliverReady)
  })

  /** Not in the step of the call that made a batch ready: the call returns first. */
  const start = (): void => {
    if (isStopped || running.size >= options.concurrency || !queue.hasReady()) return
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
    queue.makeReady(cause)
    start()
  }

  const alarm = yield* makeAlarm(
    () => {
      const since = queue.gatheringSince()
      return since === undefined ? undefined : since + interval - monotonicMillis(clock)
    },
    () => hurry("interval")
  )

  const flusher: Flusher = {
    notice: () => {
      start()
      if (queue.gatheringSince() !== undefined) alarm.set()
    },
    hurry,
    idle: isIdle.await,
    stop: () => {
      isStopped = true
      for (const fiber of running) fiber.interruptUnsafe()
    }
  }
  return flusher
})
