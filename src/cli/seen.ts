/**
 * What values have in common that were seen at one place, and the Schema of it. However many they are, what is remembered of
 * them has a bound.
 */
import * as Schema from "effect/Schema"
import { parseTime } from "../message/time.ts"
import type { Fields } from "../plan/definition.ts"

const limits = {
  /** What fewer have in common may be chance. */
  sightings: 20,
  /** Of an enum, each of which was seen some times. */
  values: 12,
  sightingsOfValue: 5,
  valueLength: 50,
  /** Of one object: where there are more, or a longer one, they are data. */
  names: 200,
  nameLength: 200,
  levels: 8
}

/** Who somebody is: in a small file few are, and that makes no enum. */
const isPersonal = (name: string): boolean =>
  /mail|phone|name|address|street|birth|token|password|secret|^ids?$|_ids?$|Ids?$/i.test(name)

/** How many places there may be in all. */
export interface Room {
  places: number
}

/** What is told of where something was seen: how often, of how often it could have been. */
const tell = (count: number, of: number, level: number): string =>
  level === 0 ? `In ${count} of ${of} lines` : `${count} of ${of} times`

const of = ({ ast }: Schema.Top): Schema.Codec<unknown> => Schema.make(ast)

export class Seen {
  #count = 0
  readonly #counts = { string: 0, number: 0, boolean: 0, null: 0, object: 0, array: 0 }
  #times = 0
  #integers = 0
  /** How often each text was seen, while they are few. */
  #values: Map<string, number> | undefined
  /** None once there were too many. */
  #fields: Map<string, Seen> | undefined = new Map()
  #items: Seen | undefined
  readonly #level: number
  readonly #room: Room

  /** At level 0 is what a message has in its `properties` or `traits`. */
  constructor(room: Room, level = 0, name = "") {
    this.#room = room
    this.#level = level
    this.#values = isPersonal(name) ? undefined : new Map()
  }

  /** A value of JSON. */
  add(value: unknown): void {
    this.#count++
    if (typeof value === "string") this.#addText(value)
    else if (typeof value === "number") {
      this.#counts.number++
      if (Number.isSafeInteger(value)) this.#integers++
    } else if (typeof value === "boolean") this.#counts.boolean++
    else if (Array.isArray(value)) this.#addArray(value)
    else if (typeof value === "object" && value !== null) this.#addObject(value)
    else this.#counts.null++
  }

  /** Of the objects that were seen, by name: optional where it was not in all of them. */
  get fields(): Fields {
    const { object } = this.#counts
    const fields = [...(this.#fields ?? [])].map(([name, seen]) => {
      const description = [tell(seen.#count, object, this.#level), seen.#mixture].join("")
      const schema = seen.schema.annotate({ description })
      return [name, seen.#count < object ? Schema.optional(schema) : schema] as const
    })
    return Object.fromEntries(fields)
  }

  /** Whether its names are data, so that it may have any. */
  get isOpen(): boolean {
    return this.#fields === undefined
  }

  get schema(): Schema.Codec<unknown> {
    const { string, number, boolean, object, array } = this.#counts
    const isOften = number >= limits.sightings
    const types = [
      ...(string > 0 ? [this.#textSchema] : []),
      ...(number > 0 ? [of(this.#integers === number && isOften ? Schema.Int : Schema.Finite)] : []),
      ...(boolean > 0 ? [of(Schema.Boolean)] : []),
      ...(object > 0 ? [this.#objectSchema] : []),
      ...(array > 0 ? [of(Schema.Array(this.#items?.schema ?? Schema.Json))] : []),
      ...(this.#counts.null > 0 ? [of(Schema.Null)] : [])
    ]
    const [only = of(Schema.Json), ...others] = types
    return others.length === 0 ? only : of(Schema.Union(types))
  }

  /** How often each type was seen, where there are several. */
  get #mixture(): string {
    const types = Object.entries(this.#counts).filter(([, count]) => count > 0)
    return types.length < 2 ? "" : `: ${types.map(([type, count]) => `${type} in ${count}`).join(", ")}`
  }

  get #textSchema(): Schema.Codec<unknown> {
    const { string } = this.#counts
    if (this.#times === string) return of(Schema.Date)
    const values = [...(this.#values?.keys() ?? [])].sort()
    const isEnum = string >= limits.sightings && values.length > 1 && string >= values.length * limits.sightingsOfValue
    return of(isEnum ? Schema.Literals(values) : Schema.String)
  }

  get #objectSchema(): Schema.Codec<unknown> {
    const { fields } = this
    return of(Object.keys(fields).length === 0 ? Schema.Record(Schema.String, Schema.Json) : Schema.Struct(fields))
  }

  #addText(text: string): void {
    this.#counts.string++
    if (this.#times === this.#counts.string - 1 && parseTime(text) !== undefined) this.#times++
    if (this.#values === undefined) return
    this.#values.set(text, (this.#values.get(text) ?? 0) + 1)
    if (this.#values.size > limits.values || text.length > limits.valueLength) this.#values = undefined
  }

  #addArray(items: ReadonlyArray<unknown>): void {
    this.#counts.array++
    if (items.length === 0 || this.#level >= limits.levels) return
    this.#items ??= this.#place("")
    for (const item of items) this.#items?.add(item)
  }

  #addObject(value: object): void {
    this.#counts.object++
    if (this.#level >= limits.levels) return
    for (const [name, member] of Object.entries(value)) {
      const known = this.#fields?.get(name)
      if (known !== undefined) {
        known.add(member)
        continue
      }
      const isTaken = this.#fields !== undefined && this.#fields.size < limits.names && name.length <= limits.nameLength
      const seen = isTaken ? this.#place(name) : undefined
      if (seen === undefined) {
        this.#fields = undefined
        return
      }
      seen.add(member)
      this.#fields?.set(name, seen)
    }
  }

  /** None where there is no more room. */
  #place(name: string): Seen | undefined {
    if (this.#room.places <= 0) return undefined
    this.#room.places--
    return new Seen(this.#room, this.#level + 1, name)
  }
}
