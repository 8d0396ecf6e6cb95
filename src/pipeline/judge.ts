import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Transport } from "../transport/Transport.ts"
import type { Alone } from "./Alone.ts"
import type { Batch } from "./Batch.ts"
import type { Store } from "./Store.ts"
import { FirstTries } from "./Suspicion.ts"
import { ownWait } from "./turns.ts"
import { beginAgain, howManyWitnesses, letPass, Witness, witnessPlace } from "./Witness.ts"

/** What is to become of a batch whose attempt failed; `soon` is again, and not long after. */
export type Verdict = "again" | "soon" | "halve" | "end"

/** Tells a batch that is at fault itself from a server that is away. */
export interface Judge {
  readonly begin: (batch: Batch) => void
  readonly accept: (batch: Batch, now: number) => void
  readonly refuse: (batch: Batch) => void
  /** `all` are the batches without an outcome. */
  readonly fail: (batch: Batch, status: number | undefined, all: Iterable<Batch>, now: number) => Effect.Effect<Verdict>
}

const again = Effect.succeed<Verdict>("again")

/** By how other batches fare. What says nothing of a message alone is left to `otherwise`. */
const makeOpenJudge = (alone: Alone, otherwise: Judge["fail"]): Judge => {
  const others = new FirstTries()
  return {
    begin: ({ suspicion }) => suspicion.begin(others),
    accept: (batch) => {
      others.end(batch.attempts, "accepted")
      alone.accept(batch)
    },
    refuse: ({ attempts }) => others.end(attempts, "refused"),
    fail: (batch, status, all, now) => {
      others.end(batch.attempts, "failed")
      batch.suspicion.fail(others, batch.attempts, status)
      if (!batch.isSeveral)
        return batch.suspicion.isCertain ? Effect.succeed("end") : otherwise(batch, status, all, now)
      const isAlone = status === 500 && alone.fail(batch, all)
      return isAlone || batch.suspicion.isEnough ? Effect.succeed("halve") : again
    }
  }
}

/** Messages alone, by witnesses. */
interface Witnesses {
  readonly accept: (batch: Batch, now: number) => void
  readonly areThere: (now: number) => boolean
  /** After a failure that its trial has taken in. */
  readonly judge: (batch: Batch, now: number) => Effect.Effect<Verdict>
}

const makeWitnesses = (transport: Transport, random: () => number): Witnesses => {
  const witness = new Witness()
  /** Messages found at fault since one was accepted. */
  let ended = 0
  return {
    accept: (batch, now) => {
      witness.remember(batch.messages.at(-1), now)
      ended = 0
    },
    areThere: (now) => witness.at(now) !== undefined,
    judge: (batch, now) => {
      const message = witness.at(now)
      if (message === undefined || !batch.trial.needsWitness || transport.pace.heldFor(now) > 0) return again
      const parcel = { batchId: batch.id, messages: [message], attempts: 0, place: witnessPlace, isWitness: true }
      batch.isInRequest = true
      return transport.attempt(parcel).pipe(
        Effect.repeat({ times: howManyWitnesses(random()) - 1 }),
        Effect.match({
          onFailure: (failure) => {
            // As with every other request.
            const isLimited = failure._tag === "Unavailable" && failure.status === 429 && !failure.isHeld
            if (isLimited) transport.pace.hold(now, ownWait(batch.attempts, random()))
            return false
          },
          onSuccess: () => true
        }),
        Effect.map((areAccepted) => {
          batch.isInRequest = false
          batch.trial.hear(areAccepted)
          if (!batch.trial.isAtFault(ended)) return areAccepted ? "soon" : "again"
          ended++
          return "end"
        })
      )
    }
  }
}

/** In a lane, where no other batch is tried meanwhile. */
const makeLaneJudge = (alone: Alone, store: Store, { pace }: Transport, witnesses: Witnesses): Judge => ({
  begin: () => {},
  accept: (batch, now) => {
    alone.accept(batch)
    witnesses.accept(batch, now)
  },
  refuse: () => {},
  fail: (batch, status, all, now) => {
    const hasPassed = store.waiting.some(({ isPassed }) => isPassed)
    if (batch.isSeveral) {
      beginAgain(store.waiting)
      return status === 500 && alone.fail(batch, all) ? Effect.succeed("halve") : again
    }
    batch.trial.fail(status)
    if (!witnesses.areThere(now) && pace.isClosing()) {
      if (batch.trial.needsWitness || (hasPassed && status === 500)) letPass(batch, store)
      else beginAgain(store.waiting)
    }
    return witnesses.judge(batch, now)
  }
})

/** In one of many lanes, of which others may be tried meanwhile, or none. */
const makeLanesJudge = (alone: Alone, witnesses: Witnesses): Judge => {
  const open = makeOpenJudge(alone, (batch, status, _, now) => {
    batch.trial.fail(status)
    return batch.suspicion.hadOthers ? again : witnesses.judge(batch, now)
  })
  return {
    ...open,
    accept: (batch, now) => {
      open.accept(batch, now)
      witnesses.accept(batch, now)
    }
  }
}

/** Which messages leave in order: none, those of each lane, or all. */
export type Way = "open" | "lanes" | "lane"

export const makeJudge = Effect.fnUntraced(function* (way: Way, alone: Alone, store: Store, transport: Transport) {
  const random = yield* Random.Random
  const witnesses = makeWitnesses(transport, () => random.nextDoubleUnsafe())
  switch (way) {
    case "open":
      return makeOpenJudge(alone, () => again)
    case "lanes":
      return makeLanesJudge(alone, witnesses)
    case "lane":
      return makeLaneJudge(alone, store, transport, witnesses)
  }
})
