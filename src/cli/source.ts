/**
 * What a flag is given: as it is, or `@` and the file that has it, or `-` for standard input.
 */
import { createReadStream } from "node:fs"
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
class Unreadable extends Data.TaggedError("Unreadable")<{ readonly reason: string }> {}

export const isStandardInput = (source: string): boolean => source === "-" || source === "@-"

/** Whether the command line has not the text itself. */
export const isElsewhere = (source: string): boolean => source === "-" || source.startsWith("@")

/** The text that a flag was given. */
export const readText = Effect.fnUntraced(function* (source: string) {
  if (!isElsewhere(source)) return source
  const { stdin } = yield* Stdio.Stdio
  let size = 0
  const chunks = yield* (isStandardInput(source) ? stdin : readFile(source.slice(1))).pipe(
    Stream.takeUntil((chunk) => {
      size += chunk.length
      return size > maxBytes
    }),
    Stream.runCollect,
    Effect.mapError((error) => new Unreadable({ reason: `cannot be read: ${explainRead(error)}` }))
  )
  if (size > maxBytes) return yield* new Unreadable({ reason: `has more than ${maxBytes} bytes` })
  const text = yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)),
    catch: () => new Unreadable({ reason: "is no UTF-8" })
  })
  return text.trim() === "" ? yield* new Unreadable({ reason: "is empty" }) : text
})

/** `FileSystem` reads at positions, which a pipe such as `@<(command)` does not have. */
const readFile = (path: string) =>
  NodeStream.fromReadable<Uint8Array, unknown>({ evaluate: () => createReadStream(path), onError: (error) => error })

const readProblems = new Map([
  ["ENOENT", "there is no such file"],
  ["EACCES", "this user may not"],
  ["EISDIR", "it is a folder"]
])

const explainRead = (error: unknown): string => {
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
