/** The documents of Rudder CLI (`rudder/v1`), of a plan: a catalogue of its events and properties, and the plan itself. */

import { formatPath } from "../message/issue.ts"
import type { AnyRecord } from "../message/open.ts"
import { own } from "../message/own.ts"
import { placeOf } from "./contract.ts"
import { flatten, nameOf, reachedFrom, typesOf } from "./flat.ts"
import { isObject, type JsonSchema, jsonSchemaOf, pathOf } from "./jsonSchema.ts"
import type { Loss } from "./losses.ts"
import { placeOfEvent } from "./messageSchema.ts"
import type { Plan, PlannedEvent } from "./model.ts"
import { makeIds } from "./rudderIds.ts"

/**
 * A document of Rudder CLI: what one file of YAML has.
 *
 * @category models
 * @since 0.1.0
 */
export interface RudderFile {
  /** Of the form, and not of the plan. */
  readonly version: "rudder/v1"
  /** What the document lists. */
  readonly kind: "categories" | "custom-types" | "properties" | "events" | "tracking-plan"
  /** What the CLI knows the document by. */
  readonly metadata: { readonly name: string }
  /** What is listed, each with an id by which other documents name it. */
  readonly spec: object
}

/** Those of JSON Schema that the CLI takes in `config`. */
export const keywords = [
  "enum",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "format",
  "minItems",
  "maxItems",
  "uniqueItems"
]

/** As the newer generation writes a keyword. */
export const underscored = (keyword: string): string =>
  keyword.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const formats: ReadonlyArray<unknown> = ["date-time", "date", "time", "email", "uuid", "hostname", "ipv4", "ipv6"]

/** How deep properties may stand in one another there. */
const maxNesting = 3

type Path = ReadonlyArray<string>

/** A property in a rule, or in a custom type. */
interface Entry {
  readonly property: string
  readonly required: boolean
  readonly additional_properties?: boolean
  readonly properties?: ReadonlyArray<Entry>
}

/** What is said of a property once, and of its members wherever it is named. */
interface Property {
  readonly said: AnyRecord
  readonly members: JsonSchema | undefined
}

/** Where members are written: in a rule so many deep, or in a custom type of this name. */
type Within = number | string

export const filesOf = (
  plan: Plan,
  events: ReadonlyArray<PlannedEvent>,
  losses: Array<Loss>
): ReadonlyArray<RudderFile> => new Writer(losses).write(plan, events)

class Writer {
  readonly #losses: Array<Loss>
  readonly #ids = makeIds()
  readonly #categories = new Map<string, AnyRecord>()
  readonly #types = new Map<string, AnyRecord>()
  readonly #properties = new Map<string, AnyRecord>()
  readonly #events: Array<AnyRecord> = []
  #definitions: Readonly<Record<string, JsonSchema>> = {}

  constructor(losses: Array<Loss>) {
    this.#losses = losses
  }

  write(plan: Plan, events: ReadonlyArray<PlannedEvent>): ReadonlyArray<RudderFile> {
    const rules = events.flatMap((event) => this.#rulesOf(event))
    const id = this.#ids.next("tracking-plan", plan.name)
    const file = (kind: RudderFile["kind"], spec: AnyRecord): RudderFile => ({
      version: "rudder/v1",
      kind,
      metadata: { name: id },
      spec
    })
    const lists = [
      file("categories", { categories: [...this.#categories.values()] }),
      file("custom-types", { types: [...this.#types.values()] }),
      file("properties", { properties: [...this.#properties.values()] }),
      file("events", { events: this.#events })
    ]
    const described = plan.description === undefined ? {} : { description: plan.description }
    return [
      ...lists.filter(({ spec }) => Object.values(spec).some((list) => Array.isArray(list) && list.length > 0)),
      file("tracking-plan", { id, display_name: plan.name, ...described, rules })
    ]
  }

  #rulesOf(event: PlannedEvent): ReadonlyArray<AnyRecord> {
    const { type, name, description } = event
    const path = pathOf(event)
    if (type === "page" || type === "screen") {
      this.#lose(path.slice(0, -1), `Rudder CLI has ${type}s without names only: it is left out`)
      return []
    }
    const { schema, definitions, losses } = jsonSchemaOf(event)
    this.#losses.push(...losses)
    this.#definitions = definitions
    const id = this.#ids.next("event", name ?? type)
    this.#events.push({
      id,
      ...(name !== undefined && { name }),
      event_type: type,
      ...(description !== undefined && { description }),
      ...this.#categoryOf(event)
    })
    const properties = this.#entriesOf(schema, path, 0)
    return [
      {
        type: "event_rule",
        id: `${id}_rule`,
        event: `#event:${id}`,
        ...(type !== "track" && { identity_section: placeOf(type) }),
        additional_properties: schema["additionalProperties"] !== false,
        ...(properties.length > 0 && { properties })
      }
    ]
  }

  /** There is one of an event. */
  #categoryOf(event: PlannedEvent): AnyRecord {
    const [tag, ...others] = event.tags
    if (others.length > 0)
      this.#losses.push({ path: placeOfEvent(event, "tags"), reason: "an event has one category there: the first" })
    if (tag === undefined) return {}
    const category = keyed(this.#categories, tag, () => ({ id: this.#ids.next("category", tag), name: tag }))
    return { category: `#category:${category["id"]}` }
  }

  #entriesOf({ properties, required }: JsonSchema, path: Path, within: Within): ReadonlyArray<Entry> {
    const names: ReadonlyArray<unknown> = Array.isArray(required) ? required : []
    const members = isObject(properties) ? Object.entries(properties) : []
    return members.map(([name, schema]) =>
      this.#entryOf(name, isObject(schema) ? schema : {}, names.includes(name), [...path, name], within)
    )
  }

  #entryOf(name: string, schema: JsonSchema, required: boolean, path: Path, within: Within): Entry {
    const { said, members } = this.#propertyOf(schema, path, within)
    const text = JSON.stringify([name, said])
    const property = keyed(this.#properties, text, () => ({ id: this.#ids.next("property", name), name, ...said }))
    return {
      property: `#property:${property["id"]}`,
      required,
      ...(members !== undefined && typeof within === "number" && this.#nested(members, path, within))
    }
  }

  #nested(members: JsonSchema, path: Path, depth: number): Pick<Entry, "properties" | "additional_properties"> {
    if (depth === maxNesting) {
      this.#lose(path, `properties are nested ${maxNesting} deep there, and no deeper`)
      return {}
    }
    const { additionalProperties } = members
    if (isObject(additionalProperties)) this.#lose(path, "any other properties are allowed there")
    return {
      ...(additionalProperties !== undefined && { additional_properties: additionalProperties !== false }),
      properties: this.#entriesOf(members, path, depth + 1)
    }
  }

  #propertyOf(schema: JsonSchema, path: Path, within: Within): Property {
    const { description, items, ...typed } = this.#flat(schema, path)
    const own = this.#typed(typed, path, within)
    const ofItems = items === undefined ? nothing : this.#itemsOf(items, [...path, "[]"], within)
    const { properties: _, required: __, additionalProperties: ___, type: ____, $ref: _____, ...asked } = typed
    const config = this.#configOf(asked, path)
    const [type, ...types] = own.types
    const [itemType, ...itemTypes] = ofItems.types
    return {
      said: {
        ...(typeof description === "string" && description !== "" && { description }),
        ...(types.length > 0 ? { types: own.types } : type !== undefined && { type }),
        ...(itemTypes.length > 0 ? { item_types: ofItems.types } : itemType !== undefined && { item_type: itemType }),
        ...(Object.keys(config).length > 0 && { config })
      },
      members: own.members ?? ofItems.members
    }
  }

  /** What is said of items is their type, and the members of those that are objects. */
  #itemsOf(items: unknown, path: Path, within: Within): Typed {
    if (items === true) return nothing
    if (!isObject(items)) {
      this.#lose(path, "what is in an array is not said there")
      return nothing
    }
    const { properties, required, additionalProperties, type, $ref, ...others } = this.#flat(items, path)
    for (const keyword of Object.keys(others)) this.#lose(path, `${keyword} is not said there of what is in an array`)
    return this.#typed({ properties, required, additionalProperties, type, $ref }, path, within)
  }

  #typed({ type, $ref, properties, additionalProperties, required }: JsonSchema, path: Path, within: Within): Typed {
    if (typeof $ref === "string") {
      const name = nameOf($ref)
      return { types: [this.#typeOf(name, own(this.#definitions, name) ?? {}, path)], members: undefined }
    }
    const types = typesOf({ type })
    const members = { properties, required, additionalProperties }
    if (!isObject(properties) || Object.keys(properties).length === 0) {
      if (additionalProperties === false || isObject(additionalProperties))
        this.#lose(path, "any properties are allowed there")
      return { types, members: undefined }
    }
    if (typeof within === "number" && !types.includes("array")) return { types, members }
    if (types.length === 1)
      return { types: [this.#typeOf(`${within}-${path.at(-1)}`, members, path)], members: undefined }
    this.#lose(path, "its properties are not said there, since it may be something else")
    return { types, members: undefined }
  }

  #typeOf(name: string, members: JsonSchema, path: Path): string {
    // What another event names so may name something else.
    const key = JSON.stringify([name, members, ...reachedFrom(members, this.#definitions)])
    const known = this.#types.get(key)
    if (known !== undefined) return `#custom-type:${known["id"]}`
    const id = this.#ids.next("custom-type", name)
    // It may be in itself.
    this.#types.set(key, { id })
    const { type: _, description, properties: __, required: ___, additionalProperties, ...others } = members
    if (additionalProperties === false || isObject(additionalProperties)) {
      this.#lose(path, "any properties are allowed there")
    }
    for (const keyword of Object.keys(others)) this.#lose(path, `${keyword} is not said there`)
    this.#types.set(key, {
      id,
      name: typeNameOf(id),
      ...(typeof description === "string" && description !== "" && { description }),
      type: "object",
      properties: this.#entriesOf(members, path, id)
    })
    return `#custom-type:${id}`
  }

  #flat(schema: JsonSchema, path: Path): JsonSchema {
    const { schema: flat, lost } = flatten(schema, this.#definitions)
    for (const reason of lost) this.#lose(path, reason)
    return flat
  }

  #configOf(asked: JsonSchema, path: Path): AnyRecord {
    const config: Record<string, unknown> = {}
    for (const [keyword, value] of Object.entries(asked)) {
      const isKnown = keyword === "format" ? formats.includes(value) : keywords.includes(keyword)
      if (isKnown) config[underscored(keyword)] = value
      else this.#lose(path, `${keyword} is not said there`)
    }
    return config
  }

  #lose(path: Path, reason: string): void {
    this.#losses.push({ path: formatPath(path), reason })
  }
}

interface Typed {
  readonly types: ReadonlyArray<unknown>
  readonly members: JsonSchema | undefined
}

const nothing: Typed = { types: [], members: undefined }

/** Custom types begin with a capital there. */
const typeNameOf = (id: string): string => {
  const name = id.replaceAll(/(?:^|[_-])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return /^[A-Z]/.test(name) ? name : `Type${name}`
}

const keyed = <A>(map: Map<string, A>, key: string, make: () => A): A => {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
