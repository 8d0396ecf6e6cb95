/**
 * Traits and properties: as JSON, one by one, or both.
 */

import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { printableName } from "../message/printable.ts"
import { checkFlag, jsonFlag, readAny } from "./json.ts"

type One = "trait" | "property"

const plurals = { trait: "traits", property: "properties" } as const

/** The two flags: one for all of them, one that is repeated. */
export const fieldFlags = (one: One, what: string) => ({
  all: jsonFlag(plurals[one], what),
  each: Flag.KeyValuePair(one).pipe(
    Flag.withDescription(`One ${one}, over those of --${plurals[one]}: key=text, or key:=json; can be repeated`),
    Flag.withDefault({})
  )
})

/** What both flags were given. */
export interface GivenFields {
  readonly all: Option.Option<string>
  readonly each: Readonly<Record<string, string>>
}

const AnyFields = Schema.Record(Schema.String, Schema.Unknown)

/** `key:` of `key:=json`. */
const isJson = (key: string): boolean => key.endsWith(":")

const flagOf = (one: One, key: string): string => `${one} ${printableName(key.slice(0, -1))}`

/** The JSON of both flags, each with its flag. */
export const fieldSources = (one: One, { all, each }: GivenFields): ReadonlyArray<readonly [string, string]> => [
  ...Option.toArray(all).map((source) => [plurals[one], source] as const),
  ...Object.entries(each)
    .filter(([key]) => isJson(key))
    .map(([key, source]) => [flagOf(one, key), source] as const)
]

/** What both flags say, if it fits. */
export const readFields = Effect.fnUntraced(function* <S extends Schema.ConstraintDecoder<unknown>>(
  one: One,
  flags: GivenFields,
  schema: S
) {
  const plural = plurals[one]
  const given = Object.entries(flags.each)
  if (Option.isNone(flags.all) && given.length === 0) return undefined
  const all = Option.isNone(flags.all)
    ? {}
    : yield* Effect.flatMap(readAny(plural, flags.all.value), checkFlag(plural, AnyFields))
  const each = yield* Effect.forEach(given, ([key, text]) =>
    isJson(key)
      ? Effect.map(readAny(flagOf(one, key), text), (value) => [key.slice(0, -1), value] as const)
      : Effect.succeed([key, text] as const)
  )
  return yield* checkFlag(plural, schema)({ ...all, ...Object.fromEntries(each) })
})
