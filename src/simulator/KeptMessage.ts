import * as DateTime from "effect/DateTime"
import { ids, isWireObject, type MeasuredMessage, textAt, valueAt, type WireObject } from "../protocol/WireMessage.ts"
import { cut, maxNameLength } from "./cut.ts"
import { weigh, weightOf } from "./weight.ts"

/** A message as it is kept. */
export interface KeptMessage {
  readonly message: WireObject
  readonly weight: number
}

export const keepMessage = (measured: MeasuredMessage, isWhole: boolean, receivedAt: number): KeptMessage => {
  const own: WireObject = isWireObject(measured.message) ? measured.message : {}
  if (!isWhole) {
    const message = stamp(namesOf(own), receivedAt)
    return { message, weight: weigh(message) }
  }
  const { shared, storedSize } = measured
  const message = stamp(shared === undefined ? own : { ...own, context: shared.context }, receivedAt)
  // The stamps are counted with the event, but for the one that may be any text.
  return { message, weight: weightOf(storedSize) + weigh(message["originalTimestamp"]) }
}

const namesOf = (message: WireObject): WireObject =>
  Object.fromEntries(
    ["type", "event", ...ids].flatMap((key) => {
      const text = textAt(message, key)
      return text === undefined ? [] : [[key, cut(text, maxNameLength)]]
    })
  )

/** As the server stores it. */
const stamp = (message: WireObject, receivedAt: number): WireObject => {
  const received = DateTime.formatIso(DateTime.makeUnsafe(receivedAt))
  return {
    ...message,
    timestamp: textAt(message, "timestamp") ?? received,
    originalTimestamp: valueAt(message, "timestamp") ?? null,
    receivedAt: received
  }
}
