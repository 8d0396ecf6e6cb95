import type { Plan, PlannedEvent, PlannedType } from "./model.ts"

/** The versions of one event, page or screen, or the traits of a kind. */
export interface Known {
  readonly latest: PlannedEvent
  /** By name; none where it has no versions. */
  readonly versions: ReadonlyMap<string, PlannedEvent>
}

/** What a plan has under a name. */
export type Find = (type: PlannedType, name: string | undefined) => Known | undefined

/** As fast with many events as with few. */
export const makeFind = ({ events }: Plan): Find => {
  const types = new Map<PlannedType, Map<string | undefined, Known>>()
  for (const event of events) {
    const names = types.get(event.type) ?? new Map<string | undefined, Known>()
    const known = names.get(event.name)
    const versions = new Map(known?.versions)
    if (event.isVersioned && event.version !== undefined) versions.set(event.version, event)
    names.set(event.name, { latest: event.isLatest || known === undefined ? event : known.latest, versions })
    types.set(event.type, names)
  }
  return (type, name) => types.get(type)?.get(name)
}
