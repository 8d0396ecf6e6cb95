import { contractOf, nameKeys, placeOf } from "./contract.ts"
import { examplesOf } from "./example.ts"
import { jsonSchemaOf, type WrittenSchema } from "./jsonSchema.ts"
import { codeName, inline, inlineName, jsonBlock } from "./markdownText.ts"
import type { Plan, PlannedEvent, PlannedType } from "./model.ts"
import { descriptionOf, rowsOf, wordsOf } from "./typeWords.ts"

/**
 * A plan as a page to read, in Markdown: what there is, by kind; and of each event what it says about itself, its properties
 * with their types in words, and a message that is right by the plan, where one is found.
 *
 * **Example** (A page for the team)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 * import * as Schema from "effect/Schema"
 *
 * const shop = Plan.make({ name: "Shop", track: { "Order Completed": { properties: { total: Schema.Finite } } } })
 * const page = Plan.toMarkdown(shop)
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const toMarkdown = (plan: Plan): string => {
  const chapters = kinds.flatMap(({ type, title }) => {
    const things = thingsOf(plan, type)
    return things.length === 0 ? [] : [{ type, title, things }]
  })
  const contents = chapters.flatMap(({ type, title, things }) =>
    isNamed(type)
      ? [`- ${title}`, ...things.map(({ name, anchor, latest }) => `  - [${name}](#${anchor})${summaryOf(latest)}`)]
      : things.map(({ name, anchor, latest }) => `- [${name}](#${anchor})${summaryOf(latest)}`)
  )
  const parts = [
    `# ${inlineName(plan.name)}`,
    ...paragraph(plan.description),
    ...(contents.length > 0 ? [contents.join("\n")] : ["There is nothing in it yet."]),
    ...chapters.flatMap(({ type, title, things }) => [
      ...(isNamed(type) ? [`## ${title}`] : []),
      ...things.flatMap((thing) => describe(thing, isNamed(type) ? "###" : "##"))
    ])
  ]
  return `${parts.join("\n\n")}\n`
}

const kinds: ReadonlyArray<{ readonly type: PlannedType; readonly title: string }> = [
  { type: "track", title: "Events" },
  { type: "identify", title: "People" },
  { type: "group", title: "Groups" },
  { type: "page", title: "Pages" },
  { type: "screen", title: "Screens" }
]

const isNamed = (type: PlannedType): boolean => nameKeys[type] !== undefined

/** An event in all its versions, a page or a screen; or the traits of people, or of groups. */
interface Thing {
  readonly name: string
  readonly anchor: string
  readonly latest: PlannedEvent
  /** The newest first. */
  readonly versions: ReadonlyArray<PlannedEvent>
}

const thingsOf = ({ events }: Plan, type: PlannedType): ReadonlyArray<Thing> => {
  const versions = new Map<string | undefined, ReadonlyArray<PlannedEvent>>()
  for (const event of events) {
    if (event.type === type) versions.set(event.name, [...(versions.get(event.name) ?? []), event])
  }
  return [...versions].flatMap(([name, all], index) => {
    const newestFirst = all.toSorted((a, b) => Number(b.isLatest) - Number(a.isLatest))
    const [latest] = newestFirst
    if (latest === undefined) return []
    const title = name === undefined ? (type === "identify" ? "People" : "Groups") : inlineName(name)
    return [{ name: title, anchor: anchorOf(type, name, index), latest, versions: newestFirst }]
  })
}

/** The number makes it the only one: names may differ in signs alone. */
const anchorOf = (type: PlannedType, name: string | undefined, index: number): string => {
  const words =
    (name ?? "")
      .slice(0, 60)
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  return [type, ...(name === undefined ? [] : [index + 1]), ...words].join("-")
}

const summaryOf = ({ deprecated }: PlannedEvent): string => (deprecated === undefined ? "" : " (deprecated)")

const paragraph = (text: string | undefined): ReadonlyArray<string> => {
  const shown = inline(text ?? "")
  return shown === "" ? [] : [shown]
}

const describe = ({ name, anchor, versions }: Thing, heading: string): ReadonlyArray<string> => [
  `<a id="${anchor}"></a>`,
  `${heading} ${name}`,
  ...versions.flatMap((event) => [
    ...(event.isVersioned
      ? [`${heading}# Version ${inlineName(event.version ?? "")}${event.isLatest ? " (newest)" : ""}`]
      : []),
    ...describeEvent(event)
  ])
]

const describeEvent = (event: PlannedEvent): ReadonlyArray<string> => {
  const written = jsonSchemaOf(event)
  return [
    ...(event.deprecated === undefined ? [] : [`> **Deprecated.** ${inline(event.deprecated)}`]),
    ...paragraph(event.description),
    ...factsOf(event),
    ...tableOf(event, written),
    ...exampleMessageOf(event, written)
  ]
}

const factsOf = ({ version, isVersioned, owner, tags }: PlannedEvent): ReadonlyArray<string> => {
  const facts = [
    ...(version === undefined || isVersioned ? [] : [`Version ${inlineName(version)}`]),
    ...(owner === undefined ? [] : [`Owner: ${inline(owner)}`]),
    ...(tags.length === 0 ? [] : [`Tags: ${tags.map(codeName).join(", ")}`])
  ]
  return facts.length === 0 ? [] : [facts.join(" · ")]
}

const tableOf = (event: PlannedEvent, { schema, definitions }: WrittenSchema): ReadonlyArray<string> => {
  const [thing, things] = placeOf(event.type) === "traits" ? ["Trait", "traits"] : ["Property", "properties"]
  const rows = rowsOf(schema, definitions).map(({ name, schema, isRequired }) => {
    const description = inline(descriptionOf(schema, definitions) ?? "")
    const cells = [codeName(name), wordsOf(schema, definitions), isRequired ? "yes" : "", description]
    return `| ${cells.join(" | ")} |`
  })
  const table = [`| ${thing} | Type | Required | Description |`, "| --- | --- | --- | --- |", ...rows].join("\n")
  const others = {
    allow: `Other ${things} are allowed.`,
    report: `Other ${things} are reported.`,
    fail: `No other ${things} are allowed.`
  }
  return [
    rows.length === 0 ? `It has no ${things} of its own.` : table,
    ...(event.additionalProperties === undefined ? [] : [others[event.additionalProperties]])
  ]
}

/** Only one that the plan allows. */
const exampleMessageOf = (event: PlannedEvent, { schema, definitions }: WrittenSchema): ReadonlyArray<string> => {
  const said = examplesOf(schema, definitions).find(
    (value) => contractOf(event).check(value, "fail")._tag === "Success"
  )
  if (said === undefined) return []
  const { type, name, version, isVersioned } = event
  const key = nameKeys[type]
  const message = {
    type,
    userId: "019mr8mf4r",
    ...(type === "group" && { groupId: "acme" }),
    ...(key !== undefined && { [key]: name }),
    [placeOf(type)]: said,
    ...(isVersioned && { context: { protocols: { event_version: Number(version) || version } } })
  }
  return [jsonBlock(message)]
}
