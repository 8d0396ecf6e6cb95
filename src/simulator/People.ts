/**
 * The people that a workspace knows, by their ids, and what is known of each.
 */
import { objectAt, textAt, type WireObject } from "../protocol/WireMessage.ts"
import { assign, type Growing, makeGrowing, mergeInto, snapshot } from "./Growing.ts"
import { emptyWeight, keyWeight, weigh } from "./weight.ts"

/**
 * A person, found by any of their ids.
 *
 * @category models
 * @since 0.1.0
 */
export interface SimulatedPerson {
  /** The newest 100, as of the other ids. */
  readonly userIds: ReadonlyArray<string>
  /** The ids from before the person was known, and since. */
  readonly anonymousIds: ReadonlyArray<string>
  /** The email addresses, each of which finds the person. */
  readonly emails: ReadonlyArray<string>
  /** Of all `identify`s, the later value wins. */
  readonly traits: WireObject
  /** By push token. */
  readonly devices: { readonly [token: string]: WireObject }
  /** By `<objectTypeId>:<objectId>`: the attributes of the relationship. */
  readonly relationships: { readonly [object: string]: WireObject }
  /**
   * Whether `User Suppressed` arrived: of the person only the ids are kept, and whatever names one of them is ignored, until
   * `User Unsuppressed` has it forgotten.
   */
  readonly isSuppressed: boolean
}

/** Whether an object was deleted: all relationships with it look here, so that none of them needs to be found. */
export interface Life {
  isOver: boolean
}

/** A device, or a relationship with an object. */
interface Entry extends Growing {
  readonly life: Life | undefined
}

export interface KnownPerson {
  readonly userIds: Set<string>
  readonly anonymousIds: Set<string>
  readonly emails: Set<string>
  traits: Growing
  devices: Map<string, Entry>
  relationships: Map<string, Entry>
  isSuppressed: boolean
  weight: number
  /** How many objects had been deleted when relationships with them were last looked for. */
  sweptAt: number
  /** How many of their events made room for newer ones. */
  droppedEvents: number
}

const idKinds = ["userIds", "anonymousIds", "emails"] as const

type IdKind = (typeof idKinds)[number]

type EntryKind = "devices" | "relationships"

/** How many ids of a kind a person has: the newest. */
const maxIds = 100

/** Most that is kept of one person or object: room for any message where nothing is known yet. */
export const maxWeight = (maxMessageBytes: number): number => emptyWeight + 30 * maxMessageBytes

export interface StateLimits {
  /** Most people, and most objects. */
  readonly keep: number
  /** Most that people take, and as much for objects. */
  readonly keepBytes: number
  readonly maxMessageBytes: number
}

export const makePeople = ({ keep, keepBytes, maxMessageBytes }: StateLimits) => {
  // The oldest first.
  const people = new Set<KnownPerson>()
  const index: Record<IdKind, Map<string, KnownPerson>> = {
    userIds: new Map(),
    anonymousIds: new Map(),
    emails: new Map()
  }
  const most = maxWeight(maxMessageBytes)
  const droppedEvents = new WeakMap<SimulatedPerson, number>()
  let weight = 0
  let ended = 0
  let dropped = 0

  const grow = (person: KnownPerson, by: number): void => {
    person.weight += by
    weight += by
  }

  const hasRoom = (person: KnownPerson, more: number): boolean => {
    if (person.weight + more > most) sweep(person)
    return person.weight + more <= most
  }

  /** Whether there was something to remove that anybody saw. */
  const remove = (person: KnownPerson, kind: EntryKind, key: string): boolean => {
    const entry = person[kind].get(key)
    if (entry === undefined) return false
    person[kind].delete(key)
    grow(person, -keyWeight(key) - entry.weight)
    return !isMissing(entry)
  }

  /** Takes relationships away whose object was deleted, which nobody sees. */
  const sweep = (person: KnownPerson): void => {
    if (person.sweptAt === ended) return
    person.sweptAt = ended
    for (const [key, entry] of person.relationships) if (isMissing(entry)) remove(person, "relationships", key)
  }

  /** Unless another has the id by now. */
  const unindex = (person: KnownPerson, kind: IdKind, id: string): void => {
    if (index[kind].get(id) === person) index[kind].delete(id)
  }

  const addId = (person: KnownPerson, kind: IdKind, id: string | undefined): void => {
    if (id === undefined) return
    if (!person[kind].has(id)) {
      if (!hasRoom(person, keyWeight(id))) return
      person[kind].add(id)
      grow(person, keyWeight(id))
    }
    index[kind].set(id, person)
    const [oldest] = person[kind]
    if (person[kind].size <= maxIds || oldest === undefined) return
    person[kind].delete(oldest)
    grow(person, -keyWeight(oldest))
    unindex(person, kind, oldest)
  }

  const forget = (person: KnownPerson): void => {
    if (people.delete(person)) weight -= person.weight
    for (const kind of idKinds) for (const id of person[kind]) unindex(person, kind, id)
  }

  /** `from` becomes part of `into`, whose own traits win; `false` where that is too much for one person. */
  const merge = (into: KnownPerson, from: KnownPerson): boolean => {
    if (into === from) return true
    if (!hasRoom(into, from.weight)) return false
    forget(from)
    for (const kind of idKinds) for (const id of from[kind]) addId(into, kind, id)
    // The smaller is merged into the greater, so that a chain of merges costs what each of them adds.
    if (from.traits.weight > into.traits.weight) {
      mergeInto(from.traits, into.traits.record)
      into.traits = from.traits
    } else {
      mergeInto(into.traits, from.traits.record, false)
    }
    into.devices = union(into.devices, from.devices)
    into.relationships = union(into.relationships, from.relationships)
    into.isSuppressed ||= from.isSuppressed
    into.sweptAt = Math.min(into.sweptAt, from.sweptAt)
    into.droppedEvents += from.droppedEvents
    grow(into, weighPerson(into) - into.weight)
    return true
  }

  const make = (): KnownPerson => {
    const person: KnownPerson = {
      userIds: new Set(),
      anonymousIds: new Set(),
      emails: new Set(),
      traits: makeGrowing(),
      devices: new Map(),
      relationships: new Map(),
      isSuppressed: false,
      weight: 0,
      sweptAt: ended,
      droppedEvents: 0
    }
    people.add(person)
    grow(person, emptyWeight)
    return person
  }

  const whoHas = (id: string): ReadonlyArray<KnownPerson> => idKinds.flatMap((kind) => index[kind].get(id) ?? [])

  const find = (message: WireObject): KnownPerson | undefined =>
    index.userIds.get(textAt(message, "userId") ?? "") ??
    index.anonymousIds.get(textAt(message, "anonymousId") ?? "") ??
    index.emails.get(emailOf(message) ?? "")

  /** By an id of either kind. */
  const findById = (id: string): KnownPerson | undefined => index.userIds.get(id) ?? index.anonymousIds.get(id)

  return {
    find,
    findById,
    findOrMake: (message: WireObject): KnownPerson => {
      const person = find(message) ?? make()
      addId(person, "userIds", textAt(message, "userId"))
      const anonymousId = textAt(message, "anonymousId")
      const anonymous = anonymousId === undefined ? undefined : index.anonymousIds.get(anonymousId)
      // Who was anonymous until now becomes the person that the message names.
      if (anonymous !== undefined && anonymous.userIds.size === 0) merge(person, anonymous)
      if (anonymous === undefined) addId(person, "anonymousIds", anonymousId)
      return person
    },
    addId,
    merge,
    forget,
    /** Only the ids stay. */
    suppress: (person: KnownPerson): void => {
      person.traits = makeGrowing()
      person.devices.clear()
      person.relationships.clear()
      person.isSuppressed = true
      grow(person, weighPerson(person) - person.weight)
    },
    /** Whether a message names somebody who is suppressed, by any id. */
    isSuppressed: (message: WireObject): boolean =>
      index.userIds.get(textAt(message, "userId") ?? "")?.isSuppressed === true ||
      index.anonymousIds.get(textAt(message, "anonymousId") ?? "")?.isSuppressed === true ||
      findById(textAt(message, "previousId") ?? "")?.isSuppressed === true ||
      index.emails.get(emailOf(message) ?? "")?.isSuppressed === true,
    /** `false` where that is too much for one person. */
    addTraits: (person: KnownPerson, traits: WireObject): boolean => {
      if (!hasRoom(person, weigh(traits))) return false
      grow(person, mergeInto(person.traits, traits))
      return true
    },
    /** `false` where that is too much for one person. */
    addEntry: (person: KnownPerson, kind: EntryKind, key: string, attributes: WireObject, life?: Life): boolean => {
      if (!hasRoom(person, keyWeight(key) + weigh(attributes))) return false
      if (isMissing(person[kind].get(key))) remove(person, kind, key)
      const known = person[kind].get(key)
      const entry = { ...(known ?? makeGrowing()), life }
      if (known === undefined) grow(person, keyWeight(key))
      grow(person, assign(entry, attributes))
      person[kind].set(key, entry)
      return true
    },
    remove,
    /** Ends all relationships with an object. */
    end: (life: Life): void => {
      life.isOver = true
      ended++
    },
    /** The oldest make room, but not for who is alone. */
    makeRoom: (): void => {
      while (people.size > keep || (weight > keepBytes && people.size > 1)) {
        const [oldest] = people
        if (oldest === undefined) return
        forget(oldest)
        dropped++
      }
    },
    dropped: (): number => dropped,
    /** An event made room: whoever has an id that it names has one less. */
    dropEvent: (message: WireObject): void => {
      for (const person of new Set(idsOf(message).flatMap(whoHas))) person.droppedEvents++
    },
    droppedEventsOf: (person: SimulatedPerson): number => droppedEvents.get(person) ?? 0,
    all: (): ReadonlyArray<SimulatedPerson> =>
      Array.from(people, (person) => {
        const described = describe(person)
        if (person.droppedEvents > 0) droppedEvents.set(described, person.droppedEvents)
        return described
      }),
    clear: (): void => {
      people.clear()
      for (const kind of idKinds) index[kind].clear()
      weight = 0
      dropped = 0
    }
  }
}

/** The email address that names a person: that in the traits of a group is the group's own. */
const emailOf = (message: WireObject): string | undefined =>
  message["type"] === "identify" ? textAt(objectAt(message, "traits"), "email") : undefined

/** All ids that a message names somebody by. */
const idsOf = (message: WireObject): ReadonlyArray<string> =>
  [textAt(message, "userId"), textAt(message, "anonymousId"), textAt(message, "previousId"), emailOf(message)].flatMap(
    (id) => id ?? []
  )

/** There is no entry, or its object was deleted. */
const isMissing = (entry: Entry | undefined): boolean => entry === undefined || entry.life?.isOver === true

/** What either has; where both have an entry, that of the first. */
const union = (first: Map<string, Entry>, second: Map<string, Entry>): Map<string, Entry> => {
  if (second.size <= first.size) {
    for (const [key, entry] of second) if (isMissing(first.get(key))) first.set(key, entry)
    return first
  }
  for (const [key, entry] of first) if (!isMissing(entry)) second.set(key, entry)
  return second
}

const weighPerson = (person: KnownPerson): number => {
  let weight = emptyWeight + person.traits.weight
  for (const kind of idKinds) for (const id of person[kind]) weight += keyWeight(id)
  for (const entries of [person.devices, person.relationships]) {
    for (const [key, entry] of entries) weight += keyWeight(key) + entry.weight
  }
  return weight
}

const describe = (person: KnownPerson): SimulatedPerson => ({
  userIds: [...person.userIds],
  anonymousIds: [...person.anonymousIds],
  emails: [...person.emails],
  traits: snapshot(person.traits),
  devices: describeEntries(person.devices),
  relationships: describeEntries(person.relationships),
  isSuppressed: person.isSuppressed
})

const describeEntries = (entries: Map<string, Entry>): Record<string, WireObject> => {
  const living = [...entries].filter(([, entry]) => !isMissing(entry))
  return Object.fromEntries(living.map(([key, entry]) => [key, snapshot(entry)]))
}
