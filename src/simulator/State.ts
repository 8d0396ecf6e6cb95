/**
 * What a workspace knows after the events it has seen: people, their devices, and objects with relationships.
 */
import { deliveryMetrics, isSemanticName, type SemanticName, semanticNames } from "../message/semanticNames.ts"
import { isWireObject, objectAt, textAt, valueAt, type WireObject } from "../protocol/WireMessage.ts"
import { makeObjects, type SimulatedObject } from "./Objects.ts"
import { makePeople, type SimulatedPerson, type StateLimits } from "./People.ts"

/** An object type's id, which the docs give as text and clients also send as a number. */
const idText = (value: unknown): string | undefined =>
  typeof value === "number" ? String(value) : typeof value === "string" && value !== "" ? value : undefined

/** What became of an accepted message. */
export interface Applied {
  /** Why it has no effect. */
  readonly note?: string
  /** What an event did that is read specially. */
  readonly effect?: string
}

export interface State {
  /** Takes an accepted message in. */
  readonly apply: (message: WireObject) => Applied | undefined
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

  const identify = (message: WireObject): Applied | undefined => {
    const person = people.findOrMake(message)
    const traits = objectAt(message, "traits") ?? {}
    if (!people.addTraits(person, traits)) return fullPerson
    people.addId(person, "emails", textAt(traits, "email"))
    return undefined
  }

  const alias = (message: WireObject): Applied | undefined => {
    const previousId = textAt(message, "previousId") ?? ""
    const previous = people.findById(previousId)
    const person = people.findOrMake(message)
    if (previous !== undefined) return people.merge(person, previous) ? undefined : fullPerson
    people.addId(person, "anonymousIds", previousId)
    return undefined
  }

  const group = (message: WireObject): Applied | undefined => {
    const { objectTypeId, relationshipAttributes, ...traits } = objectAt(message, "traits") ?? {}
    const object = objects.findOrMake(idText(objectTypeId) ?? "1", textAt(message, "groupId") ?? "")
    const note = objects.addTraits(object, traits) ? undefined : fullObject
    if (textAt(message, "userId") === undefined && textAt(message, "anonymousId") === undefined) return note
    const attributes = isWireObject(relationshipAttributes) ? relationshipAttributes : {}
    const person = people.findOrMake(message)
    return people.addEntry(person, "relationships", object.key, attributes, object.life) ? note : fullPerson
  }

  /** Of an event that is read specially: what it did, or why nothing. */
  const applySemantic = (message: WireObject, event: SemanticName): Applied => {
    const person = people.find(message)
    const properties = objectAt(message, "properties")
    switch (event) {
      case semanticNames.deletePerson:
        if (person === undefined) return nobody
        people.forget(person)
        return { effect: "person deleted" }
      case semanticNames.suppressPerson:
        people.suppress(people.findOrMake(message))
        return { effect: "person suppressed" }
      case semanticNames.unsuppressPerson:
        if (person?.isSuppressed !== true) return without("nobody with this id is suppressed")
        // Nothing of them comes back: who is heard of again is somebody new.
        people.forget(person)
        return { effect: "person no longer suppressed" }
      case semanticNames.registerDevice: {
        const device = objectAt(objectAt(message, "context"), "device")
        const token = textAt(device, "token")
        if (token === undefined) return noToken
        const isKept = people.addEntry(people.findOrMake(message), "devices", token, { ...device, ...properties })
        return isKept ? { effect: "device registered" } : fullPerson
      }
      case semanticNames.deleteDevice: {
        const token = textAt(objectAt(objectAt(message, "context"), "device"), "token")
        if (token === undefined) return noToken
        if (person === undefined) return nobody
        return people.remove(person, "devices", token)
          ? { effect: "device deleted" }
          : without("the person has no such device")
      }
      case semanticNames.deleteObject: {
        const key = objectKey(properties)
        if (key === undefined) return noObjectId
        const object = objects.find(key)
        if (object === undefined) return without("there is no such object")
        objects.forget(object)
        people.end(object.life)
        return { effect: "object deleted" }
      }
      case semanticNames.unrelate: {
        const key = objectKey(properties)
        if (key === undefined) return noObjectId
        if (person === undefined) return nobody
        return people.remove(person, "relationships", key)
          ? { effect: "relationship deleted" }
          : without("the person has no such relationship")
      }
      case semanticNames.reportDelivery: {
        if (textAt(properties, "deliveryId") === undefined) return without("properties.deliveryId is missing")
        const metric = deliveryMetrics.find((known) => known === textAt(properties, "metric"))
        return metric === undefined
          ? without(`properties.metric must be one of ${deliveryMetrics.join(", ")}`)
          : { effect: `delivery reported as ${metric}` }
      }
    }
  }

  const take = (message: WireObject): Applied | undefined => {
    const type = message["type"]
    const event = type === "track" ? semanticNameOf(message["event"]) : undefined
    if (people.isSuppressed(message) && event !== semanticNames.unsuppressPerson) {
      return without("the person is suppressed")
    }
    if (event !== undefined) return applySemantic(message, event)
    switch (type) {
      case "identify":
        return identify(message)
      case "alias":
        return alias(message)
      case "group":
        return group(message)
      default:
        people.findOrMake(message)
        return type === "track" ? nearly(message["event"]) : undefined
    }
  }

  return {
    apply: (message) => {
      const applied = take(message)
      people.makeRoom()
      objects.makeRoom()
      return applied
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

const semanticNameOf = (event: unknown): SemanticName | undefined => (isSemanticName(event) ? event : undefined)

/** Letters alone: what people write of a name differs in case, and in what stands between words. */
const lettersOf = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, "")

const namesByLetters = new Map(Object.values(semanticNames).map((name) => [lettersOf(name), name]))

const longestName = 100

/** Of an event like any other: that it is not the one that Customer.io reads specially, if it looks like that. */
const nearly = (event: unknown): Applied | undefined => {
  if (typeof event !== "string" || event.length > longestName) return undefined
  const name = namesByLetters.get(lettersOf(event))
  return name && { note: `an event like any other: did you mean ${name}?` }
}

const without = (reason: string): Applied => ({ note: `no effect: ${reason}` })

const nobody = without("nobody has this id")

const noToken = without("context.device.token is missing")

const noObjectId = without("properties.objectId is missing")

const fullPerson = without("no more is kept of one person")

const fullObject = without("no more is kept of one object")

const objectKey = (properties: WireObject | undefined): string | undefined => {
  const objectId = textAt(properties, "objectId")
  return objectId === undefined ? undefined : `${idText(valueAt(properties, "objectTypeId")) ?? "1"}:${objectId}`
}
