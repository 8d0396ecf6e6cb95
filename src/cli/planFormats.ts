/**
 * The formats of others that a plan is read from, and written in.
 */

import * as Effect from "effect/Effect"
import type * as Yaml from "yaml"
import type { AnyRecord } from "../message/open.ts"
import { own } from "../message/own.ts"
import { isRecord } from "../message/wire.ts"
import type { Loss } from "../plan/losses.ts"
import type { Plan } from "../plan/model.ts"
import * as Plans from "../plan/Plan.ts"

export const formats = ["json-schema", "segment", "rudderstack"] as const

export type Format = (typeof formats)[number]

export const outputs = [...formats, "rudderstack-v2", "rudderstack-cli", "markdown", "typescript"] as const

interface Read {
  readonly plan: Plan
  readonly losses: ReadonlyArray<Loss>
}

/** Throws `InvalidPlan`. */
export const readFormat: { readonly [F in Format]: (document: unknown) => Read } = {
  "json-schema": Plans.fromJsonSchema,
  segment: Plans.fromSegment,
  rudderstack: Plans.fromRudderStack
}

export interface Written {
  readonly text: string
  /** Of what is several files, each with its name; `text` has all of them. */
  readonly files?: ReadonlyArray<readonly [name: string, text: string]>
  readonly losses: ReadonlyArray<Loss>
}

type Write = (plan: Plan) => Effect.Effect<Written>

export const writeFormat: { readonly [F in (typeof outputs)[number]]: Write } = {
  "json-schema": (plan) => Effect.sync(() => asJson(Plans.toJsonSchema(plan))),
  segment: (plan) => Effect.sync(() => asJson(Plans.toSegment(plan))),
  rudderstack: (plan) => Effect.sync(() => asJson(Plans.toRudderStack(plan))),
  "rudderstack-v2": (plan) => Effect.sync(() => asJson(Plans.toRudderStack(plan, { form: "v2" }))),
  "rudderstack-cli": (plan) => Effect.map(loadYaml, ({ stringify }) => asFiles(plan, stringify)),
  markdown: (plan) => Effect.sync(() => asText(Plans.toMarkdown(plan))),
  typescript: (plan) => Effect.sync(() => asText(Plans.toTypeScript(plan)))
}

/** Few plans are YAML, and to load it takes a while. */
export const loadYaml: Effect.Effect<typeof Yaml> = Effect.promise(() => import("yaml"))

const asText = (text: string): Written => ({ text, losses: [] })

const asJson = ({ plan, losses }: { readonly plan: unknown; readonly losses: ReadonlyArray<Loss> }): Written => ({
  text: JSON.stringify(plan, null, 2),
  losses
})

const asFiles = (plan: Plan, stringify: (document: unknown) => string): Written => {
  const { plan: documents, losses } = Plans.toRudderStack(plan, { form: "cli" })
  const files = documents.map((document) => [`${document.kind}.yaml`, stringify(document)] as const)
  return { text: files.map(([, text]) => text).join("---\n"), files, losses }
}

/** By what a document looks like. */
export const guessFormat = (document: unknown): Format | undefined => {
  if (Array.isArray(document)) return "rudderstack"
  if (!isRecord(document)) return undefined
  const data = own(document, "data")
  const whole = isRecord(data) ? data : document
  const inner = own(whole, "trackingPlan") ?? own(whole, "tracking_plan")
  const plan = isRecord(inner) ? inner : whole
  const rules = own(plan, "rules") ?? own(whole, "rules")
  const isRudder = rudderKeys.some((key) => Object.hasOwn(plan, key)) || isRudderVersion(own(plan, "version"))
  // Segment's Config API has rules of the same shape.
  if (isRudder || eventsOf(rules).some((event) => Object.hasOwn(event, "eventType"))) return "rudderstack"
  if (rules !== undefined) return "segment"
  if (jsonSchemaKeys.some((key) => Object.hasOwn(plan, key))) return "json-schema"
  return undefined
}

const rudderKeys = ["creationType", "workspaceId", "events"]

const eventsOf = (rules: unknown): ReadonlyArray<AnyRecord> => {
  const events = isRecord(rules) ? own(rules, "events") : undefined
  return Array.isArray(events) ? events.filter(isRecord) : []
}

const isRudderVersion = (version: unknown): boolean => typeof version === "string" && version.startsWith("rudder/")

const jsonSchemaKeys = ["$schema", "$defs", "definitions", "properties", "oneOf", "anyOf"]
