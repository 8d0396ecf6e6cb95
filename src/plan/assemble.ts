/** From the rules of another format to a plan. */
import { isSemanticName } from "../message/semanticNames.ts"
import type { Definition, EventDefinition, VersionDefinition } from "./definition.ts"
import type { Place, Reading } from "./document.ts"
import type { ReadPlan } from "./fromJsonSchema.ts"
import { make } from "./make.ts"
import { type Body, fieldsAt } from "./messageSchema.ts"
import type { PlannedType } from "./model.ts"

/** What a format says of one version of an event, or of traits. */
export interface Rule {
  /** Where it says so. */
  readonly place: Place
  readonly type: PlannedType
  readonly name: string | undefined
  readonly version: number | string | undefined
  readonly description: string | undefined
  readonly owner?: string | undefined
  readonly tags?: ReadonlyArray<string>
  readonly deprecated?: string | undefined
  readonly body: Body
}

/** Throws `InvalidPlan` where one rule contradicts another. */
export const assemble = (
  { name, losses }: Reading,
  description: string | undefined,
  rules: ReadonlyArray<Rule>
): ReadPlan => {
  const held = rules.filter(isHeld)
  const definition: Definition = {
    name,
    ...(description !== undefined && { description }),
    ...eventsOf("track", held),
    ...traitsOf("identify", held),
    ...traitsOf("group", held),
    ...eventsOf("page", held),
    ...eventsOf("screen", held)
  }
  return { plan: make(definition), losses }
}

/** Whether a plan may have it; if not, that is told. */
const isHeld = ({ type, name, place }: Rule): boolean => {
  if (type === "identify" || type === "group") return true
  if (name === undefined || name.trim() === "") {
    place.lose(`a plan has each ${type === "track" ? "event" : type} by its name, and this has none`)
    return false
  }
  if (type === "track" && isSemanticName(name)) {
    place.lose("Customer.io reads this event specially: SemanticEvents says it")
    return false
  }
  return true
}

const eventsOf = (type: "track" | "page" | "screen", rules: ReadonlyArray<Rule>) => {
  const versions = new Map<string, ReadonlyArray<Rule>>()
  for (const rule of rules) {
    if (rule.type === type && rule.name !== undefined)
      versions.set(rule.name, [...(versions.get(rule.name) ?? []), rule])
  }
  if (versions.size === 0) return {}
  return { [type]: Object.fromEntries([...versions].map(([name, rules]) => [name, eventOf(rules)])) }
}

const eventOf = (rules: ReadonlyArray<Rule>): EventDefinition => {
  const [only, ...others] = rules
  if (only !== undefined && others.length === 0)
    return { ...versionOf(only), ...(only.version !== undefined && { version: only.version }) }
  const versions = new Map<string, VersionDefinition>()
  for (const rule of rules) {
    const version = String(rule.version ?? "")
    if (version === "") rule.place.refuse("Expected a version, since there is another rule of this name")
    if (versions.has(version)) rule.place.refuse("Expected another name or version: there is such a rule already")
    versions.set(version, versionOf(rule))
  }
  const names = [...versions.keys()]
  const needsLatest = !names.every((version) => /^[1-9]\d?$/.test(version))
  return { versions: Object.fromEntries(versions), ...(needsLatest && { latest: newestOf(names) }) }
}

/** By the numbers in them: 10 comes after 9. */
const newestOf = (versions: ReadonlyArray<string>): string =>
  versions.reduce((newest, version) => (compare.compare(version, newest) > 0 ? version : newest))

const compare = new Intl.Collator("en", { numeric: true })

const versionOf = (rule: Rule): VersionDefinition => {
  const { fields, additionalProperties } = fieldsAt(rule.type, rule.body)
  return {
    ...documentedOf(rule),
    ...(additionalProperties !== undefined && { additionalProperties }),
    ...(Object.keys(fields).length > 0 && { properties: fields })
  }
}

const traitsOf = (type: "identify" | "group", rules: ReadonlyArray<Rule>) => {
  const ours = rules.filter((rule) => rule.type === type)
  const newest = ours.reduce<Rule | undefined>(
    (newest, rule) =>
      newest === undefined || compare.compare(String(rule.version), String(newest.version)) > 0 ? rule : newest,
    undefined
  )
  if (newest === undefined) return {}
  for (const rule of ours) if (rule !== newest) rule.place.lose("a plan has only one version of traits, the newest")
  const { fields, additionalProperties } = fieldsAt(newest.type, newest.body)
  const said = { ...documentedOf(newest), ...(additionalProperties !== undefined && { additionalProperties }) }
  return { [type]: { ...said, traits: fields } }
}

const documentedOf = ({ description, owner, tags = [], deprecated }: Rule) => ({
  ...(description !== undefined && { description }),
  ...(owner !== undefined && { owner }),
  ...(tags.length > 0 && { tags }),
  ...(deprecated !== undefined && { deprecated })
})
