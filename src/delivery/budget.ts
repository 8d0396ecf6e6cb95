import * as Latch from "effect/Latch"
import type { KeepAlive } from "../time/unref.ts"

export interface BudgetLimits {
  /** Most messages. */
  readonly queueCapacity: number
  /** Most bytes of them. */
  readonly queueBytes: number
}

/** The room for messages: admission takes it, and whoever is done with a message gives it back. */
export interface Budget {
  readonly hasRoom: (bytes: number) => boolean
  /** Whether what is taken is within the bounds once so many messages and bytes are given back. */
  readonly fitsAfter: (messages: number, bytes: number) => boolean
  readonly take: (bytes: number) => void
  readonly giveBack: (messages: number, bytes: number) => void
  /**
   * A latch that opens when something is given back from now on: to be asked for in the same step as `hasRoom`. Look again
   * then, another caller may have been faster.
   */
  readonly nextRoom: () => Latch.Latch
  /** Opens it for everyone. */
  readonly releaseWaiters: () => void
  /** Messages and bytes that are taken. */
  readonly taken: () => { readonly messages: number; readonly bytes: number }
}

export const makeBudget = (
  { queueCapacity, queueBytes }: BudgetLimits,
  onChange: (messages: number, bytes: number) => void,
  keepAlive: KeepAlive
): Budget => {
  let takenMessages = 0
  let takenBytes = 0
  const room = Latch.makeUnsafe(true)

  const change = (messages: number, bytes: number): void => {
    takenMessages += messages
    takenBytes += bytes
    if (takenMessages > 0) keepAlive.hold()
    else keepAlive.release()
    onChange(messages, bytes)
  }

  const fitsAfter = (messages: number, bytes: number): boolean =>
    takenMessages - messages <= queueCapacity && takenBytes - bytes <= queueBytes

  return {
    hasRoom: (bytes) => fitsAfter(-1, -bytes),
    fitsAfter,
    take: (bytes) => change(1, bytes),
    giveBack: (messages, bytes) => {
      change(-messages, -bytes)
      room.openUnsafe()
    },
    nextRoom: () => {
      room.closeUnsafe()
      return room
    },
    releaseWaiters: () => {
      room.openUnsafe()
    },
    taken: () => ({ messages: takenMessages, bytes: takenBytes })
  }
}
