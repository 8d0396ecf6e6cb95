import { assemble, type Rule } from "./assemble.ts"
import { withCommon } from "./common.ts"
import { placeOf } from "./contract.ts"
import { open, type Place } from "./document.ts"
import type { ReadPlan } from "./fromJsonSchema.ts"
import { labelsOf, readLabels } from "./labels.ts"
import type { Loss } from "./losses.ts"
import { lossesOfCalls, messageSchemaOf, placeOfEvent, sectionOf } from "./messageSchema.ts"
import type { Plan, PlannedEvent, PlannedType } from "./model.ts"

/**
 * A tracking plan of Segment, as its Public API takes and gives it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SegmentPlan {
  /** Of the plan. */
  readonly name: string
  /** What the plan is about. */
  readonly description?: string
  /** The only type that Segment has. */
  readonly type: "LIVE"
  /** One for each version of an event, and one for traits of each kind. */
  readonly rules: ReadonlyArray<SegmentRule>
}

/**
 * A rule of a plan of Segment: a version of an event, or traits.
 *
 * @category models
 * @since 0.1.0
 */
export interface SegmentRule {
  /** The kind of call. */
  readonly type: "TRACK" | "IDENTIFY" | "GROUP" | "PAGE" | "SCREEN"
  /** The name of the event, the page or the screen. */
  readonly key?: string
  /** Of the event. */
  readonly version: number
  /** The JSON Schema of its messages, in draft-07. */
  readonly jsonSchema: object
}

/**
 * A plan that was written in the form of Segment.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToSegment {
  /** To be given to Segment as JSON. */
  readonly plan: SegmentPlan
  /** What Segment has no place for, each by its place in the plan. */
  readonly losses: ReadonlyArray<Loss>
}

/**
 * A plan as Segment's Public API takes it, and what it cannot hold. Owner and deprecation are in the labels `owner` and
 * `deprecated`, a tag such as `area:account` is the label `area`, and any other tag is a label that says `true`.
 *
 * **Example** (For Segment)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 * import * as Schema from "effect/Schema"
 *
 * const shop = Plan.make({ name: "Shop", track: { "Order Completed": { properties: { total: Schema.Finite } } } })
 * const { plan, losses } = Plan.toSegment(shop)
 * const text = JSON.stringify(plan, null, 2)
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const toSegment = (plan: Plan): ToSegment => {
  const losses = lossesOfCalls(plan, "Segment")
  const rules = plan.events.map((event) => ruleOf(plan, event, losses))
  return { plan: { name: plan.name, ...describe(plan), type: "LIVE", rules }, losses }
}

const describe = ({ description }: { readonly description: string | undefined }) =>
  description === undefined ? {} : { description }

const ruleOf = (plan: Plan, event: PlannedEvent, losses: Array<Loss>): SegmentRule => {
  const { type, name } = event
  const labels = labelsOf(event, losses)
  const schema = messageSchemaOf(event, losses)
  return {
    type: segmentTypes[type],
    ...(name !== undefined && { key: name }),
    version: versionOf(plan, event, losses),
    jsonSchema: {
      ...schema,
      labels,
      properties: { context: {}, traits: {}, properties: {}, ...schema.properties }
    }
  }
}

const segmentTypes = { track: "TRACK", identify: "IDENTIFY", group: "GROUP", page: "PAGE", screen: "SCREEN" } as const

/** Segment counts, and the last is the newest. */
const versionOf = ({ events }: Plan, event: PlannedEvent, losses: Array<Loss>): number => {
  const { type, name, version, isVersioned } = event
  if (!isVersioned && (version === undefined || isNumber.test(version))) return Number(version ?? 1)
  const versions = events.filter((other) => other.type === type && other.name === name)
  const isCounted = versions.every(({ version = "1" }) => isNumber.test(version))
  const isLast = versions.every((other) => !event.isLatest || Number(other.version) <= Number(version))
  if (isVersioned && isCounted && !isLast) {
    losses.push({ path: placeOfEvent(event, "latest"), reason: "the newest version of Segment is the last" })
  }
  if (isCounted) return Number(version ?? 1)
  losses.push({ path: placeOfEvent(event, "version"), reason: "the versions of Segment are numbers" })
  return versions.toSorted((a, b) => Number(a.isLatest) - Number(b.isLatest)).indexOf(event) + 1
}

const isNumber = /^[1-9]\d*$/

/**
 * A plan from any form that Segment and its tools have: what the Public API gives, with or without its envelope; the
 * `plan.json` of Typewriter 8; and plans of the Config API, which Typewriter 7 stores. Rules of the type `COMMON` are put into
 * every event that they are about. Properties that a schema neither lists nor forbids are allowed, as Segment allows them.
 * Throws `InvalidPlan` where it is no such plan, with the place and the reason.
 *
 * **Example** (From Typewriter)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 *
 * declare const text: string
 *
 * const { plan, losses } = Plan.fromSegment(JSON.parse(text))
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromSegment = (json: unknown): ReadPlan => {
  const whole = open(json)
  const envelope = whole.at("data").isThere ? whole.at("data") : whole
  const plan = firstOf(envelope.at("trackingPlan"), envelope.at("tracking_plan"), envelope)
  const rules = firstOf(plan.at("rules"), envelope.at("rules"), plan)
  whole.reading.name = firstOf(plan.at("display_name"), plan.at("name")).textOrNone ?? "Segment"
  if (rules !== plan) plan.loseOthers(planKeys)
  if (envelope.at("pagination").at("next").isThere)
    envelope.at("pagination").lose("there are more rules, on other pages")
  const said = rules.isList ? readRules(rules) : readConfig(rules)
  return assemble(whole.reading, plan.at("description").textOrNone, withCommon(said.rules, said.common))
}

const firstOf = (...places: readonly [Place, ...ReadonlyArray<Place>]): Place =>
  places.find((place) => place.isThere) ?? places[0]

/** Of which nothing would be found again, or which are read. */
const planKeys = [
  "data",
  "trackingPlan",
  "tracking_plan",
  "pagination",
  "id",
  "resourceSchemaId",
  "slug",
  "type",
  "name",
  "display_name",
  "description",
  "createdAt",
  "updatedAt",
  "create_time",
  "update_time",
  "rules"
]

/** The rules of the Config API, which its older plans have themselves. */
const configKeys = ["events", "global", "identify", "group", "identify_traits", "group_traits"]

/** Rules, and schemas of all messages. */
interface Said {
  readonly rules: ReadonlyArray<Rule>
  readonly common: ReadonlyArray<Place>
}

const isCommon = (rule: Place) => rule.at("type").value === "COMMON"

const readRules = (rules: Place): Said => ({
  rules: rules.list.filter((rule) => !isCommon(rule)).map(readRule),
  common: rules.list.filter(isCommon).map((rule) => rule.at("jsonSchema"))
})

const readRule = (rule: Place): Rule => {
  rule.loseOthers(["type", "key", "version", "deprecatedAt", "createdAt", "updatedAt", "jsonSchema"])
  const type = rule.at("type").oneOf(["TRACK", "IDENTIFY", "GROUP", "PAGE", "SCREEN"])
  const deprecated = deprecationOf(rule.at("deprecatedAt").textOrNone)
  return {
    ...readMessage(rule, rule.at("jsonSchema"), planTypes[type], rule.at("key").textOrNone),
    ...(deprecated !== undefined && { deprecated })
  }
}

const planTypes = { TRACK: "track", IDENTIFY: "identify", GROUP: "group", PAGE: "page", SCREEN: "screen" } as const

/** Go's time that is none. */
const never = "0001-01-01T00:00:00"

const deprecationOf = (time: string | undefined): string | undefined =>
  time === undefined || time.startsWith(never) ? undefined : `Deprecated in Segment since ${time}`

const readMessage = (place: Place, message: Place, type: PlannedType, name: string | undefined): Rule => {
  const section = placeOf(type)
  // Typewriter takes the section out of its message.
  const isUnwrapped = message.at("eventMetadata").isThere
  const { eventMetadata: _, labels: __, ...own } = message.record
  return {
    place,
    type,
    name,
    version: place.at("version").versionOrNone,
    description: place.at("description").textOrNone ?? message.at("description").textOrNone,
    ...readLabels(message.at("labels").entries.map(([label, text]) => [label, text.text])),
    body: isUnwrapped ? { schema: message.with(own), root: message } : sectionOf(message, section)
  }
}

const readConfig = (rules: Place): Said => {
  if (!configKeys.some((key) => rules.at(key).isThere)) rules.refuse("Expected the rules of a plan of Segment")
  rules.loseOthers([...planKeys, ...configKeys])
  const traits = (["identify", "group"] as const).flatMap((type) => readTraits(rules, type))
  const global = rules.at("global")
  return {
    rules: [...rules.at("events").list.map(readConfigEvent), ...traits],
    common: global.isThere ? [global] : []
  }
}

const readConfigEvent = (event: Place): Rule => {
  for (const key of ["eventType", "identitySection"]) {
    if (event.at(key).isThere) event.at(key).refuse("Expected a plan of Segment, and this is one of RudderStack")
  }
  event.loseOthers(["name", "description", "version", "rules"])
  return readMessage(event, event.at("rules"), "track", event.at("name").textOrNone)
}

/** They are in one schema, or each by itself. */
const readTraits = (rules: Place, type: "identify" | "group"): ReadonlyArray<Rule> => {
  const list = rules.at(`${type}_traits`)
  const message = rules.at(type)
  const rule = message.isThere ? [readMessage(message, message, type, undefined)] : []
  if (list.list.length === 0) return rule
  const properties = Object.fromEntries(list.list.map((trait) => [trait.at("name").text, schemaOfTrait(trait)]))
  const traits = list.with({ properties: { traits: { type: "object", properties } } })
  return withCommon(rule.length > 0 ? rule : [readMessage(list.with({}), list.with({}), type, undefined)], [traits])
}

const schemaOfTrait = (trait: Place): unknown => {
  if (trait.at("rules").isThere) return trait.at("rules").value
  const { name: _, ...schema } = trait.record
  return schema
}
