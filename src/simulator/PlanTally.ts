/**
 * Holds events against a plan, and counts what comes of it: no more of it than the plan has, and a little beside.
 */
import type { Violation } from "../plan/contract.ts"
import { makeJudge, type Verdict } from "../plan/judge.ts"
import type { Plan, PlannedEvent } from "../plan/model.ts"
import { messageTypes } from "../protocol/WireMessage.ts"
import { cut, maxNameLength, maxTextLength } from "./cut.ts"
import type { PlaceReport, PlannedReport, PlanReport, PlanVerdict, UnplannedReport } from "./PlanReport.ts"
import type { ReceivedEvent } from "./Received.ts"

/** Names that are not planned may be made up without end. */
const unplannedAtMost = 200

const placesAtMost = 5

interface Seen {
  sent: number
  lastSentAt: number | undefined
  violations: number
  /** By what they are, least recently seen first. */
  readonly places: Map<string, PlaceReport>
}

export interface PlanTally {
  /** Counts an event, and says what the plan says of it; nothing where no plan says anything, or too little of it is kept. */
  readonly take: (event: ReceivedEvent) => PlanVerdict | undefined
  readonly report: () => PlanReport
}

const planned: PlanVerdict = { verdict: "planned" }

export const makePlanTally = (plan: Plan): PlanTally => {
  const judge = makeJudge(plan)
  const seen = new Map(plan.events.map((event) => [event, noneSeen()]))
  /** By type, name and reason, least recently seen first. */
  const unplanned = new Map<string, UnplannedReport>()
  let unplannedDropped = 0

  const addUnplanned = ({ type, name: said, reason }: Violation, at: number): void => {
    const name = said === undefined ? undefined : cut(said, maxNameLength)
    const key = JSON.stringify([type, name, reason])
    const { sent = 0, lastSentAt = at } = takeOut(unplanned, key) ?? {}
    unplanned.set(key, {
      type,
      ...(name !== undefined && { name }),
      reason,
      sent: sent + 1,
      lastSentAt: Math.max(lastSentAt, at)
    })
    if (unplanned.size > unplannedAtMost) {
      dropFirst(unplanned)
      unplannedDropped++
    }
  }

  const addViolation = (of: Seen, { path, reason }: Violation): void => {
    of.violations++
    const place = path.replaceAll(/\[\d+\]/g, "[]")
    const { count = 0 } = takeOut(of.places, place) ?? {}
    of.places.set(place, { path: place, reason: cut(reason, maxTextLength), count: count + 1 })
    if (of.places.size > placesAtMost) dropFirst(of.places)
  }

  const count = (verdict: Verdict, at: number): void => {
    if (verdict._tag === "Unplanned") {
      addUnplanned(verdict.violation, at)
      return
    }
    const of = verdict.event && seen.get(verdict.event)
    if (of === undefined) return
    of.sent++
    of.lastSentAt = Math.max(of.lastSentAt ?? at, at)
    if (verdict._tag !== "Planned") addViolation(of, verdict.violation)
  }

  return {
    take: (event) => {
      const { message, verdict: received, receivedAt } = event
      const type = messageTypes.find((known) => known === message["type"])
      if (type === undefined || isInPart(event)) return undefined
      const verdict = judge({ type, message })
      if (received !== "duplicate") count(verdict, receivedAt)
      if (verdict._tag === "Planned") return verdict.event && planned
      const { path, reason } = verdict.violation
      return {
        verdict: verdict._tag === "Unplanned" ? "unplanned" : "violating",
        path,
        reason: cut(reason, maxTextLength)
      }
    },
    report: () => ({
      name: cut(plan.name, maxNameLength),
      ...described(plan),
      events: plan.events.map((event) => reportOf(event, seen.get(event) ?? noneSeen())),
      unplanned: [...unplanned.values()].sort((one, other) => (other.lastSentAt ?? 0) - (one.lastSentAt ?? 0)),
      unplannedDropped
    })
  }
}

const noneSeen = (): Seen => ({ sent: 0, lastSentAt: undefined, violations: 0, places: new Map() })

/** Of one that was refused, its names alone may be kept. */
const isInPart = ({ verdict, note }: ReceivedEvent): boolean => verdict === "refused" && note !== undefined

const reportOf = (event: PlannedEvent, { sent, lastSentAt, violations, places }: Seen): PlannedReport => {
  const { type, name, version, owner, deprecated } = event
  return {
    type,
    ...(name !== undefined && { name: cut(name, maxNameLength) }),
    ...(version !== undefined && { version: cut(version, maxNameLength) }),
    ...described(event),
    ...(owner !== undefined && { owner: cut(owner, maxNameLength) }),
    ...(deprecated !== undefined && { deprecated: cut(deprecated, maxTextLength) }),
    sent,
    ...(lastSentAt !== undefined && { lastSentAt }),
    violations,
    places: [...places.values()].reverse()
  }
}

const described = ({ description }: { readonly description: string | undefined }) =>
  description === undefined ? undefined : { description: cut(description, maxTextLength) }

const takeOut = <A>(from: Map<string, A>, key: string): A | undefined => {
  const value = from.get(key)
  from.delete(key)
  return value
}

const dropFirst = (from: Map<string, unknown>): void => {
  const [first] = from.keys()
  if (first !== undefined) from.delete(first)
}
