/**
 * What is otherwise in a newer plan, and whether it breaks those who send by the older one.
 */
import { printableName } from "../message/printable.ts"
import { jsonSchemaOf } from "../plan/jsonSchema.ts"
import type { Plan, PlannedEvent } from "../plan/model.ts"
import { compareObjects, type Difference } from "./schemaDifference.ts"

export interface Change extends Difference {
  /** Such as `track`. */
  readonly type: string
  readonly name?: string
  readonly version?: string
}

export const changesOf = (older: Plan, newer: Plan): ReadonlyArray<Change> => {
  const before = entriesOf(older)
  const after = entriesOf(newer)
  const changes: Array<Change> = []
  for (const [key, event] of before) {
    const other = after.get(key)
    if (other !== undefined) {
      if (isSame(key, event, other)) continue
      changes.push(...compareEvents(event, other).map((change) => ({ ...nameOf(key, other), ...change })))
    } else if (after.has(wholeOf(event)) || key === wholeOf(event)) {
      changes.push({ ...nameOf(key, event), ...whole("removed"), breaks: true })
    }
  }
  for (const [key, event] of after) {
    if (before.has(key) || (key !== wholeOf(event) && !before.has(wholeOf(event)))) continue
    changes.push({ ...nameOf(key, event), ...whole("added"), breaks: false })
  }
  return changes
}

const whole = (kind: "added" | "removed") => ({ kind, path: "", reason: "" }) as const

/** An event as it is where no version is named. */
const wholeOf = ({ type, name }: PlannedEvent): string => JSON.stringify([type, name])

/** What senders can mean: the newest of each event, and each version. */
const entriesOf = ({ events }: Plan): ReadonlyMap<string, PlannedEvent> =>
  new Map(
    events.flatMap((event) => [
      ...(event.isLatest ? [[wholeOf(event), event] as const] : []),
      ...(event.isVersioned ? [[JSON.stringify([event.type, event.name, event.version]), event] as const] : [])
    ])
  )

/** The newest, where it is compared as the version that it is. */
const isSame = (key: string, event: PlannedEvent, other: PlannedEvent): boolean =>
  key === wholeOf(event) && event.isVersioned && other.isVersioned && event.version === other.version

const nameOf = (key: string, { type, name, version }: PlannedEvent) => ({
  type,
  ...(name !== undefined && { name: printableName(name) }),
  ...(version !== undefined && key !== JSON.stringify([type, name]) && { version })
})

const compareEvents = (older: PlannedEvent, newer: PlannedEvent): ReadonlyArray<Difference> => {
  const about = (kind: Difference["kind"], reason: string): Difference => ({
    kind,
    path: "",
    reason,
    breaks: kind === "narrowed"
  })
  const open = openness(newer) - openness(older)
  return [
    ...(older.deprecated === undefined && newer.deprecated !== undefined
      ? [about("deprecated", newer.deprecated)]
      : []),
    ...(open < 0 ? [about("narrowed", "names that are not listed are no longer allowed")] : []),
    ...(open > 0 ? [about("widened", "names that are not listed are allowed")] : []),
    ...(older.allowsReserved && !newer.allowsReserved
      ? [about("narrowed", "reserved names that are not listed are no longer allowed")]
      : []),
    ...compareObjects(documentOf(older), documentOf(newer), newer.additionalProperties ?? "fail")
  ]
}

/** Without a word of it, typed calls fail and others do not. */
const openness = ({ additionalProperties }: PlannedEvent): number =>
  additionalProperties === undefined ? 1 : additionalProperties === "fail" ? 0 : 2

const documentOf = (event: PlannedEvent) => {
  // How strict it is was compared before.
  const { schema, definitions } = jsonSchemaOf({ ...event, additionalProperties: undefined })
  return { schema, definitions }
}
