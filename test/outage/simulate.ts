import { Duration } from "effect"
import { makeRandom } from "../support/random.ts"
import { type ModelMessage, type ModelOptions, makeModel, modelDefaults, type Result } from "./model.ts"
import type { Ended, Report, Request, Scenario } from "./Scenario.ts"

interface Message extends ModelMessage {
  readonly id: string
  readonly isPoison: boolean
}

const millis = (duration: Duration.Input | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(duration))

/** Plays a scenario with the model. */
export const simulate = (scenario: Scenario, variant: Partial<ModelOptions> = {}): Report => {
  const { options = {}, seed = 7, script } = scenario
  const agenda = new Agenda()
  const random = makeRandom(seed)
  const serverRandom = makeRandom(seed + 1)
  const requestTimeout = millis(options.requestTimeout) ?? 10_000
  const capacity = options.queueCapacity ?? 10_000

  const requests: Array<Request> = []
  const accepted = new Map<string, number>()
  const poison = new Set<string>()
  const stored = new Set<string>()
  const ended = new Map<string, Ended>()
  const lines: Array<Report["lines"][number]> = []
  let refused = 0

  const model = makeModel<Message>(
    {
      now: () => agenda.now,
      at: (time, run) => agenda.at(time, run),
      random,
      send: (messages, { millisLeft = Number.POSITIVE_INFINITY }, done) => {
        const at = agenda.now
        const ids = messages.map(({ id }) => id)
        const { status, after, retryAfter, isStored } = script({
          at,
          ids,
          hasPoison: messages.some(({ isPoison }) => isPoison),
          random: serverRandom
        })
        const timeout = Math.min(requestTimeout, millisLeft)
        const isLate = after > timeout
        const endsAt = at + Math.min(after, timeout)
        const told = isLate ? undefined : status
        requests.push({ at, ids, status: told, retryAfter: isLate ? undefined : retryAfter, endsAt })
        agenda.at(endsAt, () => {
          if (isStored ?? (!isLate && status === 200)) for (const id of ids) stored.add(id)
          done(resultOf(told, retryAfter))
        })
      },
      end: (messages, tag) => {
        for (const { id } of messages) ended.set(id, { tag, at: agenda.now })
      },
      tell: (text) => void lines.push({ at: agenda.now, text })
    },
    {
      ...modelDefaults,
      concurrency: options.concurrency ?? modelDefaults.concurrency,
      flushAt: options.flushAt ?? modelDefaults.flushAt,
      maxBatchSize: options.maxBatchSize ?? options.flushAt ?? modelDefaults.flushAt,
      ...variant
    }
  )

  let isClosed = false
  const arrive = (isPoison: boolean): void => {
    if (isClosed || model.waiting() >= capacity) {
      refused++
      return
    }
    const id = `m${accepted.size + refused}`
    accepted.set(id, agenda.now)
    if (isPoison) poison.add(id)
    model.add({ id, isPoison, acceptedAt: agenda.now })
  }

  for (const { from = 0, every, until, count, poison = () => 0 } of scenario.arrivals) {
    const next = (time: number): void => {
      const at = from + time * every
      if (at >= until) return
      agenda.at(at, () => {
        const poisoned = poison(time)
        for (let index = 0; index < count; index++) arrive(index < poisoned)
        next(time + 1)
      })
    }
    next(0)
  }
  for (const at of scenario.flushAt ?? []) agenda.at(at, model.flush)
  if (scenario.closeAt !== undefined) {
    agenda.at(scenario.closeAt, () => {
      isClosed = true
      model.close(millis(options.shutdownTimeout) ?? 20_000)
    })
  }
  agenda.runUntil(scenario.until)
  return { requests, accepted, poison, stored, ended, refused, lines }
}

export const resultOf = (status: number | undefined, retryAfterSeconds: number | undefined): Result => {
  if (status === undefined) return { _tag: "Failed", status }
  if (status >= 200 && status < 300) return { _tag: "Accepted" }
  if (status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)) {
    return {
      _tag: "Failed",
      status,
      retryAfter: retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000
    }
  }
  return { _tag: "Refused", isSplittable: status === 400 || status === 413 || status === 422 }
}

/** Things to come, in the order of their times. */
export class Agenda {
  readonly #heap: Array<{ readonly time: number; readonly order: number; readonly run: () => void }> = []
  #order = 0
  now = 0

  at(time: number, run: () => void): void {
    const heap = this.#heap
    heap.push({ time: Math.max(time, this.now), order: this.#order++, run })
    for (let index = heap.length - 1; index > 0; ) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(index, parent)) break
      this.#swap(index, parent)
      index = parent
    }
  }

  runUntil(time: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.time <= time; next = this.#heap[0]) {
      this.#removeFirst()
      this.now = next.time
      next.run()
    }
    this.now = time
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    for (let index = 0; ; ) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && this.#isBefore(child, least)) least = child
      }
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #isBefore(one: number, other: number): boolean {
    const a = this.#heap[one]!
    const b = this.#heap[other]!
    return a.time < b.time || (a.time === b.time && a.order < b.order)
  }

  #swap(one: number, other: number): void {
    const kept = this.#heap[one]!
    this.#heap[one] = this.#heap[other]!
    this.#heap[other] = kept
  }
}
