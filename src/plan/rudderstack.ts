import { assemble, type Rule } from "./assemble.ts"
import { withoutCases } from "./conditions.ts"
import { placeOf } from "./contract.ts"
import { open, type Place } from "./document.ts"
import type { ReadPlan } from "./fromJsonSchema.ts"
import type { Loss } from "./losses.ts"
import { lossesOfCalls, messageSchemaOf, placeOfEvent, type Section, sectionOf } from "./messageSchema.ts"
import type { Plan, PlannedEvent, PlannedType } from "./model.ts"
import { readFiles } from "./readRudderFiles.ts"
import { filesOf, type RudderFile } from "./rudderFiles.ts"

/**
 * An event of a plan of RudderStack. Those that are no `track` have no name there.
 *
 * @category models
 * @since 0.1.0
 */
export interface RudderEvent {
  /** Of the event; empty where it is no `track`. */
  readonly name: string
  /** When it happens. */
  readonly description?: string
  /** The kind of call. */
  readonly eventType: PlannedType
  /** Where in a message it stands what the rules are about. */
  readonly identitySection?: "properties" | "traits"
  /** The JSON Schema of its messages, in draft-07. */
  readonly rules: object
}

/**
 * A plan as RudderStack's catalogue has it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RudderCatalog {
  /** Of the plan. */
  readonly name: string
  /** What the plan is about. */
  readonly description?: string
  /** What is planned, each once. */
  readonly events: ReadonlyArray<RudderEvent>
}

/**
 * A plan as the second version of RudderStack's API has it, and as RudderTyper stores it.
 *
 * @category models
 * @since 0.1.0
 */
export interface RudderV2 {
  /** Of the plan. */
  readonly name: string
  /** What the plan is about. */
  readonly description?: string
  /** What is planned, each once. */
  readonly rules: { readonly events: ReadonlyArray<RudderEvent> }
}

/**
 * What `toRudderStack` writes in each form.
 *
 * @category models
 * @since 0.1.0
 */
export interface RudderForms {
  /** What the API of the data catalogue has. */
  readonly catalog: RudderCatalog
  /** What the API had before, and RudderTyper 1 stores. */
  readonly v2: RudderV2
  /** The documents of Rudder CLI, each of which is one file of YAML. */
  readonly cli: ReadonlyArray<RudderFile>
}

/**
 * A plan that was written in a form of RudderStack.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToRudderStack<Form extends keyof RudderForms = "catalog"> {
  /** To be given to RudderStack as JSON, or in files of YAML. */
  readonly plan: RudderForms[Form]
  /** What RudderStack has no place for, each by its place in the plan. */
  readonly losses: ReadonlyArray<Loss>
}

/**
 * A plan as RudderStack has it, and what it cannot hold: `catalog` (the default), `v2`, or `cli`, which is an array of the
 * documents of Rudder CLI. RudderStack has one version of an event, the newest here, and asks for no names of pages and
 * screens.
 *
 * **Example** (For RudderTyper)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 * import * as Schema from "effect/Schema"
 *
 * const shop = Plan.make({ name: "Shop", track: { "Order Completed": { properties: { total: Schema.Finite } } } })
 * const { plan, losses } = Plan.toRudderStack(shop, { form: "v2" })
 * const text = JSON.stringify(plan, null, 2)
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export function toRudderStack<Form extends keyof RudderForms = "catalog">(
  plan: Plan,
  options?: { readonly form?: Form | undefined }
): ToRudderStack<Form>
export function toRudderStack(
  plan: Plan,
  { form = "catalog" }: { readonly form?: keyof RudderForms | undefined } = {}
): ToRudderStack<keyof RudderForms> {
  const losses = lossesOfCalls(plan, "RudderStack")
  const events = plan.events.filter((event) => isHeld(event, losses))
  if (form === "cli") return { plan: filesOf(plan, events, losses), losses }
  const described = { name: plan.name, ...(plan.description !== undefined && { description: plan.description }) }
  const written = events.map((event) => eventOf(event, losses))
  return {
    plan: form === "catalog" ? { ...described, events: written } : { ...described, rules: { events: written } },
    losses
  }
}

const isHeld = (event: PlannedEvent, losses: Array<Loss>): boolean => {
  const lose = (key: string, reason: string) => losses.push({ path: placeOfEvent(event, key), reason })
  if (!event.isLatest) {
    lose(placeOf(event.type), "RudderStack has one version of an event, the newest")
    return false
  }
  if (event.version !== undefined && event.version !== "1") lose("version", "RudderStack has no names of versions")
  if (event.owner !== undefined) lose("owner", "RudderStack has no owners")
  if (event.deprecated !== undefined) lose("deprecated", "RudderStack deprecates no events")
  return true
}

const eventOf = (event: PlannedEvent, losses: Array<Loss>): RudderEvent => {
  const { type, name = "", description, tags } = event
  const lose = (key: string, reason: string) => losses.push({ path: placeOfEvent(event, key), reason })
  if (tags.length > 0) lose("tags", "RudderStack has categories by their ids")
  if (type === "page" || type === "screen")
    lose("name", `RudderStack asks for no names of ${type}s: it is written, and not used`)
  return {
    name,
    ...(description !== undefined && { description }),
    eventType: type,
    identitySection: placeOf(type),
    rules: messageSchemaOf(event, losses)
  }
}

/**
 * A plan from any form that RudderStack and its tools have: what the API gives, before the data catalogue and since; the
 * `plan.json` of RudderTyper; and the documents of Rudder CLI as they are read from YAML, an array of them or one, of
 * `rudder/v1` and `rudder/0.1`. Categories are tags. A plan has no cases: what a variant asks for is optional. Throws
 * `InvalidPlan` where it is no such plan, with the place and the reason.
 *
 * **Example** (From RudderTyper)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 *
 * declare const text: string
 *
 * const { plan, losses } = Plan.fromRudderStack(JSON.parse(text))
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromRudderStack = (json: unknown): ReadPlan => {
  const whole = open(json)
  if (whole.isList || whole.at("kind").isThere) return readFiles(whole)
  whole.reading.name =
    (whole.at("display_name").isThere ? whole.at("display_name") : whole.at("name")).textOrNone ?? "RudderStack"
  const isCatalog = whole.at("events").isThere
  const events = isCatalog ? whole.at("events") : whole.at("rules").at("events")
  if (!events.isThere) events.refuse("Expected the events of a plan of RudderStack")
  whole.loseOthers(planKeys)
  if (!isCatalog) whole.at("rules").loseOthers(["events"])
  return assemble(whole.reading, whole.at("description").textOrNone, events.list.map(readEvent))
}

/** Of which nothing would be found again, or which are read. */
const planKeys = [
  "id",
  "name",
  "display_name",
  "description",
  "version",
  "creationType",
  "workspaceId",
  "createdAt",
  "createdBy",
  "updatedAt",
  "updatedBy",
  "create_time",
  "update_time",
  "rules",
  "events"
]

const eventKeys = [...planKeys, "eventType", "identitySection", "categoryId", "additionalProperties"]

const types = ["track", "identify", "group", "page", "screen"] as const

const readEvent = (event: Place): Rule => {
  event.loseOthers(eventKeys)
  const type = event.at("eventType").isThere ? event.at("eventType").oneOf(types) : "track"
  if (event.at("categoryId").isThere) event.at("categoryId").lose("what the category is called is not there")
  const rules = event.at("rules").with(event.at("rules").record)
  return {
    place: event,
    type,
    name: event.at("name").textOrNone,
    version: undefined,
    description: event.at("description").textOrNone ?? rules.at("description").textOrNone,
    body: withoutCases(sectionOf(rules, sectionFor(event, type)))
  }
}

/** Where it is said to stand; else traits are where there are any. */
const sectionFor = (event: Place, type: PlannedType): Section => {
  const section = event.at("identitySection")
  if (section.isThere && section.value !== "") return section.oneOf(["properties", "traits", "context.traits"])
  const inContext = event.at("rules").at("properties").at("context").at("properties").at("traits")
  return placeOf(type) === "traits" && inContext.isThere ? "context.traits" : placeOf(type)
}
