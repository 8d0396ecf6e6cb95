/**
 * A plan of messages that were sent.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { own } from "../message/own.ts"
import { printableName } from "../message/printable.ts"
import type { Draft } from "../message/read.ts"
import { isSemanticName } from "../message/semanticNames.ts"
import { isRecord } from "../message/wire.ts"
import { nameKeys, placeOf } from "../plan/contract.ts"
import type { Definition, EventDefinition, Fields, TraitsDefinition } from "../plan/definition.ts"
import { make } from "../plan/make.ts"
import type { Plan, PlannedType } from "../plan/model.ts"
import { reservedProblemOf } from "../plan/reserved.ts"
import type { Line } from "./lines.ts"
import { readMessage } from "./messages.ts"
import { type Room, Seen } from "./seen.ts"

/** Of events, pages and screens together: more are made up by a program. */
const maxNames = 1000

const maxNameLength = 200

interface SeenEvent {
  lines: number
  readonly seen: Seen
}

export class Inference {
  readonly #room: Room = { places: 20_000 }
  readonly #events = new Map<PlannedType, Map<string, SeenEvent>>()
  #names = 0
  /** Why lines are not in the plan, with how many there are and the first of them. */
  readonly #left = new Map<string, { readonly line: number; lines: number }>()

  add(line: Line): void {
    const message = readMessage(line)
    const reason = Result.isFailure(message) ? message.failure : this.#take(message.success)
    if (reason === undefined) return
    const known = this.#left.get(reason)
    if (known === undefined) this.#left.set(reason, { line: line.number, lines: 1 })
    else known.lines++
  }

  get isEmpty(): boolean {
    return this.#events.size === 0
  }

  /** The plan, and what of the messages is not in it, for people. */
  infer(name: string): { readonly plan: Plan; readonly notes: ReadonlyArray<string> } {
    const reserved: Array<string> = []
    const definition: Definition = {
      name,
      ...this.#named("track", reserved),
      ...this.#traits("identify", reserved),
      ...this.#traits("group", reserved),
      ...this.#named("page", reserved),
      ...this.#named("screen", reserved)
    }
    return { plan: make(definition), notes: [...this.#notes, ...list("Such calls are refused", reserved)] }
  }

  get #notes(): ReadonlyArray<string> {
    const left = [...this.#left].map(([reason, { line, lines }]) => {
      const which = lines === 1 ? `Line ${line} is` : `${lines} lines, of which line ${line} is the first, are`
      return `${which} not in the plan: ${reason}`
    })
    const opened = [...this.#events].flatMap(([type, events]) =>
      [...events].flatMap(([name, { seen }]) => (seen.isOpen ? [nameOf(type, name)] : []))
    )
    return [...left, ...list("The names of what they have are too many or too long, so that any are allowed", opened)]
  }

  /** Says why not, if so. */
  #take({ type, message }: Draft): string | undefined {
    if (type === "alias") return "an alias is never planned"
    const key = nameKeys[type]
    const name = key === undefined ? "" : own(message, key)
    if (typeof name !== "string" || (key !== undefined && name.trim() === "")) return `a ${type} without a name`
    if (type === "track" && isSemanticName(name)) return "Customer.io reads it specially: SemanticEvents says it"
    if (name.length > maxNameLength) return `the name of a ${type} has more than ${maxNameLength} characters`
    const event = this.#eventOf(type, name)
    if (event === undefined) return `Expected at most ${maxNames} names of events, pages and screens`
    const content = own(message, placeOf(type))
    event.lines++
    event.seen.add(isRecord(content) ? content : {})
    return undefined
  }

  #eventOf(type: PlannedType, name: string): SeenEvent | undefined {
    const events = this.#events.get(type) ?? new Map<string, SeenEvent>()
    const known = events.get(name)
    if (known !== undefined) return known
    if (++this.#names > maxNames) return undefined
    const event = { lines: 0, seen: new Seen(this.#room) }
    this.#events.set(type, events.set(name, event))
    return event
  }

  #named(
    type: "track" | "page" | "screen",
    reserved: Array<string>
  ): { readonly [Type in typeof type]?: Record<string, EventDefinition> } {
    const events = this.#events.get(type)
    if (events === undefined) return {}
    const definitions = [...events].map(([name, { lines, seen }]): readonly [string, EventDefinition] => {
      const { isOpen } = seen
      const fields = fieldsOf(type, name, seen, reserved)
      const isNothing = Object.keys(fields).length === 0
      return [name, { description: tell(lines), ...(isOpen && open), ...(!isNothing && { properties: fields }) }]
    })
    return { [type]: Object.fromEntries(definitions) }
  }

  #traits(type: "identify" | "group", reserved: Array<string>): { readonly [Type in typeof type]?: TraitsDefinition } {
    const event = this.#events.get(type)?.get("")
    if (event === undefined) return {}
    const { isOpen } = event.seen
    const fields = fieldsOf(type, "", event.seen, reserved)
    return { [type]: { description: tell(event.lines), ...(isOpen && open), traits: fields } }
  }
}

/** What Customer.io takes for something else cannot be planned as it was: it may be anything, and that is told. */
const fieldsOf = (type: PlannedType, name: string, seen: Seen, reserved: Array<string>): Fields =>
  Object.fromEntries(
    Object.entries(seen.fields).map(([field, schema]) => {
      const problem = reservedProblemOf(type, field, schema)
      if (problem === undefined) return [field, schema]
      reserved.push(`${nameOf(type, name)} ${field}: ${problem}`)
      return [field, Schema.optional(Schema.Json)]
    })
  )

const nameOf = (type: PlannedType, name: string): string =>
  name === "" ? type : `${type} ${JSON.stringify(printableName(name))}`

const maxShown = 10

const list = (what: string, items: ReadonlyArray<string>): ReadonlyArray<string> =>
  items.length === 0
    ? []
    : [`${what}: ${items.slice(0, maxShown).join(", ")}${items.length > maxShown ? " and others" : ""}`]

const open = { additionalProperties: "allow" } as const

const tell = (lines: number): string => (lines === 1 ? "Seen in 1 line" : `Seen in ${lines} lines`)
