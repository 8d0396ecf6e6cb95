import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { monotonicMillis } from "../time/monotonic.ts"
import { sleepUnref } from "../time/unref.ts"
import type { Leases } from "./leases.ts"
import type { KeptMessage, Lease, OutboxDatabase } from "./OutboxStore.ts"
import type { Trouble } from "./trouble.ts"
import type { Window } from "./window.ts"

/** Takes the next messages of each lane in. */
export interface Feeder {
  /** There may be something to take in. */
  readonly wake: () => void
  /** Takes in for ever. */
  readonly feed: Effect.Effect<void>
}

export interface FeederOptions {
  readonly maxBatchSize: number
  readonly concurrency: number
}

/** The promise, where nobody tells of what others commit. */
const pollMillis = 1000

/** Between two looks, where the last one found less than a request takes. */
const minGapMillis = 20

/** How many messages are at hand at most: as many as several rounds of requests take, so that one look is for many of them. */
const leastAtHand = 1000
const rounds = 4

/** Messages of a lane that are at hand at least, so that a batch finds some. */
const leastPerLane = 8

export const makeFeeder = Effect.fnUntraced(function* (
  { maxBatchSize, concurrency }: FeederOptions,
  database: OutboxDatabase,
  leases: Leases,
  window: Window,
  take: (message: KeptMessage, lease: Lease) => void,
  isTaken: () => void,
  trouble: Trouble
) {
  const clock = yield* Clock.Clock
  const mayBeMore = Latch.makeUnsafe(true)

  const atHand = Math.max(leastAtHand, rounds * maxBatchSize * concurrency)

  /** Returns how many it took, and the lanes that have more than were asked for. */
  const fetch = Effect.fnUntraced(function* (of: ReadonlyArray<number>, perLane: number) {
    const wanting = window.wanting(of, perLane)
    if (wanting.length === 0) return { taken: 0, deep: [] }
    const settled = window.watchSettled()
    const before = new Map(wanting.map(({ lane }) => [lane, window.dropsOf(lane)]))
    const messages = yield* database.fetch(wanting, perLane)
    const counts = new Map<number, number>()
    let taken = 0
    for (const message of messages) {
      const { lane } = message
      counts.set(lane, (counts.get(lane) ?? 0) + 1)
      const lease = leases.leaseOf(lane)
      // What was settled or given back in the meantime may be among what was read.
      if (lease === undefined || before.get(lane) !== window.dropsOf(lane)) continue
      if (window.has(message) || settled.has(message.id)) continue
      take(message, lease)
      taken++
    }
    if (taken > 0) isTaken()
    return { taken, deep: [...counts].filter(([, count]) => count >= perLane).map(([lane]) => lane) }
  })

  /** Says whether it took as much as a request takes. */
  const look = Effect.gen(function* () {
    const held = leases.held()
    // Half of it is enough for a while, and all of that is older than what is not at hand.
    if (held.length === 0 || 2 * window.untaken > atHand) return true
    const { taken, deep } = yield* fetch(held, Math.max(leastPerLane, Math.ceil(atHand / held.length)))
    // What waits may be of few people.
    if (deep.length > 0 && taken < maxBatchSize) yield* fetch(deep, maxBatchSize)
    yield* trouble.isOver
    return taken >= maxBatchSize
  }).pipe(Effect.catch((error) => Effect.as(Effect.andThen(trouble.tell(error), sleepUnref(clock, pollMillis)), false)))

  const feed = Effect.gen(function* () {
    mayBeMore.closeUnsafe()
    const startedAt = monotonicMillis(clock)
    const isMuch = yield* look
    yield* Effect.raceFirst(mayBeMore.await, sleepUnref(clock, pollMillis))
    const gap = startedAt + minGapMillis - monotonicMillis(clock)
    if (!isMuch && gap > 0) yield* sleepUnref(clock, gap)
  }).pipe(Effect.forever)

  const feeder: Feeder = {
    wake: () => {
      mayBeMore.openUnsafe()
    },
    feed
  }
  return feeder
})
