/**
 * How much JSON there is room for while a value is gone through: what is far too large is refused on the way, before its JSON
 * is made, and however often the same value stands in it.
 */
export class Room {
  /** In bytes; less than none where there was no room. */
  left: number
  /** What was gone through already, and is right: it is not gone through again. */
  known: unknown
  private readonly bytes: number

  constructor(bytes: number) {
    this.bytes = bytes
    this.left = bytes
  }

  /** Takes some of it, and says whether there was so much. */
  take(bytes: number): boolean {
    this.left -= bytes
    return this.left >= 0
  }

  get isOver(): boolean {
    return this.left < 0
  }

  get taken(): number {
    return this.bytes - this.left
  }
}

export const endlessRoom = (): Room => new Room(Number.POSITIVE_INFINITY)

/** A message that is over its limit by no more is counted to the last byte, to say by how much. */
const countedOverLimit = 65_536

/** Whether so many bytes are all that the message has, and not only those that were counted. */
export const isCounted = (bytes: number, limit: number): boolean => bytes <= limit + countedOverLimit

/** For a message that may have so many bytes. */
export const roomFor = (limit: number): Room => new Room(limit + countedOverLimit)
