import { constants } from "node:os"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

const signals = ["SIGINT", "SIGTERM"] as const

/** Ctrl+C is sent by the terminal to all that runs there, and by npm once more to what it started. */
const sameMillis = 300

type EndSignal = (typeof signals)[number]

/**
 * Runs something until it ends or this process is told to, and then lets it end as well as it can. Nobody else hears of the
 * signal meanwhile, such as whoever would make a failure of it; a second one ends the process at once.
 */
export const untilEndSignal = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(takeSignals),
    ({ told }) => Effect.raceFirst(effect, Deferred.await(told)),
    ({ giveBack }) => Effect.sync(giveBack)
  )

const takeSignals = () => {
  const told = Deferred.makeUnsafe<EndSignal>()
  let toldAt: number | undefined
  const hear = (signal: EndSignal): void => {
    toldAt ??= performance.now()
    if (Deferred.doneUnsafe(told, Effect.succeed(signal)) || performance.now() - toldAt < sameMillis) return
    process.exit(128 + constants.signals[signal])
  }
  const others = signals.map((signal) => [signal, process.listeners(signal)] as const)
  for (const signal of signals) {
    process.removeAllListeners(signal)
    process.on(signal, hear)
  }
  const giveBack = (): void => {
    for (const [signal, listeners] of others) {
      process.removeListener(signal, hear)
      for (const listener of listeners) process.on(signal, listener)
    }
  }
  return { told, giveBack }
}
