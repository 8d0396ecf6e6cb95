/**
 * Bodies from sockets, however many come at a time and however slowly.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readUpTo } from "../body.ts"

/** Bodies that are being read, and those of requests that have no answer yet, hold no more than this together. */
const heldAtMost = 256 * 1024 * 1024

/**
 * Reads a body up to a byte more than `limit` and uses it, or `undefined` where there is no room for it now. What is made of
 * it may take its time: it waits for its turn to be inflated, or for a fault.
 */
export const makeWithBody = () => {
  let held = 0
  return <A, E1, R1, E2, R2>(
    bytes: Stream.Stream<Uint8Array, E1, R1>,
    limit: number,
    use: (body: Uint8Array<ArrayBuffer> | undefined) => Effect.Effect<A, E2, R2>
  ) =>
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
        Effect.flatMap((body) => use(hasRoom ? body : undefined)),
        Effect.ensuring(
          Effect.sync(() => {
            held -= own
          })
        )
      )
    })
}
