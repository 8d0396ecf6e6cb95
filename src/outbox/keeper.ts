import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Pending } from "../delivery/ledger.ts"
import type { Failure } from "../delivery/Outcome.ts"
import type { Keeper } from "../delivery/settlement.ts"
import type { OutboxError } from "../pipeline/CallError.ts"
import type { Leases } from "./leases.ts"
import type { KeptMessage, OutboxDatabase, Verdict } from "./OutboxStore.ts"
import type { Trouble } from "./trouble.ts"
import type { Window } from "./window.ts"

/** Until the database can: what was sent is not to be sent again for that. */
const untilItCan = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/**
 * Deletes what was delivered, and makes dead letters of the rest. What is not of this relay any more stays: another one sends
 * it.
 */
export const makeKeeper = (
  database: OutboxDatabase,
  relay: string,
  leases: Leases,
  window: Window,
  trouble: Trouble,
  onSettled: (gone: ReadonlyArray<KeptMessage>, failure: Failure | undefined) => void
): Keeper => {
  const persist = <A>(effect: Effect.Effect<A, OutboxError>): Effect.Effect<A> =>
    effect.pipe(
      Effect.tapError(trouble.tell),
      Effect.retry(untilItCan),
      Effect.tap(trouble.isOver),
      // The schedule does not end.
      Effect.orDie
    )

  const settle = Effect.fnUntraced(function* (messages: ReadonlyArray<Pending>, failure: Failure | undefined) {
    const held = messages.flatMap((message) => window.heldOf(message) ?? [])
    const end = (of: ReadonlyArray<KeptMessage>) =>
      persist(failure === undefined ? database.remove(relay, of) : database.bury(relay, of, verdictOf(failure)))
    const kept = held.map(({ kept }) => kept)
    const ids = yield* end(kept)
    if (ids.length === messages.length) {
      window.settle(messages)
      onSettled(kept, failure)
      return messages
    }
    const gone = new Set(ids)
    // While the database was away the lease was over, though nobody took it; or somebody deleted what waited.
    yield* leases.renew
    const ours = held.filter(({ kept, term }) => !gone.has(kept.id) && leases.leaseOf(kept.lane)?.term === term)
    if (ours.length > 0) yield* end(ours.map(({ kept }) => kept))
    for (const { kept } of ours) gone.add(kept.id)
    const settled = messages.filter(({ number }) => gone.has(number))
    window.drop(messages.filter(({ number }) => !gone.has(number)))
    window.settle(settled)
    onSettled(
      kept.filter(({ id }) => gone.has(id)),
      failure
    )
    return settled
  })
  return { settle }
}

/** What fits no request is in no batch. */
const isNeverTried = (failure: Failure): boolean => "batchId" in failure && failure.batchId === 0

const verdictOf = (failure: Failure): Verdict => {
  const attempts = "attempts" in failure ? failure.attempts : 1
  return {
    tag: failure._tag === "Rejected" ? "Rejected" : isNeverTried(failure) ? "TooLarge" : "RetriesExhausted",
    status: "status" in failure ? failure.status : undefined,
    reason: "reason" in failure ? failure.reason : failure.message,
    attempts
  }
}
