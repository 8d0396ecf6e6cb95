/**
 * What the server makes of a message: whether it takes it, and if not, why and where.
 */
import type * as Schema from "effect/Schema"
import { isTooDeep, maxDepth, tooDeep } from "../message/depth.ts"
import type { MessageType } from "../message/Message.ts"
import { type JsonSize, sizeOf } from "./JsonSize.ts"

/**
 * A JSON object, as it was on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface WireObject {
  readonly [key: string]: Schema.Json
}

/**
 * Why the server does not take a message, and where in it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refusal {
  /** Within the message, such as `context.device.token`; empty when it is the message as a whole. */
  readonly path: string
  /** What was expected there. */
  readonly reason: string
}

export const messageTypes: ReadonlyArray<MessageType> = ["identify", "track", "page", "screen", "group", "alias"]

export const isWireObject = (value: unknown): value is WireObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Only what is its own: any name may be that of a property of all objects. */
export const valueAt = (object: WireObject | undefined, key: string): Schema.Json | undefined =>
  object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined

/** The text at a key; an empty string and `null` count as missing. */
export const textAt = (object: WireObject | undefined, key: string): string | undefined => {
  const value = valueAt(object, key)
  return typeof value === "string" && value !== "" ? value : undefined
}

export const objectAt = (object: WireObject | undefined, key: string): WireObject | undefined => {
  const value = valueAt(object, key)
  return isWireObject(value) ? value : undefined
}

/** The context of an envelope, which goes to each of its messages that has none, and its size, which is counted once. */
export interface SharedContext {
  readonly context: WireObject
  readonly size: JsonSize
  readonly isTooDeep: boolean
}

export const shareContext = (context: WireObject): SharedContext => ({
  context,
  size: sizeOf(context),
  isTooDeep: isTooDeep(context, maxDepth - 1)
})

/** A message of a request, and how much it is. */
export interface MeasuredMessage {
  readonly message: unknown
  /** As it arrived. */
  readonly size: JsonSize
  /** The envelope's, if the message has none. */
  readonly shared: SharedContext | undefined
  /** With that context, which is how it is stored. */
  readonly storedSize: JsonSize
  readonly isTooDeep: boolean
}

export const measure = (message: unknown, envelope: SharedContext | undefined): MeasuredMessage => {
  const size = sizeOf(message)
  const own = isWireObject(message) ? valueAt(message, "context") : undefined
  const shared = isWireObject(message) && !isWireObject(own) ? envelope : undefined
  const isDeep = isTooDeep(message) || shared?.isTooDeep === true
  if (shared === undefined) return { message, size, shared, storedSize: size, isTooDeep: isDeep }
  // In the place of a `null`, or with a key of its own.
  const added = own === undefined ? contextKey.length : -sizeOf(own).bytes
  const storedSize = { bytes: size.bytes + added + shared.size.bytes, values: size.values + shared.size.values }
  return { message, size, shared, storedSize, isTooDeep: isDeep }
}

const contextKey = ',"context":'

/** The fields that say who a message is about, and which it is. */
export const ids = ["userId", "anonymousId", "messageId", "groupId", "previousId"]

const objects = ["traits", "properties", "context", "integrations"]

/** Why a message is refused, or `undefined`. Unknown fields and `null` are let through, as the server does. */
export const refuse = (measured: MeasuredMessage, maxMessageBytes: number): Refusal | undefined => {
  const { message, shared, storedSize, isTooDeep } = measured
  if (!isWireObject(message)) return { path: "", reason: "a message must be an object" }
  if (isTooDeep) return { path: "", reason: tooDeep }
  if (storedSize.bytes > maxMessageBytes) {
    const bytes = `${storedSize.bytes} bytes${shared === undefined ? "" : " with the context of its batch"}`
    return { path: "", reason: `the message has ${bytes}, the limit is ${maxMessageBytes}` }
  }
  const type = textAt(message, "type")
  if (!messageTypes.some((known) => known === type)) {
    return { path: "type", reason: `type must be one of ${messageTypes.join(", ")}` }
  }
  for (const key of ids) {
    const value = valueAt(message, key)
    if (value !== undefined && value !== null && typeof value !== "string") {
      return { path: key, reason: `${key} must be a string` }
    }
  }
  for (const key of objects) {
    const value = valueAt(message, key)
    if (value !== undefined && value !== null && !isWireObject(value)) {
      return { path: key, reason: `${key} must be an object` }
    }
  }
  const missing = (key: string, reason = `${key} is required`): Refusal => ({ path: key, reason })
  const hasPerson = textAt(message, "userId") !== undefined || textAt(message, "anonymousId") !== undefined
  switch (type) {
    case "identify":
      return hasPerson || textAt(objectAt(message, "traits"), "email") !== undefined
        ? undefined
        : missing("userId", "userId, anonymousId or traits.email is required")
    case "group":
      return textAt(message, "groupId") === undefined ? missing("groupId") : undefined
    case "alias":
      if (textAt(message, "previousId") === undefined) return missing("previousId")
      return textAt(message, "userId") === undefined ? missing("userId") : undefined
    case "track":
      if (textAt(message, "event") === undefined) return missing("event")
  }
  return hasPerson ? undefined : missing("userId", "userId or anonymousId is required")
}
