import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { makeAlarm } from "../../src/time/alarm.ts"

describe("an alarm", () => {
  /** Rings when the time comes that a test puts into `due`, and says when it rang. */
  const setUp = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const scope = yield* Scope.make()
    const due: Array<number> = []
    const rang: Array<number> = []
    const alarm = yield* makeAlarm(
      () => (due.length === 0 ? undefined : Math.min(...due) - clock.currentTimeMillisUnsafe()),
      () => {
        const now = clock.currentTimeMillisUnsafe()
        rang.push(now)
        for (const time of due.filter((time) => time <= now)) due.splice(due.indexOf(time), 1)
      }
    ).pipe(Scope.provide(scope))
    return { alarm, due, rang, close: Scope.close(scope, Exit.void) }
  })

  it.effect("rings for what comes up before what it was set for, and for both", () =>
    Effect.gen(function* () {
      const { alarm, due, rang } = yield* setUp
      due.push(1000)
      alarm.set()
      due.push(300)
      alarm.set()
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(rang, [300, 1000])
    })
  )

  it.effect("asks again when it was put off, and is quiet when it was called off", () =>
    Effect.gen(function* () {
      const { alarm, due, rang } = yield* setUp
      due.push(300)
      alarm.set()
      due.splice(0, 1, 900)
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(rang, [])
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(rang, [900])
      due.push(1500)
      alarm.set()
      due.pop()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(rang, [900])
    })
  )

  it.effect("never rings too early for times between milliseconds", () =>
    Effect.gen(function* () {
      const { alarm, due, rang } = yield* setUp
      due.push(100.4)
      alarm.set()
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(rang, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(rang, [101])
    })
  )

  it.effect("is over with its scope, whoever sets it then", () =>
    Effect.gen(function* () {
      const { alarm, due, rang, close } = yield* setUp
      due.push(300)
      alarm.set()
      yield* close
      alarm.set()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(rang, [])
    })
  )
})
