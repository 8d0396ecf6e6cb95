/** People share lanes; the messages of a lane leave in order. The outbox keeps the numbers: they must not change. */
export const lanes = 64

/** FNV-1a over the UTF-16 units, a byte at a time. */
export const laneOf = (person: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < person.length; index++) {
    const unit = person.charCodeAt(index)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193)
  }
  // The low bits alone are poorly mixed.
  return ((hash >>> 16) ^ hash) & (lanes - 1)
}
