import { Clock, Duration, Effect, type Fiber, Latch } from "effect"
import type { FlushCause } from "../telemetry/metrics.ts"
import { makeAlarm } from "../time/alarm.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import type { Courier } from "./courier.ts"
import type { Store } from "./Store.ts"

export interface FlusherOptions {
  /** Since the first message of a batch. */
  readonly flushInterval: Duration.Duration
  /** Most batches under way. */
  readonly concurrency: number
}

/** Hands the batches of a store on as they become ready, as many at a time as may be. */
export interface Flusher {
  /** The store has taken in a message. */
  readonly notice: () => void
  /** What has come so far is to leave without waiting for more. */
  readonly hurry: (cause: FlushCause) => void
  /** Waits until nothing is ready or under way. */
  readonly idle: Effect.Effect<void>
  /** Interrupts what is under way, without waiting for it, and starts nothing more. */
  readonly stop: () => void
}

export const makeFlusher = Effect.fnUntraced(function* (options: FlusherOptions, store: Store, courier: Courier) {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  const interval = Duration.toMillis(options.flushInterval)
  const running = new Set<Fiber.Fiber<void>>()
  const isIdle = Latch.makeUnsafe(true)
  let isStopped = false

  const carryReady: Effect.Effect<void> = Effect.suspend(() => {
    const batch = store.next()
    return batch === undefined ? Effect.void : Effect.andThen(courier.carry(batch), carryReady)
  })

  /** Not in the step of the call that made a batch ready: the call returns first. */
  const start = (): void => {
    if (isStopped || running.size >= options.concurrency || !store.hasReady()) return
    isIdle.closeUnsafe()
    const fiber = run(Effect.andThen(Effect.yieldNow, carryReady))
    running.add(fiber)
    fiber.addObserver(() => {
      running.delete(fiber)
      start()
      if (running.size === 0) isIdle.openUnsafe()
    })
  }

  const hurry = (cause: FlushCause): void => {
    store.makeReady(cause)
    start()
  }

  const alarm = yield* makeAlarm(
    () => {
      const since = store.gatheringSince()
      return since === undefined ? undefined : since + interval - monotonicMillis(clock)
    },
    () => hurry("interval")
  )

  const flusher: Flusher = {
    notice: () => {
      start()
      if (store.gatheringSince() !== undefined) alarm.set()
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
