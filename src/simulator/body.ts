/**
 * A request's body, as far as it is read: what is longer is left where it is.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { ResolvedSimulatorOptions } from "./SimulatorOptions.ts"

/** So far beyond `maxBatchBytes` a body is still read, for the answer to say how long it is. */
const margin = 4_000_000

/** Gzip makes a batch hardly ever more than so many times smaller. */
const compression = 20

/** How many bodies are inflated at a time: as many as Node has threads for it, and no more in memory than that. */
const inflatedAtOnce = 4

/** Most bytes of a body, as it arrives and inflated. Whatever is longer is answered 413. */
export const longestBody = ({ maxBatchBytes, countCompressed }: ResolvedSimulatorOptions): number =>
  countCompressed ? maxBatchBytes * compression : maxBatchBytes + margin

/** The bytes of a stream, or, where there are more than `limit`, the first of them and at least one too many. */
export const readUpTo = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  limit: number
): Effect.Effect<Uint8Array<ArrayBuffer>, E, R> =>
  Effect.suspend(() => {
    // One buffer that grows: a piece of a byte is an object of hundreds.
    let whole = new Uint8Array(16_384)
    let length = 0
    return bytes.pipe(
      Stream.takeUntil((piece) => {
        const end = length + piece.length
        if (end > whole.length) {
          const larger = new Uint8Array(Math.max(end, whole.length * 2))
          larger.set(whole)
          whole = larger
        }
        whole.set(piece, length)
        length = end
        return length > limit
      }),
      Stream.runDrain,
      Effect.map(() => whole.subarray(0, length))
    )
  })

interface Encoded {
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array<ArrayBuffer>
}

/** Takes the compression off a body, up to a byte more than `limit`; `undefined` when it is not what `Content-Encoding` says. */
export const makeUncompress = (limit: number) =>
  Effect.map(Semaphore.make(inflatedAtOnce), (semaphore) => {
    const inflate = (body: Uint8Array<ArrayBuffer>) =>
      readUpTo(
        Stream.fromReadableStream({
          evaluate: () => new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip")),
          onError: () => undefined
        }),
        limit
      ).pipe(
        Effect.orElseSucceed(() => undefined),
        semaphore.withPermit
      )
    return ({ headers, body }: Encoded): Effect.Effect<Uint8Array<ArrayBuffer> | undefined> =>
      headers["content-encoding"]?.trim().toLowerCase() === "gzip" && body.length <= limit
        ? inflate(body)
        : Effect.succeed(body)
  })
