/** Reading a plan of another format: every place of it knows where it is. */
import { formatPath } from "../message/issue.ts"
import type { AnyRecord } from "../message/open.ts"
import { own } from "../message/own.ts"
import { isRecord } from "../message/wire.ts"
import { InvalidPlan } from "./InvalidPlan.ts"
import { readJson } from "./json.ts"
import type { Loss } from "./losses.ts"

/** What is known of a document that is being read. */
export interface Reading {
  /** The plan's name, as soon as it is known. */
  name: string
  readonly losses: Array<Loss>
}

/** A place in a document: what is there, and how to say that it should be something else, or is not kept. */
export class Place {
  readonly value: unknown
  readonly reading: Reading
  readonly #path: ReadonlyArray<PropertyKey>

  constructor(value: unknown, reading: Reading, path: ReadonlyArray<PropertyKey> = []) {
    this.value = value
    this.reading = reading
    this.#path = path
  }

  get path(): string {
    return formatPath(this.#path)
  }

  get isThere(): boolean {
    return this.value !== undefined && this.value !== null
  }

  get isList(): boolean {
    return Array.isArray(this.value)
  }

  get record(): AnyRecord {
    return isRecord(this.value) ? this.value : this.refuse("Expected an object")
  }

  /** What is at a key of an object: nothing where it has no such key, or is not there itself. */
  at(key: string): Place {
    const value = this.isThere ? own(this.record, key) : undefined
    return new Place(value, this.reading, [...this.#path, key])
  }

  /** Something else, for which this place stands. */
  with(value: unknown): Place {
    return new Place(value, this.reading, this.#path)
  }

  get entries(): ReadonlyArray<readonly [string, Place]> {
    return this.isThere ? Object.keys(this.record).map((key) => [key, this.at(key)]) : []
  }

  /** What is in an array; nothing where nothing is there. */
  get list(): ReadonlyArray<Place> {
    if (!this.isThere) return []
    if (!Array.isArray(this.value)) return this.refuse("Expected an array")
    return this.value.map((item: unknown, index) => new Place(item, this.reading, [...this.#path, index]))
  }

  get text(): string {
    return typeof this.value === "string" ? this.value : this.refuse("Expected a string")
  }

  /** Nothing and empty text are the same in these formats. */
  get textOrNone(): string | undefined {
    return this.isThere && this.value !== "" ? this.text : undefined
  }

  /** Nothing, a number or text that is not empty. */
  get versionOrNone(): number | string | undefined {
    return typeof this.value === "number" ? this.value : this.textOrNone
  }

  get isTrue(): boolean {
    if (!this.isThere) return false
    return typeof this.value === "boolean" ? this.value : this.refuse("Expected a boolean")
  }

  oneOf<const A extends string>(texts: ReadonlyArray<A>): A {
    return texts.find((text) => text === this.value) ?? this.refuse(`Expected one of ${texts.join(", ")}`)
  }

  /** Tells of keys that are not read. */
  loseOthers(read: ReadonlyArray<string>): void {
    for (const [key, place] of this.entries)
      if (!read.includes(key) && place.isThere) place.lose("a plan has no such thing")
  }

  lose(reason: string): void {
    this.reading.losses.push({ path: this.path, reason })
  }

  refuse(reason: string): never {
    throw new InvalidPlan({ plan: this.reading.name, path: this.path, reason })
  }
}

/** A document as JSON has it; throws `InvalidPlan` where it is none. */
export const open = (json: unknown): Place => {
  const whole = new Place(readJson(json), { name: "", losses: [] })
  return whole.isThere ? whole : whole.refuse("Expected an object")
}
