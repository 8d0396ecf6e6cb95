import { Effect, Scheduler } from "effect"

/** Turns of the event loop without a task after which nothing is under way: reading a body takes a few. */
const patience = 12

/** A scheduler that counts its tasks, and an effect that lets every fiber run that can, without moving the clock. */
export const makeQuiet = Effect.gen(function* () {
  const parent = yield* Scheduler.Scheduler
  let pending = 0

  const scheduler: Scheduler.Scheduler = {
    executionMode: parent.executionMode,
    shouldYield: (fiber) => parent.shouldYield(fiber),
    makeDispatcher: () => {
      const dispatcher = parent.makeDispatcher()
      return {
        scheduleTask: (task, priority) => {
          pending++
          dispatcher.scheduleTask(() => {
            pending--
            task()
          }, priority)
        },
        flush: () => dispatcher.flush()
      }
    }
  }

  const settle = Effect.gen(function* () {
    for (let quiet = 0; quiet < patience; quiet = pending === 0 ? quiet + 1 : 0) yield* Effect.yieldNow
  })

  return { scheduler, settle }
})
