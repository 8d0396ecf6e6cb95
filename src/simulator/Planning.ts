/**
 * The plan that events are held against, which may be replaced while they arrive.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type PlanOrService, planOf } from "../plan/planOf.ts"
import { cut, maxTextLength } from "./cut.ts"
import type { PlanReport } from "./PlanReport.ts"
import { makePlanTally } from "./PlanTally.ts"
import type { Newest, ReceivedEvent } from "./Received.ts"
import { weigh } from "./weight.ts"

/** Between so many events others are let in. */
const judgedAtOnce = 20

/** What has changed about the plan, by numbers that count up. */
export interface PlanVersion {
  /** Anything. */
  readonly told: number
  /** What it says of the events that are kept. */
  readonly judged: number
}

/** A plan, what it says of events, and what there is to say of it. */
export interface Planning {
  /** Counts an event, and says with it what the plan says of it, and what that weighs. */
  readonly judge: (event: ReceivedEvent) => { readonly event: ReceivedEvent; readonly weight: number }
  readonly report: () => PlanReport | undefined
  /** Why a newer plan could not be loaded. */
  readonly problem: () => string | undefined
  readonly version: () => PlanVersion
  /** That there is another version. */
  readonly changes: Stream.Stream<void>
  /** Holds all that is kept against another plan, or against none, and what comes from now on. */
  readonly set: (plan: PlanOrService | undefined) => Effect.Effect<void>
  readonly setProblem: (problem: string) => Effect.Effect<void>
  /** Begins to count anew. */
  readonly clear: () => void
}

export const makePlanning = Effect.fnUntraced(function* (
  initial: PlanOrService | undefined,
  events: Newest<ReceivedEvent>
) {
  const changes = yield* PubSub.sliding<void>(1)
  const oneByOne = (yield* Semaphore.make(1)).withPermit
  let plan = initial && planOf(initial)
  let tally = plan && makePlanTally(plan)
  let problem: string | undefined
  let version: PlanVersion = { told: 0, judged: 0 }

  const judge: Planning["judge"] = (event) => {
    const verdict = tally?.take(event)
    return verdict === undefined ? { event, weight: 0 } : { event: { ...event, plan: verdict }, weight: weigh(verdict) }
  }

  const judgeAgain = ({ plan: before, ...event }: ReceivedEvent, weight: number) => {
    const judged = judge(event)
    return { item: judged.event, bytes: weight + judged.weight - (before === undefined ? 0 : weigh(before)) }
  }

  const tell = (isJudged: boolean) =>
    Effect.suspend(() => {
      version = { told: version.told + 1, judged: version.judged + (isJudged ? 1 : 0) }
      return Effect.asVoid(PubSub.publish(changes, undefined))
    })

  const set = Effect.fnUntraced(
    function* (next: PlanOrService | undefined) {
      const nextPlan = next && planOf(next)
      tally = nextPlan && makePlanTally(nextPlan)
      plan = nextPlan
      problem = undefined
      let judged = 0
      for (const _ of events.replace(judgeAgain)) if (++judged % judgedAtOnce === 0) yield* Effect.yieldNow
      yield* tell(true)
    },
    Effect.uninterruptible,
    oneByOne
  )

  const planning: Planning = {
    judge,
    report: () => tally?.report(),
    problem: () => problem,
    version: () => version,
    changes: Stream.fromPubSub(changes),
    set,
    setProblem: (next) =>
      Effect.suspend(() => {
        problem = cut(next, maxTextLength)
        return tell(false)
      }),
    clear: () => {
      tally = plan && makePlanTally(plan)
    }
  }
  return planning
})
