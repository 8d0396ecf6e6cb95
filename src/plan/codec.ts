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

/** A Schema that needs no services. */
export type Plain = Schema.ConstraintCodec<unknown, unknown>

/** Why JSON has no form for the values of a Schema, and where in it. */
export interface NoJson {
  readonly path: ReadonlyArray<string>
  readonly reason: string
}

/** Why what a Schema says must not, or cannot, be sent. */
export const jsonProblemOf = (schema: Plain): NoJson | undefined => {
  const walk = new Walk().look(schema.ast, [])
  walk.convert(SchemaAST.toEncoded(schema.ast), [])
  return walk.problem
}

/**
 * A codec between what a Schema without such a problem says, and JSON as it is read from text. What is optional is left out
 * of it: there is no `undefined`.
 */
export const makeCodec = (schema: Plain): Plain =>
  of(new Walk().convert(SchemaAST.toEncoded(schema.ast), [])).pipe(Schema.decodeTo(schema, withoutInherited))

/** What is to be known of a Schema, to ask no more of a value than is needed. */
export interface Nature {
  /** JSON has some value otherwise than the table of every message says. */
  readonly isBesideTable: boolean
  /** What is asked of a value can be asked of its JSON as well, without decoding it. */
  readonly isSameInJson: boolean
}

export const natureOf = (schema: Plain): Nature => {
  const { isBesideTable, hasChecksOfWholes } = new Walk().look(schema.ast, [])
  return { isBesideTable, isSameInJson: !isBesideTable && !hasChecksOfWholes }
}

/** Effect's parsers find what is inherited, such as `constructor`. */
const withoutInherited = SchemaTransformation.transform<unknown, unknown>({
  decode: (value) => ownPropertiesWithin(value),
  encode: (value) => ownPropertiesWithin(value)
})

const of = (ast: SchemaAST.AST) => Schema.make<Schema.Codec<unknown>>(ast)

/** What may be missing may also be missing of what it is encoded to. */
const asOptional = (ast: SchemaAST.AST, converted: SchemaAST.AST): SchemaAST.AST =>
  SchemaAST.isOptional(ast) && converted.encoding !== undefined ? Schema.optionalKey(of(converted)).ast : converted

const idOf = (ast: SchemaAST.AST): unknown => {
  const representation = ast.annotations?.["representation"]
  return typeof representation === "object" && representation !== null && "id" in representation
    ? representation.id
    : undefined
}

const isOption = (ast: SchemaAST.AST): ast is SchemaAST.Declaration =>
  SchemaAST.isDeclaration(ast) && idOf(ast) === "effect/schema/Option"

/** What is declared and not in the table. */
const isBeside = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isDeclaration(ast) && !isOption(ast) && !Object.hasOwn(table, String(idOf(ast)))

const isUndefined = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isUndefined(ast) || SchemaAST.isVoid(ast) || SchemaAST.isUnknown(ast) || SchemaAST.isAny(ast)

const isAnyOf = (ast: SchemaAST.AST, is: (ast: SchemaAST.AST) => boolean): boolean =>
  is(ast) || (SchemaAST.isUnion(ast) && ast.types.some((type) => isAnyOf(type, is)))

/** What stands for nothing, which is left out, if anything does. */
const nothingOf = (ast: SchemaAST.AST): Option.Option<unknown> =>
  isAnyOf(ast, isUndefined)
    ? Option.some(undefined)
    : isAnyOf(ast, isOption)
      ? Option.some(Option.none())
      : Option.none()

const wholes: ReadonlySet<string> = new Set(["Declaration", "Objects", "Arrays", "Union", "Suspend"])

class Walk {
  problem: NoJson | undefined
  isBesideTable = false
  /** Which are asked of what is decoded, and not of text or a number. */
  hasChecksOfWholes = false
  readonly #seen = new Set<SchemaAST.AST>()
  readonly #suspended = new Map<SchemaAST.Suspend, SchemaAST.Suspend>()
  readonly #converted = new Map<SchemaAST.AST, SchemaAST.AST>()

  /** Refuses what must not be sent, also where what it is encoded to could be. */
  look(ast: SchemaAST.AST, path: ReadonlyArray<string>): this {
    if (this.#seen.has(ast)) return this
    this.#seen.add(ast)
    if (idOf(ast) === "effect/schema/Redacted") this.#refuse(path, "what is Redacted is not to be sent")
    this.isBesideTable ||= ast.encoding !== undefined || SchemaAST.isBigInt(ast) || isBeside(ast)
    this.hasChecksOfWholes ||= ast.checks !== undefined && wholes.has(ast._tag)
    for (const { transformation } of ast.encoding ?? []) {
      if (transformation._tag === "Middleware") this.#refuse(path, "a middleware may need services")
    }
    for (const [key, inner] of membersOf(ast)) this.look(inner, key === undefined ? path : [...path, key])
    const to = ast.encoding?.at(-1)?.to
    if (to !== undefined) this.look(to, path)
    return this
  }

  /** Of what is encoded already: no node has an encoding of its own. What is there twice is converted once. */
  convert(ast: SchemaAST.AST, path: ReadonlyArray<string>): SchemaAST.AST {
    const known = this.#converted.get(ast)
    if (known !== undefined) return known
    const converted = this.#convert(ast, path)
    this.#converted.set(ast, converted)
    return converted
  }

  #convert(ast: SchemaAST.AST, path: ReadonlyArray<string>): SchemaAST.AST {
    switch (ast._tag) {
      case "Symbol":
      case "UniqueSymbol":
        return this.#refuse(path, "JSON has no symbol")
      case "BigInt":
      case "Literal":
        return Schema.toCodecJson(of(ast)).ast
      case "Suspend":
        return this.#convertSuspend(ast, path)
      case "Union":
        return new SchemaAST.Union(
          ast.types.map((type) => this.convert(type, path)),
          ast.options,
          ast.annotations,
          ast.checks,
          undefined,
          ast.context
        )
      case "Arrays":
        return this.#convertArrays(ast, path)
      case "Objects":
        return this.#convertObjects(ast, path)
      case "Declaration":
        return this.#convertDeclaration(ast, path)
      default:
        return ast
    }
  }

  #convertSuspend(ast: SchemaAST.Suspend, path: ReadonlyArray<string>): SchemaAST.AST {
    const known = this.#suspended.get(ast)
    if (known !== undefined) return known
    let inner: SchemaAST.AST = SchemaAST.never
    const suspended = new SchemaAST.Suspend(() => inner, ast.annotations, ast.checks, undefined, ast.context)
    this.#suspended.set(ast, suspended)
    inner = this.convert(ast.thunk(), path)
    return suspended
  }

  #convertArrays(ast: SchemaAST.Arrays, path: ReadonlyArray<string>): SchemaAST.AST {
    const [item, ...more] = ast.rest
    const at = [...path, "[]"]
    if (item !== undefined && isOption(item) && ast.elements.length === 0 && more.length === 0) {
      const [value = item] = item.typeParameters
      const array = Schema.Array(of(this.convert(value, at)))
      return array.pipe(
        Schema.decodeTo(Schema.Array(Schema.Option(of(value))), SchemaTransformation.transform(presentOnes))
      ).ast
    }
    return new SchemaAST.Arrays(
      ast.isMutable,
      ast.elements.map((element, index) => this.#convertElement(element, [...path, `[${index}]`])),
      ast.rest.map((rest) => this.convert(rest, at)),
      ast.annotations,
      ast.checks,
      undefined,
      ast.context
    )
  }

  /** What is left out of a tuple would leave its place to the next. */
  #convertElement(ast: SchemaAST.AST, path: ReadonlyArray<string>): SchemaAST.AST {
    const mayBeNothing = isAnyOf(ast, isOption) || isAnyOf(ast, SchemaAST.isUndefined)
    return mayBeNothing
      ? this.#refuse(path, "JSON has nothing for an Option or undefined in a tuple")
      : asOptional(ast, this.convert(ast, path))
  }

  #convertObjects(ast: SchemaAST.Objects, path: ReadonlyArray<string>): SchemaAST.AST {
    return new SchemaAST.Objects(
      ast.propertySignatures.map(({ name, type }) => {
        const at = [...path, String(name)]
        if (typeof name === "symbol") this.#refuse(at, "JSON has no symbol as a name")
        return new SchemaAST.PropertySignature(name, this.#convertProperty(type, at))
      }),
      ast.indexSignatures.map(({ parameter, type }) => {
        if (parameter._tag === "Symbol") this.#refuse(path, "JSON has no symbol as a name")
        return new SchemaAST.IndexSignature(parameter, this.convert(type, path))
      }),
      ast.annotations,
      ast.checks,
      undefined,
      ast.context
    )
  }

  /** What may be nothing is left out. */
  #convertProperty(ast: SchemaAST.AST, path: ReadonlyArray<string>): SchemaAST.AST {
    const isOptional = SchemaAST.isOptional(ast)
    const nothing = nothingOf(ast)
    if (Option.isNone(nothing)) return asOptional(ast, this.convert(ast, path))
    const missing = isOptional ? Option.none() : nothing
    const present = isOption(ast) ? this.#convertSome(ast, path) : this.#convertPresent(ast, path)
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
  #convertPresent(ast: SchemaAST.AST, path: ReadonlyArray<string>): SchemaAST.AST {
    if (isOption(ast)) return this.#convertSome(ast, path)
    if (!SchemaAST.isUnion(ast)) return this.convert(ast, path)
    const types = ast.types
      .filter((type) => !SchemaAST.isUndefined(type) && !SchemaAST.isVoid(type))
      .map((type) => this.#convertPresent(type, path))
    const [only, ...others] = types
    return only !== undefined && others.length === 0 && ast.checks === undefined
      ? only
      : new SchemaAST.Union(types, ast.options, ast.annotations, ast.checks)
  }

  /** An Option that is there is its value. */
  #convertSome({ typeParameters: [value = SchemaAST.never] }: SchemaAST.Declaration, path: ReadonlyArray<string>) {
    return of(this.convert(value, path)).pipe(
      Schema.decodeTo(Schema.Option(of(value)), SchemaTransformation.transform(some))
    ).ast
  }

  #convertDeclaration(ast: SchemaAST.Declaration, path: ReadonlyArray<string>): SchemaAST.AST {
    if (isOption(ast)) {
      const [value = SchemaAST.never] = ast.typeParameters
      return Schema.OptionFromUndefinedOr(of(this.convert(value, path))).ast
    }
    const ours = table[String(idOf(ast))]
    if (ours !== undefined) return ours(ast)
    const { annotations } = ast
    if (annotations?.["toCodecJson"] === undefined && annotations?.["toCodec"] === undefined) {
      return this.#refuse(path, "it has no form in JSON: it is declared without toCodecJson")
    }
    return Schema.toCodecJson(of(ast)).ast
  }

  #refuse(path: ReadonlyArray<string>, reason: string): SchemaAST.AST {
    this.problem ??= { path, reason }
    return SchemaAST.never
  }
}

/** What an AST has in it, by the keys that lead there. */
export function* membersOf(ast: SchemaAST.AST): Generator<readonly [string | undefined, SchemaAST.AST]> {
  switch (ast._tag) {
    case "Declaration":
      for (const parameter of ast.typeParameters) yield [undefined, parameter]
      return
    case "Suspend":
      yield [undefined, ast.thunk()]
      return
    case "Union":
      for (const type of ast.types) yield [undefined, type]
      return
    case "Arrays":
      for (const [index, element] of ast.elements.entries()) yield [`[${index}]`, element]
      for (const rest of ast.rest) yield ["[]", rest]
      return
    case "Objects":
      for (const { name, type } of ast.propertySignatures) yield [String(name), type]
      for (const { type } of ast.indexSignatures) yield ["*", type]
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

/** Those of the table of every message, by the ids of Effect's Schemas. */
const table: Readonly<Record<string, (ast: SchemaAST.Declaration) => SchemaAST.AST>> = {
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
