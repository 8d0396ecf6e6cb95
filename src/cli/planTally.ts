/**
 * What a plan says of many messages: how many there were of each event, and the first of each kind of trouble.
 */
import * as Result from "effect/Result"
import { own } from "../message/own.ts"
import { printableName } from "../message/printable.ts"
import { nameKeys } from "../plan/contract.ts"
import { makeJudge, type Verdict } from "../plan/judge.ts"
import type { Plan, PlannedEvent } from "../plan/model.ts"
import type { Line } from "./lines.ts"
import { readMessage } from "./messages.ts"

/** Whoever makes up names makes them without end: those that are too many count together. */
const maxNames = 1000

export interface EventTally {
  readonly type: string
  /** Of the event, the page or the screen. */
  readonly name?: string
  lines: number
  violating: number
  unplanned: number
}

export interface Finding {
  /** `reported`: the plan takes it, and wants to be told. */
  readonly kind: "unreadable" | "violating" | "unplanned" | "reported"
  /** The first. */
  readonly line: number
  lines: number
  readonly type?: string
  readonly name?: string
  readonly path: string
  readonly reason: string
}

export class PlanTally {
  lines = 0
  readonly counts = { planned: 0, violating: 0, unplanned: 0, reported: 0, unreadable: 0 }
  readonly #plan: Plan
  readonly #judge: ReturnType<typeof makeJudge>
  readonly #events = new Map<string, EventTally>()
  readonly #findings = new Map<string, Finding>()
  readonly #seen = new Set<PlannedEvent>()

  constructor(plan: Plan) {
    this.#plan = plan
    this.#judge = makeJudge(plan)
  }

  add(line: Line): void {
    this.lines++
    const message = readMessage(line)
    if (Result.isFailure(message)) {
      this.counts.unreadable++
      this.#find({ kind: "unreadable", line: line.number, path: "", reason: message.failure })
      return
    }
    const draft = message.success
    const verdict = this.#judge(draft)
    const key = draft.type === "alias" ? undefined : nameKeys[draft.type]
    const said = key === undefined ? undefined : own(draft.message, key)
    const tally = this.#tallyOf(draft.type, typeof said === "string" ? printableName(said) : undefined)
    tally.lines++
    this.#count(verdict, tally, line.number)
  }

  /** In the order of how many there are. */
  get events(): ReadonlyArray<EventTally> {
    return [...this.#events.values()].sort((one, other) => other.lines - one.lines)
  }

  get findings(): ReadonlyArray<Finding> {
    return [...this.#findings.values()]
  }

  /** What the plan has and nobody sent. */
  get unseen(): ReadonlyArray<PlannedEvent> {
    return this.#plan.events.filter((event) => !this.#seen.has(event))
  }

  #count(verdict: Verdict, tally: EventTally, line: number): void {
    if (verdict._tag !== "Unplanned" && verdict.event !== undefined) this.#seen.add(verdict.event)
    switch (verdict._tag) {
      case "Planned":
        this.counts.planned++
        return
      case "Reported":
        this.counts.reported++
        break
      case "Unplanned":
        this.counts.unplanned++
        tally.unplanned++
        break
      case "Violating":
        this.counts.violating++
        tally.violating++
    }
    const { type, name, path, reason } = verdict.violation
    const kind = ({ Reported: "reported", Unplanned: "unplanned", Violating: "violating" } as const)[verdict._tag]
    this.#find({ kind, line, type, ...(name !== undefined && { name: printableName(name) }), path, reason })
  }

  /** By the name that is printed: of one that is a megabyte long, only the beginning is remembered. */
  #tallyOf(type: string, name: string | undefined): EventTally {
    const key = JSON.stringify([type, name])
    const known = this.#events.get(key)
    if (known !== undefined) return known
    if (this.#events.size >= maxNames && name !== undefined) return this.#tallyOf(`other ${type}`, undefined)
    const tally = { type, ...(name !== undefined && { name }), lines: 0, violating: 0, unplanned: 0 }
    this.#events.set(key, tally)
    return tally
  }

  #find(finding: Omit<Finding, "lines">): void {
    const { kind, type, name, reason } = finding
    const path = finding.path.replaceAll(/\[\d+\]/g, "[]")
    const key = JSON.stringify([kind, type, name, path, reason])
    const known = this.#findings.get(key)
    if (known !== undefined) {
      known.lines++
      return
    }
    if (this.#findings.size < maxNames) {
      this.#findings.set(key, { ...finding, path, lines: 1 })
      return
    }
    const other = this.#findings.get(kind)
    if (other !== undefined) other.lines++
    else this.#findings.set(kind, { kind, line: finding.line, lines: 1, path: "", reason: "and others" })
  }
}
