/**
 * What is read: what a flag is given, as it is, or `@` and the file that has it, or `-` for standard input, and whole files.
 */
import { createReadStream } from "node:fs"
import { pipeline } from "node:stream"
import { createGunzip } from "node:zlib"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { failWith } from "./failure.ts"

/** More than any flag needs: a device, or a pipe without an end, is not to fill the memory. */
const maxBytes = 1_000_000

/** Said after where it was to be read from. */
export class Unreadable extends Data.TaggedError("Unreadable")<{ readonly reason: string }> {}

export const isStandardInput = (source: string): boolean => source === "-" || source === "@-"

/** Whether the command line has not the text itself. */
export const isElsewhere = (source: string): boolean => source === "-" || source.startsWith("@")

/** The text that a flag was given. */
export const readText = (source: string): Effect.Effect<string, Unreadable, Stdio.Stdio> => {
  if (!isElsewhere(source)) return Effect.succeed(source)
  return readFileText(isStandardInput(source) ? "-" : source.slice(1), maxBytes)
}

/** The text of a file, or of standard input (`-`), if it has no more than so many bytes. */
export const readFileText = Effect.fnUntraced(function* (file: string, maxBytes: number) {
  let size = 0
  const chunks = yield* readBytes(file).pipe(
    Stream.takeUntil((chunk) => {
      size += chunk.length
      return size > maxBytes
    }),
    Stream.runCollect
  )
  if (size > maxBytes) return yield* new Unreadable({ reason: `has more than ${maxBytes} bytes` })
  const text = yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)),
    catch: () => new Unreadable({ reason: "is no UTF-8" })
  })
  return text.trim() === "" ? yield* new Unreadable({ reason: "is empty" }) : text
})

/** The bytes of a file, of what is packed in it where its name ends in `.gz`, or of standard input (`-`). */
export const readBytes = (file: string): Stream.Stream<Uint8Array, Unreadable, Stdio.Stdio> =>
  Stream.mapError(
    file === "-" ? readStdin : readFile(file),
    (error) => new Unreadable({ reason: `cannot be read: ${explainRead(error)}` })
  )

const readStdin: Stream.Stream<Uint8Array, unknown, Stdio.Stdio> = Stream.unwrap(
  Effect.map(Stdio.Stdio, ({ stdin }) => stdin)
)

/** `FileSystem` reads at positions, which a pipe such as `@<(command)` does not have. */
const readFile = (path: string) =>
  NodeStream.fromReadable<Uint8Array, unknown>({ evaluate: () => openFile(path), onError: (error) => error })

const openFile = (path: string) => {
  const packed = createReadStream(path, { highWaterMark: bytesAtOnce })
  // An error of the file is then one of what comes out.
  return path.endsWith(".gz") ? pipeline(packed, createGunzip({ chunkSize: bytesAtOnce }), () => undefined) : packed
}

/** Node's own 64 KiB are a step of this program each, of which long files have many. */
const bytesAtOnce = 262_144

const readProblems = new Map([
  ["ENOENT", "there is no such file"],
  ["EACCES", "this user may not"],
  ["EISDIR", "it is a folder"],
  ["Z_DATA_ERROR", "it is no gzip, or a damaged one"],
  ["Z_BUF_ERROR", "it is a gzip that is cut off"]
])

export const explainRead = (error: unknown): string => {
  const code = Predicate.hasProperty(error, "code") ? String(error.code) : "for a reason that is not known"
  return readProblems.get(code) ?? code
}

/** Standard input can be read once: by one of the flags that were given. */
export const checkReaders = (given: ReadonlyArray<readonly [flag: string, source: string]>) => {
  const readers = given.filter(([, source]) => isStandardInput(source)).map(([flag]) => `--${flag}`)
  return readers.length > 1
    ? failWith(2, `Only one flag can read standard input, not ${readers.join(" and ")}`)
    : Effect.void
}
