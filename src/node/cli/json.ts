import { Effect, FileSystem, Option, Schema, SchemaParser, Stdio, Stream } from "effect"
import { Flag } from "effect/cli"
import { describeIssue } from "../../internal/issue.ts"
import { failWith } from "./failure.ts"

/** A flag whose value is JSON, or `@` and the file that has it, or `-` for standard input. */
export const jsonFlag = (name: string, what: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("json|@file|-"),
    Flag.withDescription(`${what}, as JSON, from a file (@traits.json) or from standard input (-)`),
    Flag.optional
  )

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** The value of a JSON flag, if it was given and fits. */
export const readJson = Effect.fnUntraced(function* <S extends Schema.ConstraintDecoder<unknown>>(
  name: string,
  flag: Option.Option<string>,
  schema: S
) {
  if (Option.isNone(flag)) return undefined
  const text = yield* readText(flag.value)
  const json = parseJson(text)
  if (Option.isNone(json)) return yield* failWith(2, `--${name}: this is no JSON`)
  const parsed = SchemaParser.decodeUnknownResult(schema)(json.value)
  if (parsed._tag === "Success") return parsed.success
  const { path, reason } = describeIssue(parsed.failure)
  return yield* failWith(2, `--${name}${path === "" ? "" : `: at ${path}`}: ${reason}`)
})

const readText = Effect.fnUntraced(function* (source: string) {
  if (source === "-" || source === "@-") {
    const { stdin } = yield* Stdio.Stdio
    return yield* Stream.mkString(Stream.decodeText(stdin)).pipe(
      Effect.catch(() => failWith(2, "standard input cannot be read"))
    )
  }
  if (!source.startsWith("@")) return source
  const files = yield* FileSystem.FileSystem
  return yield* files
    .readFileString(source.slice(1))
    .pipe(Effect.catch((error) => failWith(2, `${source.slice(1)} cannot be read: ${error.reason._tag}`)))
})
