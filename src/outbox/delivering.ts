import * as Clock from "effect/Clock"
import * as WebCrypto from "effect/crypto/WebCrypto"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type * as Redacted from "effect/Redacted"
import type { Pending } from "../delivery/ledger.ts"
import type { Failure } from "../delivery/Outcome.ts"
import type { OutboxError } from "../pipeline/CallError.ts"
import { lanes } from "../pipeline/lane.ts"
import { type Exchange, type Kept, makeRelay, type RelayOptions } from "../pipeline/Relay.ts"
import { makeCount, showAll } from "../telemetry/count.ts"
import { makeRunDetached, runWhileOpen } from "../time/detached.ts"
import { monotonicMillis } from "../time/monotonic.ts"
import { makeFeeder } from "./feeder.ts"
import { makeGauges } from "./gauges.ts"
import { makeHolding } from "./holding.ts"
import { makeKeeper } from "./keeper.ts"
import { makeLeases } from "./leases.ts"
import type { KeptMessage, Lease, OutboxDatabase } from "./OutboxStore.ts"
import { makeSettling } from "./settling.ts"
import { makeTrouble } from "./trouble.ts"
import { type Held, Window, watch } from "./window.ts"

export type DeliveringOptions = RelayOptions

/** How long the server knows ids (Customer.io's docs, Deduplication). */
const dedupMillis = Duration.toMillis("12 hours")

const allLanes = Array.from({ length: lanes }, (_, lane) => lane)

/** Delivers what is in an outbox, as long as its scope is open. */
export const makeDelivering = Effect.fnUntraced(function* (
  options: DeliveringOptions,
  exchange: Exchange,
  database: OutboxDatabase,
  readKey: Effect.Effect<Redacted.Redacted<string> | undefined>
) {
  const clock = yield* Clock.Clock
  const run = yield* makeRunDetached
  const context = yield* Effect.context<never>()
  const count = makeCount(context)
  showAll(context)
  const relayId = (yield* WebCrypto.WebCrypto).randomUUID()
  const trouble = yield* makeTrouble
  const window = new Window(options.order === "person")
  /** Outcomes that no flush has told. */
  let untold: { delivered: number; failed: Partial<Record<Failure["_tag"], number>> } = { delivered: 0, failed: {} }
  /** Flushes that wait. */
  let hurrying = 0

  const now = (): number => monotonicMillis(clock)

  const begun = new Set<Fiber.Fiber<void>>()
  /** Begins what nobody waits for. */
  const begin = (effect: Effect.Effect<void>): void => {
    const fiber = run(effect)
    begun.add(fiber)
    fiber.addObserver(() => begun.delete(fiber))
  }

  const lose = (lanes: ReadonlySet<number>): void => {
    window.forget(lanes)
    window.drop(relay.forget((message) => lanes.has(window.heldOf(message)?.kept.lane ?? -1)))
  }

  const leases = yield* makeLeases(
    database,
    relayId,
    { busy: () => window.busy(), lose, gain: () => feeder.wake() },
    trouble
  )

  /** After its leases were over a relay has nothing: others may have sent it. */
  const mayTake = (): boolean => {
    if (leases.areGood()) return true
    window.forget(allLanes)
    window.drop(relay.forget(() => true))
    return false
  }

  const taken = (messages: ReadonlyArray<Pending>): void => {
    for (const message of messages) {
      const held = window.take(message)
      if (held === undefined) continue
      const { triedAt } = held
      if (triedAt !== undefined && now() - triedAt > dedupMillis && !held.isResent) {
        held.isResent = true
        count.resentAfterDedup(1)
      }
      held.triedAt ??= now()
    }
  }

  /** Notes that they were tried, as far as it is not known. */
  const mark = (tried: ReadonlyArray<Held>): Effect.Effect<void, OutboxError> => {
    const unmarked = tried.filter(({ isMarked }) => !isMarked)
    if (unmarked.length === 0) return Effect.void
    return Effect.andThen(
      database.markTried(unmarked.map(({ kept }) => kept)),
      Effect.sync(() => {
        for (const held of unmarked) held.isMarked = true
      })
    )
  }

  const failed = (messages: ReadonlyArray<Pending>): void => {
    const held = messages.flatMap((message) => window.heldOf(message) ?? [])
    begin(Effect.catch(mark(held), trouble.tell))
    const isLost = (message: Pending) => !leases.isHeld(window.heldOf(message)?.kept.lane ?? -1)
    if (messages.some(isLost)) window.drop(relay.forget(isLost))
  }

  const tellSettled = (gone: ReadonlyArray<KeptMessage>, failure: Failure | undefined): void => {
    if (failure === undefined) untold.delivered += gone.length
    else untold.failed[failure._tag] = (untold.failed[failure._tag] ?? 0) + gone.length
    settling.tell(gone)
    feeder.wake()
  }

  /** What was cut off may have arrived. */
  const leave = Effect.suspend(() =>
    Effect.andThen(Effect.ignore(mark(window.tried())), Effect.ignore(database.release(relayId)))
  )
  // First of all, so that it is last: what is under way may still be settled.
  yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(leave), releaseTime))
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const fiber of begun) fiber.interruptUnsafe()
    })
  )
  const settling = yield* makeSettling(trouble)
  const kept: Kept = {
    watch: (store) => watch(store, mayTake, taken, failed),
    keeper: makeKeeper(database, relayId, leases, window, trouble, tellSettled),
    holding: yield* makeHolding(readKey),
    usage: database.usage
  }
  /** What they speak to is made after them, and closed before. */
  const isMade = Latch.makeUnsafe(false)
  yield* runWhileOpen(Effect.andThen(isMade.await, leases.keep))
  const relay = yield* makeRelay(options, exchange, kept)

  const take = (message: KeptMessage, { term, abandonedFor }: Lease): void => {
    const triedFor =
      message.triedFor ?? (message.age > (abandonedFor ?? Number.POSITIVE_INFINITY) ? abandonedFor : undefined)
    const pending = relay.accept(message, { lane: message.lane, number: message.id, acceptedAt: now() - message.age })
    window.add({
      kept: message,
      term,
      triedAt: triedFor === undefined ? undefined : now() - triedFor,
      isMarked: message.triedFor !== undefined,
      isTaken: false,
      isResent: false
    })
    const { maxBatchContentBytes: most } = options
    if (message.bytes <= most) relay.offer(pending)
    else begin(relay.refuse(pending, `its ${message.bytes} bytes are more than the ${most} that a request may have`))
  }

  const feeder = yield* makeFeeder(
    options,
    database,
    leases,
    window,
    take,
    () => {
      if (hurrying > 0) relay.hurry()
    },
    trouble
  )
  isMade.openUnsafe()
  yield* database.onCommit(feeder.wake)
  yield* runWhileOpen(feeder.feed)
  yield* makeGauges(database, count)

  /** The database is asked only where nothing is at hand. */
  const isDrainedUpTo = (id: number): Effect.Effect<true | undefined, OutboxError> =>
    Effect.suspend(() =>
      window.hasUpTo(id)
        ? Effect.undefined
        : Effect.map(database.hasUpTo(id), (isWaiting) => (isWaiting ? undefined : true))
    )

  /** Hurries until nothing waits that has this id or a smaller one. */
  const drainUpTo = (id: number): Effect.Effect<void> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        hurrying++
        relay.flush()
        feeder.wake()
      }),
      () => settling.until(isDrainedUpTo(id)),
      () =>
        Effect.sync(() => {
          hurrying--
        })
    )

  return {
    status: relay.status,
    outcomes: relay.outcomes,
    drainUpTo,
    /** Takes the outcomes that nobody was told of. */
    takeUntold: () => {
      const told = untold
      untold = { delivered: 0, failed: {} }
      return told
    },
    until: settling.until
  }
})

const releaseTime = "2 seconds"
