/** The documents of Rudder CLI, of both of its generations: `rudder/v1`, and `rudder/0.1` (or `rudder/v0.1`). */
import * as JsonPointer from "effect/JsonPointer"
import type { AnyRecord } from "../message/open.ts"
import { isRecord } from "../message/wire.ts"
import { assemble, type Rule } from "./assemble.ts"
import { withOptional } from "./conditions.ts"
import type { Place } from "./document.ts"
import type { ReadPlan } from "./fromJsonSchema.ts"
import { keywords, underscored } from "./rudderFiles.ts"

/** Throws `InvalidPlan` where what is named is not there. */
export const readFiles = (whole: Place): ReadPlan => {
  const catalog = new Catalog(whole.isList ? whole.list : [whole])
  const spec = catalog.planOf(whole)
  whole.reading.name = spec.at("display_name").textOrNone ?? spec.at("id").textOrNone ?? "RudderStack"
  spec.loseOthers(["id", "display_name", "description", "rules"])
  const rules = spec.at("rules").list.flatMap((rule) => catalog.rulesOf(rule))
  return assemble(whole.reading, spec.at("description").textOrNone, rules)
}

/** What a document of a kind has in its `spec`. */
const lists = {
  events: "events",
  properties: "properties",
  "custom-types": "types",
  categories: "categories"
} as const

type Kind = keyof typeof lists

const kinds = ["events", "properties", "custom-types", "categories"] as const satisfies ReadonlyArray<Kind>

/** How each is named: `#event:signup`, and before that `#/events/group/signup`, of which the group says nothing. */
const references: Readonly<Record<Kind, RegExp>> = {
  events: /^#(?:\/events\/[^/]+\/|event:)(.+)$/,
  properties: /^#(?:\/properties\/[^/]+\/|property:)(.+)$/,
  "custom-types": /^#(?:\/custom-types\/[^/]+\/|custom-type:)(.+)$/,
  categories: /^#(?:\/categories\/[^/]+\/|category:)(.+)$/
}

const included = /^#\/tp\/([^/]+)\/event_rule\/([^/]+)$/

const primitives = ["string", "number", "integer", "boolean", "null", "array", "object"] as const

/** What the documents have, by kind and id. */
class Catalog {
  readonly #plans: Array<Place> = []
  readonly #entries = new Map<string, Place>()
  /** The schemas of custom types by their names. */
  readonly #types = new Map<string, AnyRecord>()

  constructor(documents: ReadonlyArray<Place>) {
    for (const document of documents) {
      document.loseOthers(["version", "kind", "metadata", "spec"])
      document.at("version").oneOf(["rudder/v1", "rudder/0.1", "rudder/v0.1"])
      const spec = document.at("spec")
      const kind = document.at("kind").oneOf([...kinds, "tracking-plan", "tp"])
      if (kind === "tracking-plan" || kind === "tp") this.#plans.push(spec)
      else this.#add(kind, spec)
    }
  }

  #add(kind: Kind, spec: Place): void {
    spec.loseOthers([lists[kind]])
    for (const entry of spec.at(lists[kind]).list) {
      const key = `${kind}:${entry.at("id").text}`
      if (this.#entries.has(key)) entry.at("id").refuse("Expected another id: it is there already")
      this.#entries.set(key, entry)
    }
  }

  /** The only plan that is not there to be included in another. */
  planOf(whole: Place): Place {
    const includes = new Set(this.#plans.flatMap((spec) => spec.at("rules").list.map((rule) => includeOf(rule)?.plan)))
    const plans = this.#plans.filter((spec) => !includes.has(spec.at("id").text))
    const [plan, ...others] = plans
    if (plan === undefined || others.length > 0)
      whole.refuse(`Expected one tracking plan, and there are ${plans.length}`)
    return plan
  }

  /** A rule is of one event, or includes those of another plan. */
  rulesOf(rule: Place): ReadonlyArray<Rule> {
    const include = includeOf(rule)
    if (include === undefined) return [this.#ruleOf(rule)]
    const other = this.#plans.find((spec) => spec.at("id").value === include.plan)
    if (other === undefined) return rule.at("includes").refuse("Expected what it names, among the documents")
    return other
      .at("rules")
      .list.filter((rule) => rule.at("event").isThere && (include.rule === "*" || rule.at("id").value === include.rule))
      .map((rule) => this.#ruleOf(rule))
  }

  #ruleOf(rule: Place): Rule {
    rule.loseOthers(ruleKeys)
    if (rule.at("type").isThere) rule.at("type").oneOf(["event_rule"])
    // The older generation says of the event what the newer one says of the rule.
    const isOld = isRecord(rule.at("event").value)
    if (isOld) rule.at("event").loseOthers(["$ref", "allow_unplanned", "identity_section"])
    const section = isOld ? rule.at("event").at("identity_section") : rule.at("identity_section")
    if (section.textOrNone !== undefined) section.oneOf(["properties", "traits", "context.traits"])
    const event = this.#find("events", isOld ? rule.at("event").at("$ref") : rule.at("event"))
    event.loseOthers(["id", "name", "event_type", "description", "category"])
    const isOpen = isOld
      ? rule.at("event").at("allow_unplanned").isTrue
      : rule.at("additional_properties").isTrue || rule.at("additionalProperties").isTrue
    const schema = { ...this.#objectOf(rule), additionalProperties: isOpen }
    return {
      place: rule,
      type: event.at("event_type").oneOf(types),
      name: event.at("name").textOrNone,
      version: undefined,
      description: event.at("description").textOrNone,
      tags: this.#tagsOf(event.at("category")),
      body: { schema: rule.with(schema), root: rule.with({ $defs: Object.fromEntries(this.#types) }) }
    }
  }

  #tagsOf(category: Place): ReadonlyArray<string> {
    if (!category.isThere) return []
    const found = this.#look("categories", category)
    if (found === undefined) category.lose("what the category is called is not among the documents")
    return found === undefined ? [] : [found.at("name").text]
  }

  /** Of the properties that are listed, and of those of all cases. */
  #objectOf(said: Place): ObjectSchema {
    const listed = this.#membersOf(said.at("properties"))
    const variants = said.at("variants").list
    if (variants.length > 0) said.at("variants").lose("a plan has no cases: what one of them asks for is optional")
    const cases = variants.flatMap((variant) => {
      const rest = variant.at("default")
      const places = variant.at("cases").list.map((one) => one.at("properties"))
      return [...places, rest.isList ? rest : rest.at("properties")].flatMap((list) => this.#membersOf(list))
    })
    const required = listed.filter(({ isRequired }) => isRequired).map(({ name }) => name)
    return {
      type: "object",
      properties: withOptional(Object.fromEntries(listed.map(entryOf)), cases.map(entryOf)),
      ...(required.length > 0 && { required })
    }
  }

  #membersOf(list: Place): ReadonlyArray<Member> {
    return list.list.map((entry) => {
      entry.loseOthers(entryKeys)
      const property = this.#find("properties", entry.at("property").isThere ? entry.at("property") : entry.at("$ref"))
      const schema = this.#nest(this.#schemaOf(property), entry)
      return { name: property.at("name").text, schema, isRequired: entry.at("required").isTrue }
    })
  }

  /** What a rule says of the members of an object, or of those in an array. */
  #nest(schema: AnyRecord, entry: Place): AnyRecord {
    const rest = entry.at("additional_properties").isThere
      ? entry.at("additional_properties")
      : entry.at("additionalProperties")
    if (!entry.at("properties").isThere && !rest.isThere) return schema
    const { type: _, ...listed } = this.#objectOf(entry)
    const asked = { ...listed, ...(rest.isThere && { additionalProperties: rest.isTrue }) }
    const { type, items } = schema
    const kinds = Array.isArray(type) ? type : [type]
    return kinds.includes("array") && !kinds.includes("object")
      ? { ...schema, items: { ...(isRecord(items) ? items : {}), ...asked } }
      : { ...schema, ...asked }
  }

  /** Of a property or a custom type. */
  #schemaOf(said: Place): AnyRecord {
    said.loseOthers(schemaKeys)
    const description = said.at("description").textOrNone
    const config = said.at("config").isThere ? said.at("config") : said.at("propConfig")
    const items = [said.at("item_type"), said.at("item_types"), config.at("item_types"), config.at("itemTypes")]
    const itemTypes = items.flatMap((place) => this.#typesAt(place))
    return {
      ...(description !== undefined && { description }),
      ...typeOf([...this.#typesAt(said.at("type")), ...this.#typesAt(said.at("types"))]),
      ...(itemTypes.length > 0 && { items: typeOf(itemTypes) }),
      ...configOf(config)
    }
  }

  /** Types by name, or texts of several: each a schema. */
  #typesAt(place: Place): ReadonlyArray<AnyRecord> {
    if (place.isList) return place.list.flatMap((item) => this.#typesAt(item))
    return (place.textOrNone ?? "")
      .split(",")
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .map((text) =>
        references["custom-types"].test(text)
          ? { $ref: this.#typeNamed(place.with(text)) }
          : { type: place.with(text).oneOf(primitives) }
      )
  }

  #typeNamed(reference: Place): string {
    const type = this.#find("custom-types", reference)
    const name = type.at("name").textOrNone ?? type.at("id").text
    if (!this.#types.has(name)) {
      // It may be in itself.
      this.#types.set(name, {})
      const isObject = type.at("properties").isThere || type.at("variants").isThere
      this.#types.set(name, { ...this.#schemaOf(type), ...(isObject && this.#objectOf(type)) })
    }
    return JsonPointer.formatUriFragment(["$defs", name])
  }

  #find(kind: Kind, reference: Place): Place {
    return this.#look(kind, reference) ?? reference.refuse("Expected what it names, among the documents")
  }

  #look(kind: Kind, reference: Place): Place | undefined {
    const id = references[kind].exec(reference.text)?.[1]
    return this.#entries.get(`${kind}:${id}`)
  }
}

interface ObjectSchema {
  readonly type: "object"
  readonly properties: AnyRecord
  readonly required?: ReadonlyArray<string>
}

interface Member {
  readonly name: string
  readonly schema: AnyRecord
  readonly isRequired: boolean
}

const entryOf = ({ name, schema }: Member) => [name, schema] as const

const types = ["track", "identify", "group", "page", "screen"] as const

const ruleKeys = [
  "type",
  "id",
  "event",
  "properties",
  "includes",
  "variants",
  "identity_section",
  "additional_properties",
  "additionalProperties"
]

const entryKeys = ["$ref", "property", "required", "properties", "additional_properties", "additionalProperties"]

const schemaKeys = [
  "id",
  "name",
  "description",
  "type",
  "types",
  "item_type",
  "item_types",
  "config",
  "propConfig",
  "properties",
  "variants"
]

const includeOf = (rule: Place): { readonly plan: string; readonly rule: string } | undefined => {
  const include = rule.at("includes")
  if (!include.isThere || rule.at("event").isThere) return undefined
  const [, plan, name] = included.exec(include.at("$ref").text) ?? []
  return plan === undefined || name === undefined
    ? include.refuse("Expected rules of another plan")
    : { plan, rule: name }
}

const typeOf = (types: ReadonlyArray<AnyRecord>): AnyRecord => {
  const [only, ...others] = types
  if (only === undefined) return {}
  if (others.length === 0) return only
  const names = types.map(({ type }) => type)
  return names.includes(undefined) ? { anyOf: types } : { type: names }
}

/** The older generation writes the keywords of JSON Schema, and the newer one writes them with underscores. */
const configOf = (config: Place): AnyRecord =>
  Object.fromEntries(
    config.entries.flatMap(([key, place]) => {
      if (key === "item_types" || key === "itemTypes") return []
      const keyword = keywords.find((keyword) => key === keyword || key === underscored(keyword))
      if (keyword === undefined) place.lose("JSON Schema has no such keyword")
      return keyword === undefined ? [] : [[keyword, place.value]]
    })
  )
