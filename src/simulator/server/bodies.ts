/**
 * Reading bodies from sockets, however many come at a time and however slowly.
 */
import { Effect, Stream } from "effect"
import { readUpTo } from "../body.ts"

/** Bodies that are still being read hold no more than this together. */
const heldAtMost = 256 * 1024 * 1024

/** Reads a body up to a byte more than `limit`; `undefined` where there is no room for it now. */
export const makeReadBody = () => {
  let held = 0
  return <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, limit: number) =>
    Effect.suspend(() => {
      let own = 0
      let hasRoom = true
      return bytes.pipe(
        Stream.takeWhile((piece) => {
          own += piece.length
          held += piece.length
          hasRoom = held <= heldAtMost
          return hasRoom
        }),
        (stream) => readUpTo(stream, limit),
        Effect.map((body) => (hasRoom ? body : undefined)),
        Effect.ensuring(
          Effect.sync(() => {
            held -= own
          })
        )
      )
    })
}
