const blockSize = 4096

/** Random bytes for many small needs, drawn from `crypto` a block at a time: one draw costs as much as the rest of a call. */
export const makeRandomBytes = (crypto: Crypto): ((size: number) => Uint8Array) => {
  const block = new Uint8Array(blockSize)
  let used = blockSize
  return (size) => {
    if (size > blockSize) return crypto.getRandomValues(new Uint8Array(size))
    if (used + size > blockSize) {
      crypto.getRandomValues(block)
      used = 0
    }
    used += size
    return block.slice(used - size, used)
  }
}
