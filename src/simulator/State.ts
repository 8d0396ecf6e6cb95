/**
 * What a workspace knows after the events it has seen: people, their devices, and objects with relationships.
 */
import { isWireObject, objectAt, textAt, valueAt, type WireObject } from "../protocol/WireMessage.ts"
import { makeObjects, type SimulatedObject } from "./Objects.ts"
import { makePeople, type SimulatedPerson, type StateLimits } from "./People.ts"

/** An object type's id, which the docs give as text and clients also send as a number. */
const idText = (value: unknown): string | undefined =>
  typeof value === "number" ? String(value) : typeof value === "string" && value !== "" ? value : undefined

export interface State {
  /** Takes an accepted message in. Says so where it has no effect. */
  readonly apply: (message: WireObject) => string | undefined
  readonly people: () => ReadonlyArray<SimulatedPerson>
  readonly objects: () => ReadonlyArray<SimulatedObject>
  /** How many made room for newer ones. */
  readonly dropped: () => { readonly people: number; readonly objects: number }
  /** An event that was taken in made room for newer ones. */
  readonly dropEvent: (message: WireObject) => void
  /** How many of a person's events made room. */
  readonly droppedEventsOf: (person: SimulatedPerson) => number
  readonly clear: () => void
}

/** Keeps the newest people and objects. */
export const makeState = (limits: StateLimits): State => {
  const people = makePeople(limits)
  const objects = makeObjects(limits)

  const identify = (message: WireObject): string | undefined => {
    const person = people.findOrMake(message)
    const traits = objectAt(message, "traits") ?? {}
    if (!people.addTraits(person, traits)) return fullPerson
    people.addId(person, "emails", textAt(traits, "email"))
    return undefined
  }

  const alias = (message: WireObject): string | undefined => {
    const previousId = textAt(message, "previousId") ?? ""
    const previous = people.findById(previousId)
    const person = people.findOrMake(message)
    if (previous !== undefined) return people.merge(person, previous) ? undefined : fullPerson
    people.addId(person, "anonymousIds", previousId)
    return undefined
  }

  const group = (message: WireObject): string | undefined => {
    const { objectTypeId, relationshipAttributes, ...traits } = objectAt(message, "traits") ?? {}
    const object = objects.findOrMake(idText(objectTypeId) ?? "1", textAt(message, "groupId") ?? "")
    const note = objects.addTraits(object, traits) ? undefined : fullObject
    if (textAt(message, "userId") === undefined && textAt(message, "anonymousId") === undefined) return note
    const attributes = isWireObject(relationshipAttributes) ? relationshipAttributes : {}
    const person = people.findOrMake(message)
    return people.addEntry(person, "relationships", object.key, attributes, object.life) ? note : fullPerson
  }

  const track = (message: WireObject): string | undefined => {
    const device = objectAt(objectAt(message, "context"), "device")
    const token = textAt(device, "token")
    const properties = objectAt(message, "properties")
    switch (message["event"]) {
      case "Device Created or Updated":
        if (token === undefined) return "no effect: context.device.token is missing"
        return people.addEntry(people.findOrMake(message), "devices", token, { ...device, ...properties })
          ? undefined
          : fullPerson
      case "Device Deleted":
        if (token === undefined) return "no effect: context.device.token is missing"
        people.remove(people.findOrMake(message), "devices", token)
        return undefined
      case "User Deleted": {
        const person = people.find(message)
        if (person === undefined) return "no effect: nobody has this id"
        people.forget(person)
        return undefined
      }
      case "User Suppressed":
        people.findOrMake(message).isSuppressed = true
        return undefined
      case "User Unsuppressed":
        people.findOrMake(message).isSuppressed = false
        return undefined
      case "Object Deleted": {
        const key = objectKey(properties)
        if (key === undefined) return "no effect: properties.objectId is missing"
        const object = objects.find(key)
        if (object === undefined) return "no effect: there is no such object"
        objects.forget(object)
        people.end(object.life)
        return undefined
      }
      case "Relationship Deleted": {
        const key = objectKey(properties)
        if (key === undefined) return "no effect: properties.objectId is missing"
        people.remove(people.findOrMake(message), "relationships", key)
        return undefined
      }
      case "Report Delivery Event":
        return textAt(properties, "deliveryId") === undefined
          ? "no effect: properties.deliveryId is missing"
          : undefined
      default:
        people.findOrMake(message)
        return undefined
    }
  }

  const take = (message: WireObject): string | undefined => {
    const isLifted = message["type"] === "track" && message["event"] === "User Unsuppressed"
    if (people.find(message)?.isSuppressed === true && !isLifted) return "no effect: the person is suppressed"
    switch (message["type"]) {
      case "identify":
        return identify(message)
      case "alias":
        return alias(message)
      case "group":
        return group(message)
      case "track":
        return track(message)
      default:
        people.findOrMake(message)
        return undefined
    }
  }

  return {
    apply: (message) => {
      const note = take(message)
      people.makeRoom()
      objects.makeRoom()
      return note
    },
    people: people.all,
    objects: objects.all,
    dropped: () => ({ people: people.dropped(), objects: objects.dropped() }),
    dropEvent: people.dropEvent,
    droppedEventsOf: people.droppedEventsOf,
    clear: () => {
      people.clear()
      objects.clear()
    }
  }
}

const fullPerson = "no effect: no more is kept of one person"

const fullObject = "no effect: no more is kept of one object"

const objectKey = (properties: WireObject | undefined): string | undefined => {
  const objectId = textAt(properties, "objectId")
  return objectId === undefined ? undefined : `${idText(valueAt(properties, "objectTypeId")) ?? "1"}:${objectId}`
}
