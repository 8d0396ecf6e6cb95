import { nameCall } from "./callName.ts"
import type { MessageType } from "./Message.ts"
import { InvalidMessage } from "./MessageError.ts"
import { own } from "./own.ts"
import type { Draft } from "./read.ts"
import { semanticNames } from "./semanticNames.ts"

/**
 * What programs write where there is no value: JavaScript, Python, Ruby, Go, C and Effect, in whatever case the next program
 * made of it. Every message with such an id is about the same person. Numbers such as `0` and words that people choose, such
 * as `anonymous`, are not among them: tables have them.
 */
const placeholder =
  /^(?:undefined|null|<null>|\(null\)|nil|<nil>|none|none\(\)|nan|true|false|\{\}|\[\]|\[object \w+\]|<redacted>|0{8}-?0{4}-?0{4}-?0{4}-?0{12})$/i

const longestPlaceholder = 36

/** The beginning of most ids, and of none of these. */
const ordinary = /^(?:[1-9a-eg-mo-sv-z]|u[^n])/i

/** What of a text shows, but for the space inside. The blank of Braille is a symbol to Unicode, the fillers of Hangul are letters. */
const visibleOf = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, "").trim()

const blank = "Expected a character that shows, unless allowSuspiciousIds is true"

const nobody =
  'Expected an id, not what programs write for no value, such as "undefined", unless allowSuspiciousIds is true'

/** An empty id is a missing one. */
const reasonOfId = (id: unknown): string | undefined => {
  if (typeof id !== "string" || id === "" || ordinary.test(id)) return undefined
  const word = visibleOf(id)
  if (word === "") return blank
  return word.length <= longestPlaceholder && placeholder.test(word) ? nobody : undefined
}

const reasonOfEvent = (event: unknown): string | undefined =>
  typeof event === "string" && !ordinary.test(event) && visibleOf(event) === "" ? blank : undefined

const personIds = ["userId", "anonymousId", "messageId"] as const

const ids: Record<MessageType, ReadonlyArray<string>> = {
  identify: personIds,
  track: personIds,
  page: personIds,
  screen: personIds,
  group: [...personIds, "groupId"],
  alias: [...personIds, "previousId"]
}

const token = ["context", "device", "token"]
const objectId = ["properties", "objectId"]

/** Where the events that Customer.io reads specially have an id of what they are about. */
const semanticIds = new Map<unknown, ReadonlyArray<string>>([
  [semanticNames.registerDevice, token],
  [semanticNames.deleteDevice, token],
  [semanticNames.deleteObject, objectId],
  [semanticNames.unrelate, objectId],
  [semanticNames.reportDelivery, ["properties", "deliveryId"]]
])

/** Of a message that fits its Schema: why an id of it, or its event's name, is none, though it is text. */
export const checkSuspicious = ({ type, message }: Draft): InvalidMessage | undefined => {
  for (const path of ids[type]) {
    const reason = reasonOfId(message[path])
    // Whether it is the message's own is asked only where something was found.
    if (reason !== undefined && Object.hasOwn(message, path)) return refuse(type, message, path, reason)
  }
  if (type === "track") {
    const event = own(message, "event")
    const reason = reasonOfEvent(event)
    if (reason !== undefined) return refuse(type, message, "event", reason)
    const path = semanticIds.get(event)
    const id = path?.reduce<unknown>((value, key) => own(Object(value), key), message)
    const reasonOfSubject = reasonOfId(id)
    if (path !== undefined && reasonOfSubject !== undefined)
      return refuse(type, message, path.join("."), reasonOfSubject)
  }
  // Where there is no other id, it is one.
  if (type === "identify" && !own(message, "userId") && !own(message, "anonymousId")) {
    const reason = reasonOfId(own(Object(own(message, "traits")), "email"))
    if (reason !== undefined) return refuse(type, message, "traits.email", reason)
  }
  return undefined
}

const refuse = (type: MessageType, message: Draft["message"], path: string, reason: string): InvalidMessage =>
  new InvalidMessage({ ...nameCall(type, own(message, "event")), path, reason })
