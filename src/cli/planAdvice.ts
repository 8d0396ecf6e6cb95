/**
 * What is in a plan, and what somebody should look at, in plain words.
 */
import { printableName } from "../message/printable.ts"
import { isRecord } from "../message/wire.ts"
import { jsonSchemaOf } from "../plan/jsonSchema.ts"
import type { Plan, PlannedEvent, PlannedType } from "../plan/model.ts"

const words: Readonly<Record<PlannedType, readonly [one: string, several: string]>> = {
  track: ["event", "events"],
  page: ["page", "pages"],
  screen: ["screen", "screens"],
  identify: ["the traits of people", ""],
  group: ["the traits of groups", ""]
}

/** How much of each kind it has: versions of an event are one. */
export const describePlan = (plan: Plan): string => {
  const parts = (["track", "page", "screen", "identify", "group"] as const).flatMap((type) => {
    const count = new Set(plan.events.filter((event) => event.type === type).map(({ name }) => name)).size
    const [one, several] = words[type]
    if (count === 0) return []
    return [several === "" ? one : `${count} ${count === 1 ? one : several}`]
  })
  return `${JSON.stringify(plan.name)}: ${parts.length === 0 ? "nothing" : parts.join(", ")}`
}

export const adviceOf = (plan: Plan): ReadonlyArray<string> => [
  ...(plan.events.length === 0 ? ["The plan has nothing in it"] : []),
  ...about("These have no description", plan.events.filter(isUndescribed).map(nameOf)),
  ...about("These are deprecated", plan.events.filter(({ deprecated }) => deprecated !== undefined).map(nameOf)),
  ...alike(plan).map((names) => `These are easily taken for each other: ${list(names)}`),
  ...differing(plan)
]

const isUndescribed = ({ type, description, deprecated }: PlannedEvent): boolean =>
  type !== "identify" && type !== "group" && description === undefined && deprecated === undefined

const about = (what: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.length === 0 ? [] : [`${what}: ${list([...new Set(names)])}`]

const nameOf = ({ type, name }: PlannedEvent): string =>
  name === undefined ? type : `${type} ${JSON.stringify(printableName(name))}`

const maxShown = 20

const list = (names: ReadonlyArray<string>): string =>
  `${names.slice(0, maxShown).join(", ")}${names.length > maxShown ? ` and ${names.length - maxShown} more` : ""}`

/** Names that are the same but for case, spaces and the like. */
const alike = ({ events }: Plan): ReadonlyArray<ReadonlyArray<string>> => {
  const names = new Map<string, Set<string>>()
  for (const event of events) {
    const key = JSON.stringify([event.type, event.name?.toLowerCase().replace(/[\s_-]/g, "")])
    names.set(key, (names.get(key) ?? new Set()).add(nameOf(event)))
  }
  return [...names.values()].filter(({ size }) => size > 1).map((same) => [...same])
}

/** Properties that are of one type here and of another there: whoever receives both has one column for them. */
const differing = ({ events }: Plan): ReadonlyArray<string> => {
  const types = new Map<string, Map<string, string>>()
  for (const event of events) {
    if (event.type === "identify" || event.type === "group") continue
    const { properties } = jsonSchemaOf(event).schema
    for (const [name, schema] of Object.entries(isRecord(properties) ? properties : {})) {
      const type = isRecord(schema) && typeof schema["type"] === "string" ? schema["type"] : undefined
      if (type === undefined) continue
      const places = types.get(name) ?? new Map<string, string>()
      const said = type === "integer" ? "number" : type
      if (!places.has(said)) places.set(said, nameOf(event))
      types.set(name, places)
    }
  }
  return [...types]
    .filter(([, places]) => places.size > 1)
    .map(([name, places]) => {
      const uses = [...places].map(([type, event]) => `${type} in ${event}`)
      return `${JSON.stringify(printableName(name))} is of several types: ${uses.join(", ")}`
    })
}
