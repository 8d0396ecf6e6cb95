/**
 * What the values of a plan are in JSON: by the table of every message (`message/wire.ts`), and what is not in it, such as a
 * `BigInt` or a `Chunk`, as `Schema.toCodecJson` writes it.
 */
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { ownPropertiesWithin } from "../message/own.ts"
import { parseTime } from "../message/time.ts"
import { idOf, isAnyOf, isInTable, isOption, linkOf, type Plain, type TableId } from "./nature.ts"

/**
 * A codec between what a Schema without such a problem says, and JSON as it is read from text. What is optional is left out
 * of it: there is no `undefined`.
 */
export const makeCodec = (schema: Plain): Plain =>
  of(new Walk().convert(SchemaAST.toEncoded(schema.ast))).pipe(Schema.decodeTo(schema, withoutInherited))

/** Effect's parsers find what is inherited, such as `constructor`. */
const withoutInherited = SchemaTransformation.transform<unknown, unknown>({
  decode: (value) => ownPropertiesWithin(value),
  encode: (value) => ownPropertiesWithin(value)
})

const of = (ast: SchemaAST.AST) => Schema.make<Schema.Codec<unknown>>(ast)

/** What may be missing may also be missing of what it is encoded to. */
const asOptional = (ast: SchemaAST.AST, converted: SchemaAST.AST): SchemaAST.AST =>
  SchemaAST.isOptional(ast) && converted.encoding !== undefined ? Schema.optionalKey(of(converted)).ast : converted

const isUndefined = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isUndefined(ast) || SchemaAST.isVoid(ast) || SchemaAST.isUnknown(ast) || SchemaAST.isAny(ast)

/** What stands for nothing, which is left out, if anything does. */
const nothingOf = (ast: SchemaAST.AST): Option.Option<unknown> =>
  isAnyOf(ast, isUndefined)
    ? Option.some(undefined)
    : isAnyOf(ast, isOption)
      ? Option.some(Option.none())
      : Option.none()

class Walk {
  readonly #suspended = new Map<SchemaAST.Suspend, SchemaAST.Suspend>()
  readonly #converted = new Map<SchemaAST.AST, SchemaAST.AST>()

  /** Of what is encoded already: no node has an encoding of its own. What is there twice is converted once. */
  convert(ast: SchemaAST.AST): SchemaAST.AST {
    const known = this.#converted.get(ast)
    if (known !== undefined) return known
    const converted = this.#convert(ast)
    this.#converted.set(ast, converted)
    return converted
  }

  #convert(ast: SchemaAST.AST): SchemaAST.AST {
    switch (ast._tag) {
      case "BigInt":
      case "Literal":
        return Schema.toCodecJson(of(ast)).ast
      case "Suspend":
        return this.#convertSuspend(ast)
      case "Union":
        return new SchemaAST.Union(
          ast.types.map((type) => this.convert(type)),
          ast.options,
          ast.annotations,
          ast.checks,
          undefined,
          ast.context
        )
      case "Arrays":
        return this.#convertArrays(ast)
      case "Objects":
        return this.#convertObjects(ast)
      case "Declaration":
        return this.#convertDeclaration(ast)
      default:
        return ast
    }
  }

  #convertSuspend(ast: SchemaAST.Suspend): SchemaAST.AST {
    const known = this.#suspended.get(ast)
    if (known !== undefined) return known
    let inner: SchemaAST.AST = SchemaAST.never
    const suspended = new SchemaAST.Suspend(() => inner, ast.annotations, ast.checks, undefined, ast.context)
    this.#suspended.set(ast, suspended)
    inner = this.convert(ast.thunk())
    return suspended
  }

  #convertArrays(ast: SchemaAST.Arrays): SchemaAST.AST {
    const [item, ...more] = ast.rest
    if (item !== undefined && isOption(item) && ast.elements.length === 0 && more.length === 0) {
      const [value = item] = item.typeParameters
      const array = Schema.Array(of(this.convert(value)))
      return array.pipe(
        Schema.decodeTo(Schema.Array(Schema.Option(of(value))), SchemaTransformation.transform(presentOnes))
      ).ast
    }
    return new SchemaAST.Arrays(
      ast.isMutable,
      ast.elements.map((element) => asOptional(element, this.convert(element))),
      ast.rest.map((rest) => this.convert(rest)),
      ast.annotations,
      ast.checks,
      undefined,
      ast.context
    )
  }

  #convertObjects(ast: SchemaAST.Objects): SchemaAST.AST {
    return new SchemaAST.Objects(
      ast.propertySignatures.map(
        ({ name, type }) => new SchemaAST.PropertySignature(name, this.#convertProperty(type))
      ),
      ast.indexSignatures.map(({ parameter, type }) => new SchemaAST.IndexSignature(parameter, this.convert(type))),
      ast.annotations,
      ast.checks,
      undefined,
      ast.context
    )
  }

  /** What may be nothing is left out. */
  #convertProperty(ast: SchemaAST.AST): SchemaAST.AST {
    const isOptional = SchemaAST.isOptional(ast)
    const nothing = nothingOf(ast)
    if (Option.isNone(nothing)) return asOptional(ast, this.convert(ast))
    const missing = isOptional ? Option.none() : nothing
    const present = isOption(ast) ? this.#convertSome(ast) : this.#convertPresent(ast)
    const words = describe(ast)
    const optional = Schema.optionalKey(of(present))
    return (Object.keys(words).length === 0 ? optional : optional.annotateKey(words)).pipe(
      Schema.decodeTo(
        of(ast),
        SchemaTransformation.transformOptional<unknown, unknown>({
          decode: Option.orElse(() => missing),
          encode: Option.filter((value) => value !== undefined && !(Option.isOption(value) && Option.isNone(value)))
        })
      )
    ).ast
  }

  /** Without what is nothing. */
  #convertPresent(ast: SchemaAST.AST): SchemaAST.AST {
    if (isOption(ast)) return this.#convertSome(ast)
    if (!SchemaAST.isUnion(ast)) return this.convert(ast)
    const types = ast.types
      .filter((type) => !SchemaAST.isUndefined(type) && !SchemaAST.isVoid(type))
      .map((type) => this.#convertPresent(type))
    const [only, ...others] = types
    return only !== undefined && others.length === 0 && ast.checks === undefined
      ? only
      : new SchemaAST.Union(types, ast.options, ast.annotations, ast.checks)
  }

  /** An Option that is there is its value. */
  #convertSome({ typeParameters: [value = SchemaAST.never] }: SchemaAST.Declaration) {
    return of(this.convert(value)).pipe(Schema.decodeTo(Schema.Option(of(value)), SchemaTransformation.transform(some)))
      .ast
  }

  #convertDeclaration(ast: SchemaAST.Declaration): SchemaAST.AST {
    if (isOption(ast)) {
      const [value = SchemaAST.never] = ast.typeParameters
      return Schema.OptionFromUndefinedOr(of(this.convert(value))).ast
    }
    const id = idOf(ast)
    if (isInTable(id)) return table[id](ast)
    const link = linkOf(ast)
    if (link === undefined || link.transformation._tag === "Middleware") return Schema.toCodecJson(of(ast)).ast
    return of(this.convert(link.to)).pipe(Schema.decodeTo(of(ast), link.transformation)).ast
  }
}

const some = {
  decode: (value: unknown) => Option.some(value),
  encode: Option.getOrUndefined
}

const presentOnes = {
  decode: (values: ReadonlyArray<unknown>): ReadonlyArray<Option.Option<unknown>> =>
    values.map((value) => Option.some(value)),
  encode: (options: ReadonlyArray<Option.Option<unknown>>): ReadonlyArray<unknown> =>
    options.flatMap((option) => (Option.isSome(option) ? [option.value] : []))
}

const timeText = Schema.String.check(
  Schema.makeFilter((text: string) => parseTime(text) !== undefined, {
    expected: "an ISO 8601 time with its zone, such as 2026-01-31T12:00:00Z"
  })
)

const decimalText = Schema.String.check(
  Schema.makeFilter((text: string) => text !== "" && Option.isSome(BigDecimal.fromString(text)), {
    expected: "a decimal number as text"
  })
)

/** The words that the Schema has for people go with its form in JSON. */
const describe = (ast: SchemaAST.AST) => {
  const description = ast.context?.annotations?.["description"] ?? SchemaAST.resolveDescription(ast)
  const title = ast.context?.annotations?.["title"] ?? SchemaAST.resolveTitle(ast)
  return { ...(typeof description === "string" && { description }), ...(typeof title === "string" && { title }) }
}

const link =
  <A, Json>(json: Schema.Codec<Json>, transformation: { decode: (json: Json) => A; encode: (value: A) => Json }) =>
  (ast: SchemaAST.Declaration): SchemaAST.AST =>
    json
      .annotate(describe(ast))
      .pipe(Schema.decodeTo(Schema.make<Schema.Codec<A>>(ast), SchemaTransformation.transform(transformation))).ast

const table: Readonly<Record<TableId, (ast: SchemaAST.Declaration) => SchemaAST.AST>> = {
  "effect/schema/Date": link(timeText.annotate({ format: "date-time" }), {
    decode: (text) => DateTime.toDateUtc(DateTime.makeUnsafe(text)),
    encode: (date: Date) => date.toISOString()
  }),
  "effect/schema/DateTimeUtc": link(timeText.annotate({ format: "date-time" }), {
    decode: (text) => DateTime.makeUnsafe(text),
    encode: DateTime.formatIso
  }),
  "effect/schema/DateTimeZoned": link(timeText.annotate({ format: "date-time" }), {
    decode: (text) => DateTime.makeZonedUnsafe(text, { timeZone: "UTC" }),
    encode: DateTime.formatIso
  }),
  "effect/schema/Duration": link(Schema.Finite, { decode: Duration.millis, encode: Duration.toMillis }),
  "effect/schema/BigDecimal": link(decimalText, { decode: BigDecimal.fromStringUnsafe, encode: BigDecimal.format })
}
