import { Effect, FileSystem, Option, Schema, SchemaParser, Stdio, Stream } from "effect"
import { Flag } from "effect/cli"
import { describeIssue } from "../message/issue.ts"
import { type Failed, failWith } from "./failure.ts"

/** A flag whose value is JSON, or `@` and the file that has it, or `-` for standard input. */
export const jsonFlag = (name: string, what: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("json|@file|-"),
    Flag.withDescription(`${what}, as JSON, from a file (@${name}.json) or from standard input (-)`),
    Flag.optional
  )

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** The value of a JSON flag, if it was given and fits. */
export const readJson = <S extends Schema.ConstraintDecoder<unknown>>(
  name: string,
  flag: Option.Option<string>,
  schema: S
) => (Option.isNone(flag) ? Effect.undefined : Effect.flatMap(readAny(name, flag.value), checkFlag(name, schema)))

/** The JSON of a flag, whatever it is. */
export const readAny = Effect.fnUntraced(function* (name: string, source: string) {
  const json = parseJson(yield* readText(name, source))
  return Option.isSome(json) ? json.value : yield* failWith(2, `--${name}: this is no JSON`)
})

/** What a flag was given, if it fits. */
export const checkFlag =
  <S extends Schema.ConstraintDecoder<unknown>>(name: string, schema: S) =>
  (value: unknown): Effect.Effect<S["Type"], Failed> => {
    const parsed = SchemaParser.decodeUnknownResult(schema)(value)
    if (parsed._tag === "Success") return Effect.succeed(parsed.success)
    const { path, reason } = describeIssue(parsed.failure)
    return failWith(2, `--${name}${path === "" ? "" : `: at ${path}`}: ${reason}`)
  }

const readText = Effect.fnUntraced(function* (name: string, source: string) {
  if (source === "-" || source === "@-") {
    const { stdin } = yield* Stdio.Stdio
    const text = yield* Stream.mkString(Stream.decodeText(stdin)).pipe(
      Effect.catch(() => failWith(2, `--${name}: standard input cannot be read`))
    )
    if (text.trim() === "") return yield* failWith(2, `--${name}: standard input is empty; one flag can read it`)
    return text
  }
  if (!source.startsWith("@")) return source
  const files = yield* FileSystem.FileSystem
  return yield* files
    .readFileString(source.slice(1))
    .pipe(Effect.catch((error) => failWith(2, `--${name}: ${source.slice(1)} cannot be read: ${error.reason._tag}`)))
})
