/**
 * Traits and properties: as JSON, one by one, or both.
 */
import { Effect, Option, Schema } from "effect"
import { Flag } from "effect/cli"
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

const AnyFields = Schema.Record(Schema.String, Schema.Unknown)

/** What both flags say, if it fits. */
export const readFields = Effect.fnUntraced(function* <S extends Schema.ConstraintDecoder<unknown>>(
  one: One,
  flags: { readonly all: Option.Option<string>; readonly each: Readonly<Record<string, string>> },
  schema: S
) {
  const plural = plurals[one]
  const given = Object.entries(flags.each)
  if (Option.isNone(flags.all) && given.length === 0) return undefined
  const all = Option.isNone(flags.all)
    ? {}
    : yield* Effect.flatMap(readAny(plural, flags.all.value), checkFlag(plural, AnyFields))
  const each = yield* Effect.forEach(given, ([key, text]) => {
    if (!key.endsWith(":")) return Effect.succeed([key, text] as const)
    const name = key.slice(0, -1)
    return Effect.map(readAny(`${one} ${name}`, text), (value) => [name, value] as const)
  })
  return yield* checkFlag(plural, schema)({ ...all, ...Object.fromEntries(each) })
})
