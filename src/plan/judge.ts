/**
 * What a plan does with a message on its way: as a typed call prepares it, and as any other is held to it.
 */
import { nameCall } from "../message/callName.ts"
import { InvalidMessage } from "../message/MessageError.ts"
import type { AnyRecord } from "../message/open.ts"
import { own } from "../message/own.ts"
import type { Draft } from "../message/read.ts"
import { isSemanticName } from "../message/semanticNames.ts"
import { isRecord } from "../message/wire.ts"
import type { Check } from "../pipeline/accept.ts"
import { contractOf, nameKeys, placeOf, type Violation } from "./contract.ts"
import type { AdditionalProperties, OnViolation } from "./definition.ts"
import { makeFind } from "./find.ts"
import type { Plan, PlannedEvent, PlannedType } from "./model.ts"
import type { Reporter } from "./report.ts"

/** What becomes of what is not allowed. */
export interface Consequences {
  readonly onViolation: OnViolation
  readonly annotate: boolean
}

const recordOf = (value: unknown): AnyRecord => (isRecord(value) ? value : {})

/** Adds to the context of a message, over what it has there of that name. What is no context is left to be refused. */
const addContext = ({ message }: Draft, name: string, add: (present: unknown) => unknown): void => {
  const context = own(message, "context") ?? {}
  if (isRecord(context)) message["context"] = { ...context, [name]: add(own(context, name)) }
}

const refuse = (draft: Draft, { plan, path, reason }: Violation): InvalidMessage =>
  new InvalidMessage({ ...nameCall(draft.type, own(draft.message, "event")), path, reason, plan })

/** Most that is told of one message. */
const maxPlaces = 20

const report = (draft: Draft, violation: Violation, { annotate }: Consequences, reporter: Reporter): undefined => {
  const { path, reason, places } = violation
  const all = [{ path, reason }, ...(places?.() ?? []).filter((place) => place.path !== path)].slice(0, maxPlaces)
  for (const place of all) reporter.violated({ ...violation, ...place })
  if (annotate) addContext(draft, "violations", (present) => [...(Array.isArray(present) ? present : []), ...all])
}

/** Makes of what a typed call was given what is to be sent, or says why it may not be. */
export const makePrepare = (event: PlannedEvent, consequences: Consequences, reporter: Reporter): Check => {
  const contract = contractOf(event)
  const place = placeOf(event.type)
  const { additionalProperties = "fail", deprecated, isVersioned, version } = event
  return (draft) => {
    const given = own(draft.message, place)
    const value = given === undefined ? {} : given
    if (contract.accepts(value, additionalProperties)) {
      if (contract.isAlwaysTaken(additionalProperties)) draft.known = given
    } else {
      const judged = contract.encode(value, additionalProperties)
      if (judged._tag === "Failure") {
        if (consequences.onViolation === "fail") return refuse(draft, judged.failure)
        report(draft, judged.failure, consequences, reporter)
      } else {
        if (given !== undefined) draft.message[place] = judged.success.value
        if (judged.success.stranger !== undefined) report(draft, judged.success.stranger, consequences, reporter)
      }
    }
    if (isVersioned) {
      addContext(draft, "protocols", (present) => ({ ...recordOf(present), event_version: Number(version) || version }))
    }
    if (deprecated !== undefined) reporter.used(event)
    return undefined
  }
}

/** How a plan holds calls that are not its own. */
export interface Enforcement extends Consequences {
  /** What becomes of events, pages, screens and kinds of calls that it does not have. */
  readonly unplanned: AdditionalProperties
}

/** Holds any message to the plan, by what JSON says of it. */
export const makeCheck = (plan: Plan, enforcement: Enforcement, reporter: Reporter): Check => {
  const judge = makeJudge(plan)
  const { unplanned, onViolation } = enforcement
  return (draft) => {
    const verdict = judge(draft)
    switch (verdict._tag) {
      case "Planned":
        if (verdict.event?.deprecated !== undefined) reporter.used(verdict.event)
        return undefined
      case "Reported":
        return report(draft, verdict.violation, enforcement, reporter)
      case "Unplanned":
        if (unplanned === "allow") return undefined
        return unplanned === "fail"
          ? refuse(draft, verdict.violation)
          : report(draft, verdict.violation, enforcement, reporter)
      case "Violating":
        return onViolation === "fail"
          ? refuse(draft, verdict.violation)
          : report(draft, verdict.violation, enforcement, reporter)
    }
  }
}

/** What a plan says of a message. */
export type Verdict =
  | { readonly _tag: "Planned"; readonly event: PlannedEvent | undefined }
  | { readonly _tag: "Unplanned"; readonly violation: Violation }
  /** It has names that are not listed, and those are to be reported. */
  | { readonly _tag: "Reported"; readonly event: PlannedEvent; readonly violation: Violation }
  | { readonly _tag: "Violating"; readonly event: PlannedEvent; readonly violation: Violation }

/** By the message as JSON says it: `alias`, and the events that Customer.io reads specially, are never judged. */
export const makeJudge = (plan: Plan): ((draft: Draft) => Verdict) => {
  const find = makeFind(plan)
  return (draft) => {
    const { type, message } = draft
    if (type === "alias") return notJudged
    const key = nameKeys[type]
    const said = key === undefined ? undefined : own(message, key)
    if (type === "track" && isSemanticName(said)) return notJudged
    const name = typeof said === "string" ? said : undefined
    const unplanned = (path: string, reason: string): Verdict => ({
      _tag: "Unplanned",
      violation: { plan: plan.name, type, name, path, reason }
    })
    if (!plan.types.has(type)) return unplanned("type", `Expected no ${type}`)
    const known = find(type, name)
    if (known === undefined) return unplanned(key ?? "type", `Expected ${namesOf[type]} of the plan`)
    const version = own(recordOf(own(recordOf(own(message, "context")), "protocols")), "event_version")
    const event =
      known.versions.size === 0 || version === undefined ? known.latest : known.versions.get(String(version))
    if (event === undefined) {
      return unplanned("context.protocols.event_version", "Expected a version of the plan")
    }
    const given = own(message, placeOf(type))
    const contract = contractOf(event)
    const judged = contract.check(given === undefined ? {} : given, event.additionalProperties ?? "allow")
    if (judged._tag === "Failure") return { _tag: "Violating", event, violation: judged.failure }
    const { stranger } = judged.success
    return stranger === undefined ? { _tag: "Planned", event } : { _tag: "Reported", event, violation: stranger }
  }
}

const notJudged: Verdict = { _tag: "Planned", event: undefined }

const namesOf: Readonly<Record<PlannedType, string>> = {
  track: "an event",
  page: "a page",
  screen: "a screen",
  identify: "traits",
  group: "traits"
}
