/**
 * What a workspace knows after the events it has seen: people, their devices, and objects with relationships.
 */
import { merge } from "../message/merge.ts"
import { isWireObject, objectAt, textAt, type WireObject } from "../protocol/WireMessage.ts"

/** A person, found by any of their ids. */
export interface Person {
  readonly userIds: ReadonlyArray<string>
  readonly anonymousIds: ReadonlyArray<string>
  readonly emails: ReadonlyArray<string>
  readonly traits: WireObject
  /** By push token. */
  readonly devices: { readonly [token: string]: WireObject }
  /** By `<objectTypeId>:<objectId>`: the attributes of the relationship. */
  readonly relationships: { readonly [object: string]: WireObject }
  readonly isSuppressed: boolean
}

/** A group: an object of a type. */
export interface SimulatedObject {
  readonly objectTypeId: string
  readonly objectId: string
  readonly traits: WireObject
}

/** Without a prototype, so that an id named `__proto__` is an id like any other. */
const emptyRecord = <A>(): Record<string, A> => Object.create(null)

interface MutablePerson {
  userIds: Set<string>
  anonymousIds: Set<string>
  emails: Set<string>
  traits: WireObject
  devices: Record<string, WireObject>
  relationships: Record<string, WireObject>
  isSuppressed: boolean
}

/** An object type's id, which the docs give as text and clients also send as a number. */
const idText = (value: unknown): string | undefined =>
  typeof value === "number" ? String(value) : typeof value === "string" && value !== "" ? value : undefined

const idKinds = ["userIds", "anonymousIds", "emails"] as const

export interface State {
  /** Takes an accepted message in. Says so where it has no effect. */
  readonly apply: (message: WireObject) => string | undefined
  readonly people: () => ReadonlyArray<Person>
  readonly objects: () => ReadonlyArray<SimulatedObject>
  readonly clear: () => void
}

/** Keeps the newest `keep` people, and as many objects. */
export const makeState = (keep: number): State => {
  const people = new Set<MutablePerson>()
  const index: Record<(typeof idKinds)[number], Map<string, MutablePerson>> = {
    userIds: new Map(),
    anonymousIds: new Map(),
    emails: new Map()
  }
  const objects = new Map<string, { objectTypeId: string; objectId: string; traits: WireObject }>()

  const addId = (person: MutablePerson, kind: (typeof idKinds)[number], id: string | undefined): void => {
    if (id === undefined) return
    person[kind].add(id)
    index[kind].set(id, person)
  }

  const forget = (person: MutablePerson): void => {
    people.delete(person)
    for (const kind of idKinds) for (const id of person[kind]) index[kind].delete(id)
  }

  /** `from` becomes part of `into`, whose own traits win. */
  const mergePeople = (into: MutablePerson, from: MutablePerson): void => {
    if (into === from) return
    forget(from)
    for (const kind of idKinds) for (const id of from[kind]) addId(into, kind, id)
    into.traits = merge(from.traits, into.traits)
    into.devices = Object.assign(emptyRecord<WireObject>(), from.devices, into.devices)
    into.relationships = Object.assign(emptyRecord<WireObject>(), from.relationships, into.relationships)
    into.isSuppressed ||= from.isSuppressed
  }

  const makePerson = (): MutablePerson => {
    const person: MutablePerson = {
      userIds: new Set(),
      anonymousIds: new Set(),
      emails: new Set(),
      traits: emptyRecord(),
      devices: emptyRecord(),
      relationships: emptyRecord(),
      isSuppressed: false
    }
    people.add(person)
    const [oldest] = people
    if (people.size > keep && oldest !== undefined) forget(oldest)
    return person
  }

  const find = (message: WireObject): MutablePerson | undefined =>
    index.userIds.get(textAt(message, "userId") ?? "") ??
    index.anonymousIds.get(textAt(message, "anonymousId") ?? "") ??
    index.emails.get(textAt(objectAt(message, "traits"), "email") ?? "")

  const findOrMake = (message: WireObject): MutablePerson => {
    const person = find(message) ?? makePerson()
    addId(person, "userIds", textAt(message, "userId"))
    const anonymousId = textAt(message, "anonymousId")
    const anonymous = anonymousId === undefined ? undefined : index.anonymousIds.get(anonymousId)
    // Who was anonymous until now becomes the person that the message names.
    if (anonymous !== undefined && anonymous.userIds.size === 0) mergePeople(person, anonymous)
    if (anonymous === undefined) addId(person, "anonymousIds", anonymousId)
    return person
  }

  const objectKey = (properties: WireObject | undefined): string | undefined => {
    const objectId = textAt(properties, "objectId")
    return objectId === undefined ? undefined : `${idText(properties?.["objectTypeId"]) ?? "1"}:${objectId}`
  }

  const track = (message: WireObject): string | undefined => {
    const context = objectAt(message, "context")
    const properties = objectAt(message, "properties")
    const device = objectAt(context, "device")
    const token = textAt(device, "token")
    switch (message["event"]) {
      case "Device Created or Updated": {
        if (device === undefined || token === undefined) return "no effect: context.device.token is missing"
        const person = findOrMake(message)
        person.devices[token] = { ...person.devices[token], ...device, ...properties }
        return undefined
      }
      case "Device Deleted":
        if (token === undefined) return "no effect: context.device.token is missing"
        Reflect.deleteProperty(findOrMake(message).devices, token)
        return undefined
      case "User Deleted": {
        const person = find(message)
        if (person === undefined) return "no effect: nobody has this id"
        forget(person)
        return undefined
      }
      case "User Suppressed":
        findOrMake(message).isSuppressed = true
        return undefined
      case "User Unsuppressed":
        findOrMake(message).isSuppressed = false
        return undefined
      case "Object Deleted": {
        const key = objectKey(properties)
        if (key === undefined) return "no effect: properties.objectId is missing"
        if (!objects.delete(key)) return "no effect: there is no such object"
        for (const person of people) Reflect.deleteProperty(person.relationships, key)
        return undefined
      }
      case "Relationship Deleted": {
        const key = objectKey(properties)
        if (key === undefined) return "no effect: properties.objectId is missing"
        Reflect.deleteProperty(findOrMake(message).relationships, key)
        return undefined
      }
      case "Report Delivery Event":
        return textAt(properties, "deliveryId") === undefined
          ? "no effect: properties.deliveryId is missing"
          : undefined
      default:
        findOrMake(message)
        return undefined
    }
  }

  const group = (message: WireObject): void => {
    const { objectTypeId, relationshipAttributes, ...traits } = objectAt(message, "traits") ?? {}
    const objectId = textAt(message, "groupId") ?? ""
    const typeId = idText(objectTypeId) ?? "1"
    const key = `${typeId}:${objectId}`
    const known = objects.get(key)
    objects.set(key, { objectTypeId: typeId, objectId, traits: merge(known?.traits ?? {}, traits) })
    const [oldest] = objects.keys()
    if (objects.size > keep && oldest !== undefined) objects.delete(oldest)
    if (textAt(message, "userId") === undefined && textAt(message, "anonymousId") === undefined) return
    const person = findOrMake(message)
    const attributes: WireObject = isWireObject(relationshipAttributes) ? relationshipAttributes : {}
    person.relationships[key] = { ...person.relationships[key], ...attributes }
  }

  const apply = (message: WireObject): string | undefined => {
    const isLifted = message["type"] === "track" && message["event"] === "User Unsuppressed"
    if (find(message)?.isSuppressed === true && !isLifted) return "no effect: the person is suppressed"
    switch (message["type"]) {
      case "identify": {
        const person = findOrMake(message)
        const traits = objectAt(message, "traits") ?? {}
        person.traits = merge(person.traits, traits)
        const email = textAt(traits, "email")
        addId(person, "emails", email)
        return undefined
      }
      case "alias": {
        const previousId = textAt(message, "previousId") ?? ""
        const previous = index.userIds.get(previousId) ?? index.anonymousIds.get(previousId)
        const person = findOrMake(message)
        if (previous === undefined) addId(person, "anonymousIds", previousId)
        else mergePeople(person, previous)
        return undefined
      }
      case "group":
        group(message)
        return undefined
      case "track":
        return track(message)
      default:
        findOrMake(message)
        return undefined
    }
  }

  return {
    apply,
    people: () =>
      Array.from(people, (person) => ({
        userIds: [...person.userIds],
        anonymousIds: [...person.anonymousIds],
        emails: [...person.emails],
        traits: { ...person.traits },
        devices: { ...person.devices },
        relationships: { ...person.relationships },
        isSuppressed: person.isSuppressed
      })),
    objects: () => Array.from(objects.values(), ({ traits, ...object }) => ({ ...object, traits: { ...traits } })),
    clear: () => {
      people.clear()
      objects.clear()
      for (const kind of idKinds) index[kind].clear()
    }
  }
}
