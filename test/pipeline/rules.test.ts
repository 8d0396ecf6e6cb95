import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { makeLedger } from "../../src/delivery/ledger.ts"
import { Alone } from "../../src/pipeline/Alone.ts"
import { Batch } from "../../src/pipeline/Batch.ts"
import { FirstTries, Suspicion } from "../../src/pipeline/Suspicion.ts"
import { Told } from "../../src/pipeline/Told.ts"
import { Trial } from "../../src/pipeline/Trial.ts"
import { nextTurn, nextTurnAt, ownWait } from "../../src/pipeline/turns.ts"
import { howManyWitnesses, letPass, Witness } from "../../src/pipeline/Witness.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Chance = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.999 }))

const makeBatches = (...sizes: ReadonlyArray<number>): Array<Batch> => {
  const ledger = makeLedger()
  return sizes.map((size, index) => {
    const batch = new Batch(index + 1, 0)
    for (let count = 0; count < size; count++) {
      batch.add(ledger.accept({ messageId: `${index}.${count}`, json: "{}", bytes: 2 }, undefined, index, 0))
    }
    return batch
  })
}

describe("a batch", () => {
  it.prop("in halves is the same messages, each half in its place", [between(2, 500)], ([size]) => {
    const [batch] = makeBatches(size)
    const before = batch!.messages.map(({ messageId }) => messageId)
    const [first, second] = batch!.halve()
    assert.deepStrictEqual(
      [...first.messages, ...second.messages].map(({ messageId }) => messageId),
      before
    )
    assert.isAtMost(Math.abs(first.messages.length - second.messages.length), 1)
    assert.isAtMost(first.place.end, second.place.first)
    assert.strictEqual(first.bytes + second.bytes, size * 2)
    assert.deepStrictEqual([first.root, second.root], [batch!.root, batch!.root])
  })

  it.prop(
    "of several lanes is halved by them, and each half keeps the order",
    [Schema.Array(between(0, 5)).check(Schema.isMinLength(2))],
    ([lanes]) => {
      const ledger = makeLedger()
      const batch = new Batch(1, 0)
      for (const [index, lane] of lanes.entries()) {
        batch.add(ledger.accept({ messageId: `${index}`, json: "{}", bytes: 2 }, undefined, index, lane))
      }
      const halves = batch.halve().map(({ messages }) => messages)
      const [first, second] = halves.map((messages) => new Set(messages.map(({ lane }) => lane)))
      for (const messages of halves) {
        assert.isNotEmpty(messages)
        assert.deepStrictEqual(
          messages,
          [...messages].sort((one, other) => one.number - other.number)
        )
      }
      assert.sameMembers(halves.flat(), batch.messages)
      const shared = [...first!].filter((lane) => second!.has(lane))
      assert.deepStrictEqual(shared, new Set(lanes).size > 1 ? [] : [lanes[0]])
    }
  )
})

describe("turns", () => {
  const Waiting = Schema.Array(
    Schema.Struct({ attempts: between(0, 4), triedAt: between(0, 100), notBefore: between(0, 100) })
  )

  const waitingOf = (states: typeof Waiting.Type): Array<Batch> =>
    makeBatches(...states.map(() => 2)).map((batch, index) => Object.assign(batch, states[index]))

  it.prop(
    "are pieces', then those never tried, then the one tried least recently whose wait is over",
    [Waiting, Schema.Boolean, Schema.Boolean, between(0, 100)],
    ([states, hasUntried, wasPreferred, now]) => {
      const waiting = waitingOf(states)
      const turns = { isLane: false, first: () => undefined }
      const turn = nextTurn(turns, waiting, hasUntried, wasPreferred, now)
      const ready = waiting.filter(({ notBefore }) => notBefore <= now)
      const pieces = ready.filter(({ attempts }) => attempts === 0)
      const at = nextTurnAt(turns, waiting, hasUntried)
      assert.strictEqual(turn !== undefined, at !== undefined && at <= now, "it is known when there is one")
      if (pieces.length > 0 && !(wasPreferred && hasUntried)) assert.strictEqual(turn?.batch, pieces[0])
      else if (hasUntried) assert.deepStrictEqual(turn, { batch: undefined, isPreferred: false })
      else if (ready.length === 0) assert.isUndefined(turn)
      else assert.strictEqual(turn?.batch?.triedAt, Math.min(...ready.map(({ triedAt }) => triedAt)))
    }
  )

  it.prop(
    "in a lane are the oldest's, or nobody's",
    [Waiting, Schema.Boolean, between(0, 100)],
    ([states, hasUntried, now]) => {
      const waiting = waitingOf(states)
      const turns = { isLane: true, first: () => undefined }
      const turn = nextTurn(turns, waiting, hasUntried, false, now)
      const [oldest] = waiting
      const isTurn = oldest === undefined ? hasUntried : oldest.notBefore <= now
      assert.strictEqual(turn !== undefined, isTurn)
      if (turn !== undefined) assert.strictEqual(turn.batch, oldest)
    }
  )

  it.prop(
    "wait from 100 ms, doubling, to 30 s, times a half to one",
    [between(1, 60), Chance],
    ([attempts, chance]) => {
      const longest = Math.min(30_000, 100 * 2 ** (attempts - 1))
      assert.isAtLeast(ownWait(attempts, chance), longest / 2)
      assert.isAtMost(ownWait(attempts, chance), longest)
    }
  )
})

describe("what counts against a batch", () => {
  /** What became of the others that were first tried between its attempts. */
  const Between = Schema.Array(Schema.Literals(["accepted", "refused", "failed"]))

  const failuresUntil = (
    between: ReadonlyArray<typeof Between.Type>,
    is: (suspicion: Suspicion) => boolean,
    status: number | undefined = 500
  ): number | undefined => {
    const others = new FirstTries()
    const suspicion = new Suspicion()
    for (const [index, results] of between.entries()) {
      suspicion.begin(others)
      others.end(index + 1, "failed")
      suspicion.fail(others, index + 1, status)
      if (is(suspicion)) return index + 1
      for (const result of results) others.end(1, result)
    }
    return undefined
  }

  const repeat = (results: typeof Between.Type, times: number) => Array.from({ length: times }, () => results)
  const isCertain = ({ isCertain }: Suspicion) => isCertain
  const isEnough = ({ isEnough }: Suspicion) => isEnough

  it("is ten failures where three others were accepted in between, twenty where one was", () => {
    assert.strictEqual(failuresUntil(repeat(["accepted", "accepted", "accepted"], 100), isCertain), 1 + 10)
    assert.strictEqual(failuresUntil(repeat(["accepted"], 100), isCertain), 1 + 20)
    assert.strictEqual(failuresUntil(repeat(["accepted"], 100), isEnough), 1 + 3)
  })

  it.prop(
    "is nothing where nobody else was tried, or most of them were not accepted",
    [Schema.Array(Between)],
    ([between]) => {
      const away = between.map((results) => results.filter((result, index) => result !== "accepted" || index % 2 === 0))
      const mostFail = away.map((results) => [...results, ...results.map(() => "failed" as const)])
      assert.isUndefined(failuresUntil(mostFail, isEnough))
      assert.isUndefined(failuresUntil(mostFail, isCertain))
    }
  )

  it.prop("is no 429 and no 503", [Schema.Literals([429, 503]), Schema.Array(Between)], ([status, between]) => {
    assert.isUndefined(failuresUntil(between, isEnough, status))
    assert.isUndefined(failuresUntil(between, isCertain, status))
  })
})

describe("nobody else there", () => {
  it("halves a batch at its third 500 with nothing accepted in between", () => {
    const [batch, other] = makeBatches(20, 20)
    const alone = new Alone()
    assert.isFalse(alone.fail(batch!, [batch!]))
    assert.isFalse(alone.fail(batch!, [batch!]))
    alone.accept(other!)
    assert.isFalse(alone.fail(batch!, [batch!]))
    assert.isFalse(alone.fail(batch!, [batch!]))
    assert.isTrue(alone.fail(batch!, [batch!]))
  })

  it("takes one apart at a time, until a piece of it was accepted or none is of several", () => {
    const [one, other] = makeBatches(4, 4)
    const alone = new Alone()
    const failThrice = (batch: Batch, all: ReadonlyArray<Batch>) =>
      [1, 2, 3].map(() => alone.fail(batch, all)).at(-1) === true
    assert.isTrue(failThrice(one!, [one!, other!]))
    const [first, second] = one!.halve()
    assert.isFalse(failThrice(other!, [first, second, other!]))
    assert.isUndefined(alone.first([first, second, other!]))
    alone.accept(second)
    assert.isTrue(failThrice(other!, [first, other!]))
  })

  it("never halves a message", () => {
    const [batch] = makeBatches(1)
    const alone = new Alone()
    for (let failure = 0; failure < 10; failure++) assert.isFalse(alone.fail(batch!, [batch!]))
  })
})

describe("a witness", () => {
  const hour = 3_600_000

  it("is the message accepted last, for eleven hours", () => {
    const witness = new Witness()
    assert.isUndefined(witness.at(0))
    const [batch] = makeBatches(2)
    witness.remember(batch!.messages.at(-1), 1000)
    assert.strictEqual(witness.at(1000 + 11 * hour), batch!.messages.at(-1))
    assert.isUndefined(witness.at(1001 + 11 * hour))
  })

  it.prop("is sent one to three times", [Chance], ([chance]) => {
    assert.include([1, 2, 3], howManyWitnesses(chance))
  })

  it.prop(
    "ends a message at the tenth failure in a row with all of them accepted, from the third 500 on",
    [
      Schema.Array(Schema.Struct({ status: Schema.Literals([500, 500, 500, 502]), areAccepted: Schema.Boolean })),
      between(0, 3)
    ],
    ([failures, ended]) => {
      const trial = new Trial()
      let fives = 0
      let inRow = 0
      for (const { status, areAccepted } of failures) {
        trial.fail(status)
        if (status === 500) fives++
        else inRow = 0
        assert.strictEqual(trial.needsWitness, status === 500 && fives >= 3)
        if (!trial.needsWitness) continue
        trial.hear(areAccepted)
        inRow = areAccepted ? inRow + 1 : 0
        assert.strictEqual(trial.isAtFault(ended), inRow >= (ended < 3 ? 10 : 20))
      }
    }
  )

  it("while closing, lets three pass at the most, and all begin again when none was accepted", () => {
    const batches = makeBatches(1, 1, 1, 1, 1)
    const waiting: Array<Batch> = []
    const passed = () => batches.filter(({ isPassed }) => isPassed).length
    for (const [index, batch] of batches.slice(0, 4).entries()) {
      letPass(batch, { waiting, hasUntried: () => true })
      waiting.push(batch)
      assert.strictEqual(passed(), index < 3 ? index + 1 : 0)
    }
    const [last] = makeBatches(1)
    letPass(last!, { waiting: [], hasUntried: () => false })
    assert.isFalse(last!.isPassed)
  })
})

describe("what is told", () => {
  it.prop(
    "is no more than one line a minute, and in the end how the server is",
    [Schema.Array(Schema.Struct({ millis: between(0, 90_000), isAway: Schema.Boolean }))],
    ([steps]) => {
      const told = new Told()
      let now = 0
      let lastLine = Number.NEGATIVE_INFINITY
      let isToldAway = false
      const look = (isAway: boolean): void => {
        const line = told.look(now, isAway)
        if (line === undefined) return
        assert.isAtLeast(now - lastLine, 60_000)
        assert.strictEqual(line, isAway ? (isToldAway ? "still away" : "away") : "back")
        lastLine = now
        isToldAway = isAway
      }
      let isAway = false
      for (const step of steps) {
        now += step.millis
        isAway = step.isAway
        look(isAway)
      }
      now = told.nextAt(isAway) ?? now
      look(isAway)
      assert.strictEqual(isToldAway, isAway)
    }
  )
})
