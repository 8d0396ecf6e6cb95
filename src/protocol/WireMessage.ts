/**
 * What the server makes of a message: whether it takes it, and if not, why and where.
 */
import type { Schema } from "effect"
import { isTooDeep, tooDeep } from "../message/depth.ts"
import type { MessageType } from "../message/Message.ts"

/** A JSON object, as it was on the wire. */
export interface WireObject {
  readonly [key: string]: Schema.Json
}

export interface Refusal {
  /** Within the message, such as `context.device.token`; empty when it is the message as a whole. */
  readonly path: string
  readonly reason: string
}

export const messageTypes: ReadonlyArray<MessageType> = ["identify", "track", "page", "screen", "group", "alias"]

export const isWireObject = (value: unknown): value is WireObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The text at a key; an empty string and `null` count as missing. */
export const textAt = (object: WireObject | undefined, key: string): string | undefined => {
  const value = object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}

export const objectAt = (object: WireObject | undefined, key: string): WireObject | undefined => {
  const value = object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined
  return isWireObject(value) ? value : undefined
}

const ids = ["userId", "anonymousId", "messageId", "groupId", "previousId"]

const objects = ["traits", "properties", "context", "integrations"]

/** Why a message is refused, or `undefined`. Unknown fields and `null` are let through, as the server does. */
export const refuse = (message: unknown, maxMessageBytes: number): Refusal | undefined => {
  if (!isWireObject(message)) return { path: "", reason: "a message must be an object" }
  if (isTooDeep(message)) return { path: "", reason: tooDeep }
  const bytes = wireBytes(message)
  if (bytes > maxMessageBytes) {
    return { path: "", reason: `the message has ${bytes} bytes, the limit is ${maxMessageBytes}` }
  }
  const { type } = message
  if (typeof type !== "string" || !messageTypes.some((known) => known === type)) {
    return { path: "type", reason: `type must be one of ${messageTypes.join(", ")}` }
  }
  for (const key of ids) {
    const value = message[key]
    if (value !== undefined && value !== null && typeof value !== "string") {
      return { path: key, reason: `${key} must be a string` }
    }
  }
  for (const key of objects) {
    const value = message[key]
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

const encoder = new TextEncoder()

/** UTF-8 bytes of a message's JSON. */
export const wireBytes = (message: WireObject): number => encoder.encode(JSON.stringify(message)).length
