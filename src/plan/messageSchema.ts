/**
 * The JSON Schema of a whole message, as Segment and RudderStack have it: what a plan is about is what is told with a call,
 * which stands in one section of the message.
 */
import * as JsonSchema from "effect/JsonSchema"
import { formatPath } from "../message/issue.ts"
import { isRecord } from "../message/wire.ts"
import { placeOf } from "./contract.ts"
import type { Place } from "./document.ts"
import { fieldsOf, type ReadFields } from "./fields.ts"
import { typesOf } from "./flat.ts"
import { jsonSchemaOf, pathOf } from "./jsonSchema.ts"
import type { Loss } from "./losses.ts"
import type { Plan, PlannedEvent, PlannedType } from "./model.ts"

/** Where in a message it stands. Customer.io reads traits in either place. */
export type Section = "properties" | "traits" | "context.traits"

/** What says nothing of a message, or is read elsewhere. */
const read = [
  "$comment",
  "$defs",
  "$id",
  "$schema",
  "definitions",
  "description",
  "eventMetadata",
  "id",
  "labels",
  "properties",
  "required",
  "title",
  "type"
]

/** The schema of what a plan is about, and that of the document which its references are to. */
export interface Body {
  readonly schema: Place
  readonly root: Place
}

/** What a body lists, and what it says of what it does not list; the rest is told as lost. */
export const fieldsAt = (
  type: PlannedType,
  { schema, root }: Body
): Pick<ReadFields, "fields" | "additionalProperties"> => {
  if (!schema.isThere || schema.value === true) return { fields: {}, additionalProperties: "allow" }
  const { fields, additionalProperties, losses } = fieldsOf(type, schema.record, [], root.value)
  for (const { path, reason } of losses) {
    const separator = path === "" || path.startsWith("[") ? "" : "."
    schema.reading.losses.push({ path: `${schema.path}${separator}${path}`, reason })
  }
  return { fields, additionalProperties }
}

/** A section of the schema of a message: nothing is there where nothing is said of it. The rest is told as lost. */
export const sectionOf = (message: Place, section: Section): Body => {
  if (section !== "context.traits") return { schema: memberOf(message, section), root: message }
  return { schema: memberOf(memberOf(message, "context"), "traits"), root: message }
}

const memberOf = (schema: Place, member: string): Place => {
  loseRest(schema, [member])
  return schema.at("properties").at(member)
}

/** Tells what the schema of a message says of more than some members of it. */
export const loseRest = (schema: Place, members: ReadonlyArray<string>): void => {
  const properties = schema.at("properties")
  schema.loseOthers(read)
  if (schema.at("type").isThere && !typesOf(schema.record).includes("object"))
    schema.at("type").lose("a message is an object")
  for (const [name, place] of properties.entries) {
    if (!members.includes(name) && saysSomething(place.value)) place.lose(reason)
  }
  for (const name of schema.at("required").list) {
    const isTold = saysSomething(properties.at(name.text).value)
    if (!members.includes(name.text) && !isTold) name.lose(reason)
  }
}

const reason = "a plan says nothing of this part of a message"

/** Whether a schema asks for more than an object. */
export const saysSomething = (schema: unknown): boolean => {
  if (schema === undefined || schema === true) return false
  return !isRecord(schema) || Object.entries(schema).some(([key, value]) => !saysNothing(key, value))
}

const saysNothing = (key: string, value: unknown): boolean => {
  switch (key) {
    case "type":
      return value === "object"
    case "properties":
      return isRecord(value) && Object.keys(value).length === 0
    case "required":
      return Array.isArray(value) && value.length === 0
    case "additionalProperties":
    case "unevaluatedProperties":
      return value === true
    default:
      return key === "$id" || key === "id" || key === "description" || key === "title"
  }
}

/** The schema of the messages of an event, in draft-07. */
export interface MessageSchema {
  readonly $schema: string
  readonly type: "object"
  readonly description?: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly required?: ReadonlyArray<string>
  readonly definitions?: Readonly<Record<string, unknown>>
}

/** The schema of the messages of an event, in draft-07, as both write it; adds what it cannot hold. */
export const messageSchemaOf = (event: PlannedEvent, losses: Array<Loss>): MessageSchema => {
  const section = placeOf(event.type)
  const { schema: written, definitions: named, losses: lost } = jsonSchemaOf(event)
  losses.push(...lost)
  const { description: _, ...said } = written
  const { schema, definitions } = JsonSchema.toDocumentDraft07({
    dialect: "draft-2020-12",
    schema: said,
    definitions: named
  })
  return {
    $schema: JsonSchema.META_SCHEMA_URI_DRAFT_07,
    type: "object",
    ...(event.description !== undefined && { description: event.description }),
    properties: { [section]: schema },
    ...(said["required"] !== undefined && { required: [section] }),
    ...(Object.keys(definitions).length > 0 && { definitions })
  }
}

/** What a plan says of calls, which a format that only describes them has no place for. */
export const lossesOfCalls = ({ onViolation, annotate, events }: Plan, format: string): Array<Loss> => [
  ...(onViolation === "report"
    ? [{ path: "onViolation", reason: `${format} does not hold what becomes of a violation` }]
    : []),
  ...(annotate ? [{ path: "annotate", reason: `${format} does not hold it` }] : []),
  ...events.flatMap((event) => [
    ...(event.additionalProperties === "report"
      ? [
          {
            path: placeOfEvent(event, "additionalProperties"),
            reason: `${format} only allows or forbids them: they are allowed`
          }
        ]
      : []),
    ...(event.allowsReserved
      ? [{ path: placeOfEvent(event, "reserved"), reason: `${format} knows no reserved names: they are listed` }]
      : [])
  ])
]

/** Where something stands that an event says of itself. */
export const placeOfEvent = (event: PlannedEvent, key: string): string =>
  formatPath([...pathOf(event).slice(0, -1), key])
