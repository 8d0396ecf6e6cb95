import { assert, describe, it } from "@effect/vitest"
import { Pending } from "../../src/delivery/ledger.ts"
import { type Batch, messagesOf } from "../../src/pipeline/Batch.ts"
import { makeLanes } from "../../src/pipeline/lanes.ts"
import { makeRandom, pick } from "../support/random.ts"
import { repetitions } from "../support/repetitions.ts"

const numbersOf = (messages: ReadonlyArray<Pending>) => messages.map(({ number }) => number)

const sorted = (messages: ReadonlyArray<Pending>) => [...messages].sort((one, other) => one.number - other.number)

const bytesOf = (messages: ReadonlyArray<Pending>) => messages.reduce((total, { bytes }) => total + bytes, 0)

const lanesOf = (batches: Iterable<Batch>) => new Set(messagesOf(batches).map(({ lane }) => lane))

const shareLanes = (one: Iterable<Batch>, other: Iterable<Batch>) => {
  const lanes = lanesOf(one)
  return Array.from(lanesOf(other)).some((lane) => lanes.has(lane))
}

const take = <A>(from: Array<A>, one: A) => void from.splice(from.indexOf(one), 1)

/** A store by chance, and what has to be in it, in lists that are looked through from their beginning each time. */
class Life {
  readonly random
  readonly limits
  readonly lanes
  readonly store
  readonly untried: Array<Pending> = []
  readonly waiting: Array<Batch> = []
  readonly inRequest: Array<Batch> = []
  now = 0
  newest = 0
  readyUpTo = 0

  constructor(seed: number) {
    this.random = makeRandom(seed)
    this.limits = { flushAt: this.int(1, 6), maxBatchSize: this.int(1, 8), maxBatchContentBytes: this.int(100, 400) }
    this.lanes = this.int(1, 8)
    this.store = makeLanes(this.limits, { isLane: false, first: () => undefined })
  }

  int(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  /** In no request, oldest first. */
  get kept() {
    return sorted([...this.untried, ...messagesOf(this.waiting)])
  }

  /** Never tried, of lanes that nothing else is of. */
  get free() {
    const held = lanesOf([...this.waiting, ...this.inRequest])
    return sorted(this.untried.filter(({ lane }) => !held.has(lane)))
  }

  get hasUntried() {
    const { free, limits } = this
    return (
      free.length >= limits.flushAt ||
      free.length > limits.maxBatchSize ||
      bytesOf(free) + free.length - 1 > limits.maxBatchContentBytes ||
      free.some(({ number }) => number <= this.readyUpTo)
    )
  }

  get mayLeave() {
    return this.waiting.filter(
      (batch) =>
        batch.notBefore <= this.now &&
        !shareLanes([batch], this.inRequest) &&
        !shareLanes(
          [batch],
          this.waiting.filter(({ order }) => order < batch.order)
        )
    )
  }

  offer() {
    const lane = this.int(0, this.lanes - 1)
    const before = messagesOf([...this.waiting, ...this.inRequest]).filter((message) => message.lane === lane)
    // A smaller one than some that wait comes from an outbox: never behind what was tried.
    const number = this.random() < 0.8 ? this.newest + 2 : this.int(1, this.newest)
    const isKnown = [...this.untried, ...messagesOf(this.inRequest), ...messagesOf(this.waiting)].some(
      (message) => message.number === number
    )
    if (isKnown || before.some((message) => message.number > number)) return
    const message = { messageId: `${number}`, json: "", bytes: this.int(1, 100) }
    const pending = new Pending(message, undefined, number, number, 0, lane)
    const had = this.hasUntried
    this.untried.push(pending)
    this.newest = Math.max(this.newest, number)
    const change = this.store.offer(pending)
    if (this.hasUntried && !had) assert.strictEqual(change, "ready")
  }

  makeReady() {
    this.store.makeReady("interval")
    this.readyUpTo = this.newest
    assert.isUndefined(this.store.gatheringSince())
  }

  next() {
    const { free, hasUntried, mayLeave, limits } = this
    const at = this.store.nextAt()
    const batch = this.store.next(this.now)
    assert.strictEqual(batch !== undefined, at !== undefined && at <= this.now)
    assert.strictEqual(batch !== undefined, hasUntried || mayLeave.length > 0)
    if (batch === undefined) return
    const { messages, bytes } = batch
    assert.isFalse(shareLanes([batch], this.inRequest))
    assert.deepStrictEqual(messages, sorted(messages))
    assert.strictEqual(bytes, bytesOf(messages))
    assert.isAtMost(messages.length, limits.maxBatchSize)
    assert.isAtMost(bytes + messages.length - 1, limits.maxBatchContentBytes)
    if (this.waiting.includes(batch)) {
      assert.include(mayLeave, batch)
      take(this.waiting, batch)
    } else {
      this.checkNew(batch, free)
      for (const message of messages) take(this.untried, message)
    }
    batch.attempts++
    this.inRequest.push(batch)
  }

  checkNew({ messages, bytes }: Batch, free: ReadonlyArray<Pending>) {
    assert.strictEqual(messages[0], free[0], "the oldest is in it")
    const rest = free.filter((message) => !messages.includes(message))
    for (const { lane, number } of messages) {
      assert.isFalse(
        rest.some((message) => message.lane === lane && message.number < number),
        "and of each lane the oldest"
      )
    }
    const heads = rest.filter((message) => rest.find(({ lane }) => lane === message.lane) === message)
    const isFull = heads.every((head) => bytes + messages.length + head.bytes > this.limits.maxBatchContentBytes)
    assert.isTrue(isFull || messages.length === this.limits.maxBatchSize, "and as many as fit")
  }

  /** It failed, and some of it may have become too old meanwhile. */
  back() {
    const batch = this.takeRequest()
    if (batch === undefined) return
    if (this.random() < 0.2) this.store.end(batch.takeFirst(this.int(0, batch.messages.length)))
    if (batch.messages.length === 0) return
    batch.notBefore = this.now + this.int(0, 10)
    const batches = this.random() < 0.5 && batch.isSeveral ? batch.halve() : [batch]
    this.store.back(batches)
    this.waiting.push(...batches)
  }

  end() {
    const batch = this.takeRequest()
    if (batch !== undefined) this.store.end(batch)
  }

  takeRequest(): Batch | undefined {
    if (this.inRequest.length === 0) return undefined
    const batch = pick(this.random, this.inRequest)
    take(this.inRequest, batch)
    return batch
  }

  takeOldest() {
    const count = this.int(0, 3)
    const { kept } = this
    const taken = messagesOf(this.store.takeOldest((messages) => messages >= count))
    assert.deepStrictEqual(taken, kept.slice(0, count))
    this.forget(taken)
  }

  takeAccepted() {
    const time = this.int(0, this.newest / 2)
    const { kept } = this
    const taken = messagesOf(this.store.takeAcceptedBy(time))
    assert.deepStrictEqual(
      sorted(taken),
      kept.filter(({ acceptedAt }) => acceptedAt <= time)
    )
    this.forget(taken)
  }

  forget(taken: ReadonlyArray<Pending>) {
    for (const message of taken) if (this.untried.includes(message)) take(this.untried, message)
    // Of a batch a part was taken out, or it is what was taken.
    for (const batch of [...this.waiting]) {
      if (!batch.messages.some((message) => !taken.includes(message))) take(this.waiting, batch)
    }
  }

  check() {
    const { store, untried } = this
    assert.sameMembers([...store.waiting], this.waiting)
    assert.deepStrictEqual(
      store.waiting.map(({ order }) => order),
      this.waiting.map(({ order }) => order).sort((one, other) => one - other)
    )
    assert.strictEqual(store.hasUntried(), this.hasUntried)
    assert.strictEqual(store.oldest(), this.kept[0]?.acceptedAt)
    for (const message of sorted(untried)) {
      const isHead = sorted(untried).find(({ lane }) => lane === message.lane) === message
      if (!isHead || message.number <= this.readyUpTo) continue
      assert.isAtMost(store.gatheringSince() ?? Number.POSITIVE_INFINITY, message.acceptedAt)
    }
  }

  step() {
    const chance = this.random()
    if (chance < 0.4) this.offer()
    else if (chance < 0.45) this.makeReady()
    else if (chance < 0.65) this.next()
    else if (chance < 0.8) this.back()
    else if (chance < 0.85) this.end()
    else if (chance < 0.9) this.now += this.int(0, 10)
    else if (chance < 0.98) this.takeOldest()
    else this.takeAccepted()
  }
}

describe("a store of lanes", () => {
  it("holds and gives what lists of messages say", () => {
    for (let seed = 1; seed <= repetitions.stores; seed++) {
      const life = new Life(seed)
      for (let count = 0; count < 80; count++) {
        life.step()
        life.check()
      }
      assert.deepStrictEqual(numbersOf(sorted(messagesOf(life.store.takeAll()))), numbersOf(life.kept))
      assert.isUndefined(life.store.oldest())
    }
  }, 300_000)
})
