import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { monotonicMillis } from "../time/monotonic.ts"
import { sleepUnref } from "../time/unref.ts"
import type { Lease, OutboxDatabase } from "./OutboxStore.ts"
import type { Trouble } from "./trouble.ts"

/** The lanes that this relay may deliver, as far as it knows. */
export interface Leases {
  readonly isHeld: (lane: number) => boolean
  /** Whether the leases are still good, whichever they are. */
  readonly areGood: () => boolean
  /** While it is held. */
  readonly leaseOf: (lane: number) => Lease | undefined
  readonly held: () => ReadonlyArray<number>
  /** Asks the database. */
  readonly renew: Effect.Effect<void>
  /** Renews them for ever. */
  readonly keep: Effect.Effect<void>
}

/** What a lease is to others. */
export interface Holder {
  /** Lanes that must not be given back now. */
  readonly busy: () => ReadonlyArray<number>
  /** They are nobody's here any more, or came back in between. */
  readonly lose: (lanes: ReadonlySet<number>) => void
  /** There may be lanes that were not held before. */
  readonly gain: () => void
}

const renewMillis = 5000

const retryMillis = 1000

export const makeLeases = Effect.fnUntraced(function* (
  database: OutboxDatabase,
  relay: string,
  holder: Holder,
  trouble: Trouble
) {
  const clock = yield* Clock.Clock
  let held: ReadonlyMap<number, Lease> = new Map()
  let until = Number.NEGATIVE_INFINITY

  const now = (): number => monotonicMillis(clock)

  const askOnce: Effect.Effect<boolean> = Effect.suspend(() => {
    // What is held is held from when it was asked for: the answer may take its time.
    const askedAt = now()
    return database.renew(relay, holder.busy()).pipe(
      Effect.map(({ lanes, heldFor }) => {
        const before = held
        held = lanes
        until = askedAt + heldFor
        const lost = new Set(
          [...before].filter(([lane, { term }]) => lanes.get(lane)?.term !== term).map(([lane]) => lane)
        )
        if (lost.size > 0) holder.lose(lost)
        if (lanes.size + lost.size > before.size) holder.gain()
        return true
      }),
      Effect.tap(trouble.isOver),
      Effect.catch((error) => Effect.as(trouble.tell(error), false))
    )
  })

  // One after the other: an older answer is not to undo a newer one.
  const ask = Semaphore.makeUnsafe(1).withPermit(askOnce)

  const leases: Leases = {
    isHeld: (lane) => held.has(lane) && now() < until,
    areGood: () => now() < until,
    leaseOf: (lane) => (now() < until ? held.get(lane) : undefined),
    held: () => (now() < until ? [...held.keys()] : []),
    renew: Effect.asVoid(ask),
    keep: Effect.forever(Effect.flatMap(ask, (isRenewed) => sleepUnref(clock, isRenewed ? renewMillis : retryMillis)))
  }
  return leases
})
