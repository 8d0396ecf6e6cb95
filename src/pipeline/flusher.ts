import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type { FlushCause } from "../telemetry/metrics.ts"
import { makeAlarm } from "../time/alarm.ts"
import { makeRunDetached } from "../time/detached.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { minStartGap, type Pace } from "../transport/pace.ts"
import type { Batch } from "./Batch.ts"
import type { Courier } from "./courier.ts"
import type { Store } from "./Store.ts"

export interface FlusherOptions {
  /** Since the first message of a batch. */
  readonly flushInterval: Duration.Duration
  /** Most requests in flight. */
  readonly concurrency: number
}

/** Hands the batches of a store on when it is their turn and the pace allows a start, as many at a time as may be. */
export interface Flusher {
  /** The last batch of the store began, or became ready. */
  readonly notice: (change: "began" | "ready") => void
  /** What has come so far is to leave without waiting for more. */
  readonly hurry: (cause: FlushCause) => void
  /** The same for what waits for its next attempt, and one request may start against the pace. */
  readonly flush: () => void
  /** Waits until nothing is under way. */
  readonly idle: Effect.Effect<void>
  /** Starts nothing more. */
  readonly rest: () => void
  /** The same, and interrupts what is under way, without waiting for it. */
  readonly stop: () => void
}

export const makeFlusher = Effect.fnUntraced(function* (
  options: FlusherOptions,
  store: Store,
  pace: Pace,
  courier: Courier
) {
  const run = yield* makeRunDetached
  const clock = yield* Clock.Clock
  const interval = Duration.toMillis(options.flushInterval)
  const running = new Set<Fiber.Fiber<void>>()
  const isIdle = Latch.makeUnsafe(true)
  /** A fiber is about to take a batch. */
  let isStarting = false
  let isResting = false

  const now = (): number => monotonicMillis(clock)

  /** Milliseconds until a request may start that has something to send. */
  const startsIn = (): number | undefined => {
    const at = store.nextAt()
    if (at === undefined) return undefined
    const time = now()
    return Math.max(at - time, pace.startsIn(time))
  }

  const next = (): Batch | undefined => {
    const time = now()
    if (isResting || pace.startsIn(time) > 0) return undefined
    const batch = store.next(time)
    if (batch !== undefined) pace.start(time)
    return batch
  }

  const carryReady: Effect.Effect<void> = Effect.suspend(() => {
    isStarting = false
    const batch = next()
    if (batch === undefined) return Effect.void
    // Another slot may be free for what is behind it.
    start()
    return Effect.andThen(courier.carry(batch), carryReady)
  })

  const canStart = (): boolean => !isResting && !isStarting && running.size < options.concurrency

  /** Not in the step of the call that made a batch ready: the call returns first. */
  const start = (): void => {
    if (!canStart()) return
    const wait = startsIn()
    if (wait === undefined || wait > 0) {
      alarm.set()
      return
    }
    isStarting = true
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

  const gatheredIn = (): number | undefined => {
    const since = store.gatheringSince()
    return since === undefined ? undefined : since + interval - now()
  }

  const alarm = yield* makeAlarm(
    () => {
      const gathered = gatheredIn()
      const start = canStart() ? startsIn() : undefined
      return start === undefined ? gathered : Math.min(start, gathered ?? start)
    },
    () => {
      const gathered = gatheredIn()
      if (gathered !== undefined && gathered <= 0) store.makeReady("interval")
      start()
    }
  )

  const rest = (): void => {
    isResting = true
  }

  const flusher: Flusher = {
    notice: (change) => {
      if (change === "ready") start()
      alarm.set()
    },
    hurry,
    flush: () => {
      store.hasten(now(), minStartGap)
      pace.allowOne(now())
      hurry("flush")
    },
    idle: isIdle.await,
    rest,
    stop: () => {
      rest()
      for (const fiber of running) fiber.interruptUnsafe()
    }
  }
  return flusher
})
