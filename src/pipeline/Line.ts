import type { Pending } from "../delivery/ledger.ts"
import { takeThose } from "./takeThose.ts"

/** A lane: its messages that were never tried, and how many of the others have no outcome. */
export class Line {
  /** By their numbers. */
  readonly messages: Array<Pending> = []
  /** Of those. */
  bytes = 0
  /** The number of the first of those, and of the last; the lanes are looked through for it with each batch. */
  first = Number.POSITIVE_INFINITY
  #last = 0
  /** Messages that were tried, or are for the first time. */
  held = 0
  /** Of those, the ones in a request. */
  inRequest = 0

  get isFree(): boolean {
    return this.held === 0
  }

  /** Most often behind all others. */
  add(message: Pending): void {
    const { messages } = this
    const { number } = message
    if (messages.length === 0 || number > this.#last) {
      messages.push(message)
      this.#last = number
    } else {
      messages.splice(
        messages.findIndex((other) => other.number > number),
        0,
        message
      )
    }
    this.bytes += message.bytes
    if (number < this.first) this.first = number
  }

  takeThose(isTaken: (message: Pending) => boolean): ReadonlyArray<Pending> {
    const taken = takeThose(this.messages, isTaken)
    for (const { bytes } of taken) this.bytes -= bytes
    this.first = this.messages[0]?.number ?? Number.POSITIVE_INFINITY
    this.#last = this.messages.at(-1)?.number ?? 0
    return taken
  }

  takeFirst(count: number): Array<Pending> {
    const messages = this.messages.splice(0, count)
    for (const { bytes } of messages) this.bytes -= bytes
    this.first = this.messages[0]?.number ?? Number.POSITIVE_INFINITY
    return messages
  }
}
