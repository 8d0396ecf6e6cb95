import * as JsonPointer from "effect/JsonPointer"
import { nameKeys, placeOf } from "./contract.ts"
import { type JsonSchema, jsonSchemaOf, newName } from "./jsonSchema.ts"
import type { Loss } from "./losses.ts"
import type { Plan, PlannedEvent } from "./model.ts"
import { reservedFields } from "./reserved.ts"

/**
 * A plan in JSON Schema, and what JSON Schema cannot hold of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface JsonSchemaPlan {
  /** A document of draft 2020-12, which is JSON. */
  readonly plan: JsonSchema
  /** What JSON Schema has no place for, each by its place in the plan. */
  readonly losses: ReadonlyArray<Loss>
}

/** What a plan says that JSON Schema has no keyword for. */
export const planKeyword = "x-cdp-analytics-plan"

/** What an event says that JSON Schema has no keyword for. */
export const eventKeyword = "x-cdp-analytics-event"

/**
 * A plan as one document of JSON Schema (draft 2020-12), against which a whole message is valid if it is one of the plan: of
 * each event, of each version of it, is in `$defs` what its `properties` or `traits` are in JSON. What JSON Schema has no
 * keyword for, such as versions and owners, is under `x-cdp-analytics-plan` and `x-cdp-analytics-event`, so that
 * `Plan.fromJsonSchema` reads all of it back. What it cannot hold, such as filters of your own, is listed in `losses`.
 *
 * **Example** (A schema for other languages)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 * import * as Schema from "effect/Schema"
 *
 * const shop = Plan.make({ name: "Shop", track: { "Order Completed": { properties: { total: Schema.Finite } } } })
 * const { plan, losses } = Plan.toJsonSchema(shop)
 * const text = JSON.stringify(plan, null, 2)
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const toJsonSchema = (plan: Plan): JsonSchemaPlan => {
  const losses: Array<Loss> = []
  const definitions = new Map<string, JsonSchema>()
  const messages: Array<JsonSchema> = []
  for (const event of plan.events) {
    const key = newName(keyOf(event), definitions)
    const written = jsonSchemaOf(event, ["$defs", key, "$defs"])
    losses.push(...written.losses)
    definitions.set(key, definitionOf(event, written.schema, written.definitions))
    messages.push(messageOf(event, JsonPointer.formatUriFragment(["$defs", key]), written.schema))
  }
  const { name, description, onViolation, annotate, types } = plan
  const document: JsonSchema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: name,
    ...(description !== undefined && { description }),
    [planKeyword]: { name, types: [...types], onViolation, annotate },
    ...(messages.length === 0 ? { not: {} } : { anyOf: messages }),
    $defs: Object.fromEntries(definitions)
  }
  return { plan: document, losses }
}

/** One for each event and version, whatever their names are. */
const keyOf = ({ type, name, version, isVersioned }: PlannedEvent): string =>
  [type, ...(name === undefined ? [] : [name]), ...(isVersioned && version !== undefined ? [version] : [])]
    .map(JsonPointer.escapeToken)
    .join("/")

const definitionOf = (
  event: PlannedEvent,
  { type, description, ...schema }: JsonSchema,
  definitions: Readonly<Record<string, JsonSchema>>
): JsonSchema => {
  const { plan, name, version, isVersioned, isLatest, owner, tags, deprecated, additionalProperties } = event
  return {
    type,
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && { deprecated: true }),
    [eventKeyword]: {
      plan,
      type: event.type,
      ...(name !== undefined && { name }),
      ...(version !== undefined && { version }),
      ...(isVersioned && { isVersioned, isLatest }),
      ...(owner !== undefined && { owner }),
      ...(tags.length > 0 && { tags }),
      ...(deprecated !== undefined && { deprecated }),
      ...(additionalProperties !== undefined && { additionalProperties }),
      ...(event.allowsReserved && {
        reserved: Object.keys(reservedFields[event.type]).filter((name) => !Object.hasOwn(event.fields, name))
      })
    },
    ...schema,
    ...(Object.keys(definitions).length > 0 && { $defs: definitions })
  }
}

/** A whole message of it. */
const messageOf = (event: PlannedEvent, $ref: string, { required }: JsonSchema): JsonSchema => {
  const { type, name } = event
  const key = nameKeys[type]
  const place = placeOf(type)
  const context = contextOf(event)
  return {
    type: "object",
    properties: {
      type: { const: type },
      ...(key !== undefined && { [key]: { const: name } }),
      [place]: { $ref },
      ...(context !== undefined && { context })
    },
    required: [
      "type",
      ...(key === undefined ? [] : [key]),
      ...(required === undefined ? [] : [place]),
      ...(context === undefined || event.isLatest ? [] : ["context"])
    ]
  }
}

/** It names its version, unless that is the newest. */
const contextOf = ({ isVersioned, isLatest, version }: PlannedEvent): JsonSchema | undefined => {
  if (!isVersioned || version === undefined) return undefined
  const number = Number(version)
  const within = (name: string, schema: JsonSchema): JsonSchema => ({
    type: "object",
    properties: { [name]: schema },
    ...(!isLatest && { required: [name] })
  })
  const names = String(number) === version ? [number, version] : [version]
  return within("protocols", within("event_version", { enum: names }))
}
