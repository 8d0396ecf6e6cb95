import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import { isTooDeep, tooDeep } from "../message/depth.ts"
import { describeIssue } from "../message/issue.ts"
import { type Failed, failWith } from "./failure.ts"
import { isStandardInput, readText } from "./source.ts"

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
  const text = yield* Effect.catch(readText(source), ({ reason }) =>
    failWith(2, `--${name}: ${isStandardInput(source) ? "standard input" : source.slice(1)} ${reason}`)
  )
  const json = parseJson(text)
  if (Option.isNone(json)) return yield* failWith(2, `--${name}: this is no JSON`)
  return isTooDeep(json.value) ? yield* failWith(2, `--${name}: ${tooDeep}`) : json.value
})

/** What a flag was given, if it fits. */
export const checkFlag =
  <S extends Schema.ConstraintDecoder<unknown>>(name: string, schema: S) =>
  (value: unknown): Effect.Effect<S["Type"], Failed> => {
    const parsed = SchemaParser.decodeUnknownResult(schema)(withoutPrototypes(value))
    if (parsed._tag === "Success") return Effect.succeed(parsed.success)
    const { path, reason } = describeIssue(parsed.failure)
    return failWith(2, `--${name}${path === "" ? "" : `: at ${path}`}: ${reason}`)
  }

/** A Schema reads by name, and would take what hangs on `Object.prototype` for given. */
const withoutPrototypes = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(withoutPrototypes)
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutPrototypes(inner)] as const)
  return { __proto__: null, ...Object.fromEntries(entries) }
}
