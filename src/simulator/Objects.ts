/**
 * The objects that a workspace knows, which are made by groups.
 */
import type { WireObject } from "../protocol/WireMessage.ts"
import { type Growing, makeGrowing, mergeInto, snapshot } from "./Growing.ts"
import { type Life, maxWeight, type StateLimits } from "./People.ts"
import { emptyWeight, keyWeight, weigh } from "./weight.ts"

/**
 * A group: an object of a type.
 *
 * @category models
 * @since 0.1.0
 */
export interface SimulatedObject {
  /** `1`, where no group named another. */
  readonly objectTypeId: string
  /** The `groupId`. */
  readonly objectId: string
  /** Of all `group`s, the later value wins. */
  readonly traits: WireObject
}

export interface KnownObject {
  readonly key: string
  readonly objectTypeId: string
  readonly objectId: string
  readonly traits: Growing
  readonly life: Life
  weight: number
}

export const makeObjects = ({ keep, keepBytes, maxMessageBytes }: StateLimits) => {
  // The oldest first.
  const objects = new Map<string, KnownObject>()
  const most = maxWeight(maxMessageBytes)
  let weight = 0
  let dropped = 0

  const grow = (object: KnownObject, by: number): void => {
    object.weight += by
    weight += by
  }

  const forget = (object: KnownObject): void => {
    if (objects.delete(object.key)) weight -= object.weight
  }

  return {
    find: (key: string): KnownObject | undefined => objects.get(key),
    findOrMake: (objectTypeId: string, objectId: string): KnownObject => {
      const key = `${objectTypeId}:${objectId}`
      const known = objects.get(key)
      if (known !== undefined) return known
      const object = { key, objectTypeId, objectId, traits: makeGrowing(), life: { isOver: false }, weight: 0 }
      objects.set(key, object)
      grow(object, emptyWeight + keyWeight(key))
      return object
    },
    /** `false` where that is too much for one object. */
    addTraits: (object: KnownObject, traits: WireObject): boolean => {
      if (object.weight + weigh(traits) > most) return false
      grow(object, mergeInto(object.traits, traits))
      return true
    },
    forget,
    /** The oldest make room, but not for what is alone. */
    makeRoom: (): void => {
      while (objects.size > keep || (weight > keepBytes && objects.size > 1)) {
        const [oldest] = objects.values()
        if (oldest === undefined) return
        forget(oldest)
        dropped++
      }
    },
    dropped: (): number => dropped,
    all: (): ReadonlyArray<SimulatedObject> =>
      Array.from(objects.values(), ({ objectTypeId, objectId, traits }) => ({
        objectTypeId,
        objectId,
        traits: snapshot(traits)
      })),
    clear: (): void => {
      objects.clear()
      weight = 0
      dropped = 0
    }
  }
}
