import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import { describeIssue, formatPath } from "../message/issue.ts"
import { nameKeys, placeOf } from "./contract.ts"
import type { Definition, EventDefinition, Fields, VersionDefinition } from "./definition.ts"
import { fieldsOf } from "./fields.ts"
import { InvalidPlan } from "./InvalidPlan.ts"
import { readJson } from "./json.ts"
import { isObject, type JsonSchema } from "./jsonSchema.ts"
import type { Loss } from "./losses.ts"
import { make, merge } from "./make.ts"
import type { Plan, PlannedType } from "./model.ts"
import { eventKeyword, planKeyword } from "./toJsonSchema.ts"

/**
 * A plan that was read from a format of others, and what a plan cannot hold of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReadPlan {
  /** Made of all that a plan can hold. */
  readonly plan: Plan
  /** What a plan cannot hold, each by its place. */
  readonly losses: ReadonlyArray<Loss>
}

const PlannedTypes = Schema.Literals(["track", "identify", "group", "page", "screen"])

const OfPlan = Schema.Struct({
  name: Schema.NonEmptyString,
  types: Schema.Array(PlannedTypes),
  onViolation: Schema.Literals(["fail", "report"]),
  annotate: Schema.Boolean
})

const OfEvent = Schema.Struct({
  plan: Schema.NonEmptyString,
  type: PlannedTypes,
  name: Schema.optionalKey(Schema.String),
  version: Schema.optionalKey(Schema.String),
  isVersioned: Schema.optionalKey(Schema.Boolean),
  isLatest: Schema.optionalKey(Schema.Boolean),
  owner: Schema.optionalKey(Schema.String),
  tags: Schema.optionalKey(Schema.Array(Schema.String)),
  deprecated: Schema.optionalKey(Schema.String),
  additionalProperties: Schema.optionalKey(Schema.Literals(["allow", "report", "fail"])),
  reserved: Schema.optionalKey(Schema.Array(Schema.String))
})

interface Read extends Schema.Schema.Type<typeof OfEvent> {
  readonly description: string | undefined
  readonly fields: Fields
}

const refuse = (path: string, reason: string): never => {
  throw new InvalidPlan({ plan: "", path, reason })
}

const readAs = <A>(schema: Schema.Codec<A>, value: unknown, path: string): A => {
  const read = SchemaParser.decodeUnknownResult(schema)(value)
  if (Result.isSuccess(read)) return read.success
  const issue = describeIssue(read.failure)
  return refuse(issue.path === "" ? path : `${path}.${issue.path}`, issue.reason)
}

/**
 * The plan of a document that `Plan.toJsonSchema` wrote, or of the JSON Schema of one event: of its whole message, where its
 * `type` is said in `properties`, or else of the properties of the event that `title` names. Any draft from 04 on is read. What
 * a plan cannot hold of it, such as a keyword that has no Schema, is listed in `losses`.
 *
 * Throws `InvalidPlan`, which has the place and the reason, where it is no such document.
 *
 * **Example** (An event of somebody else)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 *
 * const { plan, losses } = Plan.fromJsonSchema({
 *   title: "Order Completed",
 *   type: "object",
 *   properties: { total: { type: "number", minimum: 0 } },
 *   required: ["total"]
 * })
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const fromJsonSchema = (json: unknown): ReadPlan => {
  const document = readJson(json)
  if (!isObject(document)) return refuse("", "Expected a JSON Schema, which is an object")
  const losses: Array<Loss> = []
  return Object.hasOwn(document, planKeyword) ? readPlan(document, losses) : readEvent(document, losses)
}

const readPlan = (document: JsonSchema, losses: Array<Loss>): ReadPlan => {
  const said = readAs(OfPlan, document[planKeyword], planKeyword)
  const { $defs: definitions, description } = document
  if (!isObject(definitions)) return refuse("$defs", "Expected the events, which is an object")
  const parts = new Map<string, Array<Read>>()
  for (const [key, schema] of Object.entries(definitions)) {
    if (!isObject(schema) || !Object.hasOwn(schema, eventKeyword)) continue
    const event = readAs(OfEvent, schema[eventKeyword], `$defs.${key}.${eventKeyword}`)
    const { [eventKeyword]: _, deprecated: __, ...own } = schema
    const read = fieldsOf(event.type, own, pathOf(event), document)
    losses.push(...read.losses)
    const fields = Object.entries(read.fields).filter(([name]) => !event.reserved?.includes(name))
    const part = parts.get(event.plan) ?? []
    part.push({ ...event, description: read.description, fields: Object.fromEntries(fields) })
    parts.set(event.plan, part)
  }
  const { name, types, onViolation, annotate } = said
  const plans = [...parts].map(([name, events]): Plan => make({ name, onViolation, annotate, ...kindsOf(events) }))
  const [first = make({ name, onViolation, annotate }), ...others] = plans
  const plan = others.reduce<Plan>(merge, first)
  return {
    plan: {
      ...plan,
      name,
      description: typeof description === "string" ? description : undefined,
      types: new Set([...types, ...plan.types])
    },
    losses
  }
}

const pathOf = ({ type, name, version, isVersioned }: Schema.Schema.Type<typeof OfEvent>): ReadonlyArray<string> => [
  type,
  ...(name === undefined ? [] : [name]),
  ...(isVersioned && version !== undefined ? ["versions", version] : []),
  placeOf(type)
]

/** As a plan is written that has these. */
const kindsOf = (events: ReadonlyArray<Read>): Omit<Definition, "name"> => {
  const of = (type: PlannedType) => events.filter((event) => event.type === type)
  const named = (type: "track" | "page" | "screen") => {
    const names = new Map<string, EventDefinition>()
    for (const event of of(type)) names.set(event.name ?? "", definitionOf(event, names.get(event.name ?? "")))
    return names.size === 0 ? {} : { [type]: Object.fromEntries(names) }
  }
  const traits = (type: "identify" | "group") => {
    const [event] = of(type)
    return event === undefined ? {} : { [type]: { ...documentedOf(event), traits: event.fields } }
  }
  return { ...named("track"), ...named("page"), ...named("screen"), ...traits("identify"), ...traits("group") }
}

const documentedOf = ({ description, owner, tags, deprecated, additionalProperties, reserved }: Read) => ({
  ...(description !== undefined && { description }),
  ...(owner !== undefined && { owner }),
  ...(tags !== undefined && { tags }),
  ...(deprecated !== undefined && { deprecated }),
  ...(additionalProperties !== undefined && { additionalProperties }),
  ...(reserved !== undefined && { reserved: "allow" as const })
})

const definitionOf = (event: Read, known: EventDefinition | undefined): EventDefinition => {
  const { version } = event
  const said: VersionDefinition = { ...documentedOf(event), properties: event.fields }
  if (!event.isVersioned || version === undefined) return { ...said, ...(version !== undefined && { version }) }
  return {
    versions: { ...known?.versions, [version]: said },
    ...(event.isLatest ? { latest: version } : known?.latest !== undefined && { latest: known.latest })
  }
}

const readEvent = (document: JsonSchema, losses: Array<Loss>): ReadPlan => {
  const { properties, title } = document
  const members = isObject(properties) ? properties : {}
  const type = constantOf(members["type"])
  const isWhole = isType(type)
  const kind = isWhole ? type : "track"
  const key = nameKeys[kind]
  const name = isWhole ? (key === undefined ? undefined : constantOf(members[key])) : title
  if (key !== undefined && (typeof name !== "string" || name.trim() === "")) {
    return refuse(isWhole ? `properties.${key}` : "title", "Expected the name of the event")
  }
  const path = [kind, ...(typeof name === "string" ? [name] : []), placeOf(kind)]
  const schema = isWhole ? (members[placeOf(kind)] ?? { type: "object" }) : document
  const { title: _, ...own } = isObject(schema) ? schema : {}
  const read = fieldsOf(kind, isObject(schema) ? own : schema, path, document)
  losses.push(...read.losses)
  if (isWhole) {
    const told = ["type", key, placeOf(kind)]
    const others = Object.keys(members).filter((member) => !told.includes(member))
    losses.push(
      ...others.map((member) => ({ path: formatPath([...path.slice(0, -1), member]), reason: "it is left out" }))
    )
  }
  const { fields, additionalProperties } = read
  const description =
    read.description ?? (typeof document["description"] === "string" ? document["description"] : undefined)
  const event: Read = {
    plan: typeof title === "string" && title.trim() !== "" ? title : "Plan",
    type: kind,
    ...(typeof name === "string" && { name }),
    ...(additionalProperties !== undefined && { additionalProperties }),
    description,
    fields
  }
  return { plan: make({ name: event.plan, ...kindsOf([event]) }), losses }
}

const isType = Schema.is(PlannedTypes)

const constantOf = (schema: unknown): unknown => {
  if (!isObject(schema)) return undefined
  const { const: constant, enum: values } = schema
  return constant ?? (Array.isArray(values) && values.length === 1 ? values[0] : undefined)
}
