import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import { describeIssue, formatPath } from "../message/issue.ts"
import { nameThrown } from "../message/nameThrown.ts"
import { isPlainObject } from "../message/plainObject.ts"
import { isSemanticName } from "../message/semanticNames.ts"
import type { Definition, EventDefinition, Fields, TraitsDefinition, VersionDefinition } from "./definition.ts"
import { InvalidPlan } from "./InvalidPlan.ts"
import type { Merged, Plan, PlannedEvent, PlannedType } from "./model.ts"
import { jsonProblemOf, type NoJson, type Plain } from "./nature.ts"
import { type PlanOrService, planOf } from "./planOf.ts"
import { reservedProblemOf } from "./reserved.ts"

/** Its members are looked at one by one, in a fraction of the time. */
const Properties = Schema.declare(isPlainObject, { expected: "an object of Schemas" })

const strictness = {
  additionalProperties: Schema.optional(Schema.Literals(["allow", "report", "fail"])),
  reserved: Schema.optional(Schema.Literal("allow"))
}

const documented = {
  description: Schema.optional(Schema.String),
  owner: Schema.optional(Schema.String),
  tags: Schema.optional(Schema.Array(Schema.String)),
  deprecated: Schema.optional(Schema.String)
}

const Version = Schema.Struct({ ...documented, ...strictness, properties: Schema.optional(Properties) })

const VersionName = Schema.Union([Schema.Finite, Schema.NonEmptyString])

const Event = Schema.Struct({
  ...Version.fields,
  version: Schema.optional(VersionName),
  versions: Schema.optional(Schema.Record(Schema.String, Version)),
  latest: Schema.optional(VersionName)
})

const Events = Schema.optional(Schema.Record(Schema.String, Event))

const Traits = Schema.optional(Schema.Struct({ ...documented, ...strictness, traits: Properties }))

const Whole = Schema.Struct({
  ...strictness,
  name: Schema.NonEmptyString,
  description: Schema.optional(Schema.String),
  track: Events,
  identify: Traits,
  group: Traits,
  page: Events,
  screen: Events,
  onViolation: Schema.optional(Schema.Literals(["fail", "report"])),
  annotate: Schema.optional(Schema.Boolean)
})

const validate = SchemaParser.decodeUnknownResult(Whole, { onExcessProperty: "error" })

type Path = ReadonlyArray<string>

/**
 * Makes a plan, without a service of its own: to give to `Plan.enforce`, to write it in another format, or to merge it.
 * Throws `InvalidPlan`, which has the place and the reason.
 *
 * **Example** (A plan of one event)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 * import { Schema } from "effect"
 *
 * const plan = Plan.make({
 *   name: "Shop",
 *   track: {
 *     "Order Completed": { description: "A person has paid", properties: { total: Schema.Finite } }
 *   }
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <const D extends Definition>(definition: D): Plan<D> => {
  try {
    return makePlan(definition)
  } catch (error) {
    if (error instanceof InvalidPlan) throw error
    // A getter, a proxy, or a Schema that is suspended and not there yet.
    throw new InvalidPlan({ plan: "", path: "", reason: `reading it threw ${nameThrown(error)}` })
  }
}

const makePlan = <D extends Definition>(definition: D): Plan<D> => {
  const valid = validate(definition)
  if (Result.isFailure(valid)) {
    const { path, reason } = describeIssue(valid.failure)
    throw new InvalidPlan({ plan: typeof definition?.name === "string" ? definition.name : "", path, reason })
  }
  const { name, description, onViolation = "fail", annotate = false } = definition
  return {
    name,
    description,
    types: new Set(kinds.filter((kind) => definition[kind] !== undefined)),
    events: [...eventsOf(definition)],
    onViolation,
    annotate,
    parts: []
  }
}

const kinds: ReadonlyArray<PlannedType> = ["track", "identify", "group", "page", "screen"]

function* eventsOf(definition: Definition): Generator<PlannedEvent> {
  const read = new Reader(definition)
  for (const kind of ["track", "page", "screen"] as const) {
    for (const [name, event] of Object.entries(definition[kind] ?? {})) yield* read.event(kind, name, event)
  }
  for (const kind of ["identify", "group"] as const) {
    const traits = definition[kind]
    if (traits !== undefined) yield read.traits(kind, traits)
  }
}

class Reader {
  readonly #plan: Definition

  constructor(plan: Definition) {
    this.#plan = plan
  }

  *event(type: PlannedType, name: string, event: EventDefinition): Generator<PlannedEvent> {
    const path = [type, name]
    if (name.trim() === "") this.#refuse(path, "Expected a name")
    if (type === "track" && isSemanticName(name)) {
      this.#refuse(path, "Customer.io reads it specially: SemanticEvents says it")
    }
    if (event.versions === undefined) {
      if (event.latest !== undefined) this.#refuse([...path, "latest"], "Expected versions, one of which it names")
      const version = event.version === undefined ? undefined : String(event.version)
      yield this.#planned(type, name, version, { isVersioned: false, isLatest: true }, path, [event])
      return
    }
    for (const key of ["version", "properties"] as const) {
      if (event[key] !== undefined) this.#refuse([...path, key], "Expected either this or versions")
    }
    const versions = Object.entries(event.versions)
    const latest = this.#latestOf(path, event.latest, Object.keys(event.versions))
    for (const [version, said] of versions) {
      const place = { isVersioned: true, isLatest: version === latest }
      yield this.#planned(type, name, version, place, [...path, "versions", version], [said, event])
    }
  }

  traits(type: "identify" | "group", said: TraitsDefinition): PlannedEvent {
    return this.#planned(type, undefined, undefined, { isVersioned: false, isLatest: true }, [type], [said])
  }

  /** By what is said nearest. */
  #planned(
    type: PlannedType,
    name: string | undefined,
    version: string | undefined,
    place: Pick<PlannedEvent, "isVersioned" | "isLatest">,
    path: Path,
    said: readonly [Said, ...ReadonlyArray<Said>]
  ): PlannedEvent {
    const key = said[0].traits === undefined ? "properties" : "traits"
    // A copy: what is checked is what is asked later.
    const fields = { ...said[0][key] }
    this.#check(type, [...path, key], fields)
    const nearest = <K extends keyof Said>(key: K): Said[K] | undefined =>
      said.find((one) => one[key] !== undefined)?.[key]
    return {
      plan: this.#plan.name,
      type,
      name,
      version,
      ...place,
      description: nearest("description"),
      owner: nearest("owner"),
      tags: nearest("tags") ?? [],
      deprecated: nearest("deprecated"),
      fields,
      additionalProperties: nearest("additionalProperties") ?? this.#plan.additionalProperties,
      allowsReserved: (nearest("reserved") ?? this.#plan.reserved) === "allow"
    }
  }

  #latestOf(path: Path, latest: number | string | undefined, versions: ReadonlyArray<string>): string {
    const at = [...path, "versions"]
    if (versions.length === 0) this.#refuse(at, "Expected at least one")
    if (latest !== undefined) {
      if (!versions.includes(String(latest))) this.#refuse([...path, "latest"], "Expected the name of a version")
      return String(latest)
    }
    if (!versions.every((version) => /^[1-9]\d?$/.test(version))) {
      this.#refuse(at, "Expected latest, which says which is the newest, where they are not all numbers from 1 to 99")
    }
    return String(Math.max(...versions.map(Number)))
  }

  #check(type: PlannedType, path: Path, fields: Fields): void {
    if (Object.getOwnPropertySymbols(fields).length > 0) this.#refuse(path, "JSON has no symbol as a name")
    for (const [name, schema] of Object.entries(fields)) {
      if (!Schema.isSchema(schema)) this.#refuse([...path, name], "Expected a Schema")
      const problem = this.#problemOf(schema, [...path, name])
      if (problem !== undefined) this.#refuse([...path, name, ...problem.path], problem.reason)
      const reserved = reservedProblemOf(type, name, schema)
      if (reserved !== undefined) this.#refuse([...path, name], reserved)
    }
  }

  #problemOf(schema: Plain, path: Path): NoJson | undefined {
    try {
      return jsonProblemOf(schema)
    } catch (error) {
      return this.#refuse(path, `reading it threw ${nameThrown(error)}`)
    }
  }

  #refuse(path: Path, reason: string): never {
    throw new InvalidPlan({ plan: this.#plan.name, path: formatPath(path).replaceAll(".[", "["), reason })
  }
}

interface Said extends VersionDefinition {
  readonly traits?: Fields
}

/**
 * One plan of several, so that teams own parts: it has the calls of all. It reports violations only if each of them does, and
 * lists them under `context.violations` if any of them does. Throws `InvalidPlan` where two have an event, a page
 * or a screen of one name, or both have traits of people, or of groups.
 *
 * **Example** (Two teams)
 *
 * ```ts
 * import { Plan } from "cdp-analytics-effect/plan"
 *
 * const checkout = Plan.make({ name: "Checkout", track: { "Order Completed": {} } })
 * const search = Plan.make({ name: "Search", track: { "Products Searched": {} } })
 * const shop = Plan.merge(checkout, search)
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const merge = <A extends Definition, B extends Definition>(
  first: PlanOrService<A>,
  second: PlanOrService<B>
): Plan<Merged<A, B>> => {
  const [a, b] = [planOf(first), planOf(second)]
  const name = `${a.name} + ${b.name}`
  for (const event of b.events) {
    const same = a.events.find(({ type, name }) => type === event.type && name === event.name)
    if (same === undefined) continue
    const path = formatPath(event.name === undefined ? [event.type] : [event.type, event.name])
    throw new InvalidPlan({
      plan: name,
      path,
      reason: `Expected it in one of ${same.plan} and ${event.plan}, not in both`
    })
  }
  return {
    name,
    description: undefined,
    types: new Set([...a.types, ...b.types]),
    events: [...a.events, ...b.events],
    onViolation: a.onViolation === "report" && b.onViolation === "report" ? "report" : "fail",
    annotate: a.annotate || b.annotate,
    parts: [a, b]
  }
}
