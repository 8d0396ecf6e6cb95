/**
 * What is to be known of a Schema before its values are sent.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** A Schema that needs no services. */
export type Plain = Schema.ConstraintCodec<unknown, unknown>

/** Those of Effect's Schemas that the table of every message (`message/wire.ts`) has, beside Option. */
const tableIds = [
  "effect/schema/Date",
  "effect/schema/DateTimeUtc",
  "effect/schema/DateTimeZoned",
  "effect/schema/Duration",
  "effect/schema/BigDecimal"
] as const

export type TableId = (typeof tableIds)[number]

const inTable: ReadonlySet<unknown> = new Set(tableIds)

export const isInTable = (id: unknown): id is TableId => inTable.has(id)

export const idOf = (ast: SchemaAST.AST): unknown => {
  const representation = ast.annotations?.["representation"]
  return typeof representation === "object" && representation !== null && "id" in representation
    ? representation.id
    : undefined
}

const optionId = "effect/schema/Option"

export const isOption = (ast: SchemaAST.AST): ast is SchemaAST.Declaration =>
  SchemaAST.isDeclaration(ast) && idOf(ast) === optionId

export const isAnyOf = (ast: SchemaAST.AST, is: (ast: SchemaAST.AST) => boolean): boolean =>
  is(ast) || (SchemaAST.isUnion(ast) && ast.types.some((type) => isAnyOf(type, is)))

/** How what is declared with others in it, such as a Chunk, is said by an array or an object of those. */
export const linkOf = (ast: SchemaAST.AST): SchemaAST.Link | undefined => {
  if (!SchemaAST.isDeclaration(ast) || idOf(ast) === optionId || ast.typeParameters.length === 0) return undefined
  const toLink = ast.annotations?.["toCodecJson"] ?? ast.annotations?.["toCodec"]
  if (typeof toLink !== "function") return undefined
  const link: unknown = toLink(ast.typeParameters.map((parameter) => Schema.make(SchemaAST.toEncoded(parameter))))
  return link instanceof SchemaAST.Link ? link : undefined
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

/** Why JSON has no form for the values of a Schema, and where in it. */
export interface NoJson {
  readonly path: ReadonlyArray<string>
  readonly reason: string
}

/** Why what a Schema says must not, or cannot, be sent. */
export const jsonProblemOf = ({ ast }: Plain): NoJson | undefined =>
  findProblem(ast, true, [], { sent: new Set(), decoded: new Set() })

/** What is encoded to something else by the Schema itself need have no form in JSON. */
const findProblem = (
  ast: SchemaAST.AST,
  isSent: boolean,
  path: ReadonlyArray<string>,
  seen: { readonly sent: Set<SchemaAST.AST>; readonly decoded: Set<SchemaAST.AST> }
): NoJson | undefined => {
  const to = ast.encoding?.at(-1)?.to
  const isSentAsIs = isSent && to === undefined
  const asSuch = isSentAsIs ? seen.sent : seen.decoded
  if (asSuch.has(ast)) return undefined
  asSuch.add(ast)
  const reason = secretOf(ast) ?? (isSentAsIs ? formlessOf(ast) : undefined)
  if (reason !== undefined) return { path, reason }
  const sent = isSentAsIs ? linkOf(ast)?.to : undefined
  if (sent !== undefined) return findProblem(sent, true, path, seen)
  for (const [key, inner] of membersOf(ast)) {
    const problem = findProblem(inner, isSentAsIs, key === undefined ? path : [...path, key], seen)
    if (problem !== undefined) return problem
  }
  return to === undefined ? undefined : findProblem(to, isSent, path, seen)
}

/** Whether there is a place of which something holds. */
const has = (ast: SchemaAST.AST, is: (ast: SchemaAST.AST) => boolean, seen = new Set<SchemaAST.AST>()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  const to = ast.encoding?.at(-1)?.to
  return (
    is(ast) || [...membersOf(ast)].some(([, inner]) => has(inner, is, seen)) || (to !== undefined && has(to, is, seen))
  )
}

/** Also where what it is encoded to could be sent. */
const secretOf = (ast: SchemaAST.AST): string | undefined => {
  if (idOf(ast) === "effect/schema/Redacted") return "what is Redacted is not to be sent"
  return ast.encoding?.some(({ transformation }) => transformation._tag === "Middleware")
    ? "a middleware may need services"
    : undefined
}

/** Of what is encoded to nothing else. */
const formlessOf = (ast: SchemaAST.AST): string | undefined => {
  switch (ast._tag) {
    case "Symbol":
    case "UniqueSymbol":
      return "JSON has no symbol"
    case "Objects":
      return ast.propertySignatures.some(({ name }) => typeof name === "symbol") ||
        ast.indexSignatures.some(({ parameter }) => parameter._tag === "Symbol")
        ? "JSON has no symbol as a name"
        : undefined
    case "Arrays":
      // What is left out of a tuple would leave its place to the next.
      return ast.elements.some((element) => isAnyOf(element, isOption) || isAnyOf(element, SchemaAST.isUndefined))
        ? "JSON has nothing for an Option or undefined in a tuple"
        : undefined
    case "Declaration": {
      const { annotations } = ast
      const hasForm = annotations?.["toCodecJson"] !== undefined || annotations?.["toCodec"] !== undefined
      return hasForm ? undefined : "it has no form in JSON: it is declared without toCodecJson"
    }
    default:
      return undefined
  }
}

/** What may be asked of a value, and how little of it is enough. */
export interface Nature {
  /** JSON has some value otherwise than the table of every message says. */
  readonly isBesideTable: boolean
  /** What is asked of a value can be asked of its JSON as well, without decoding it. */
  readonly isSameInJson: boolean
}

export const natureOf = ({ ast }: Plain): Nature => {
  const isBesideTable = has(ast, isBeside)
  return { isBesideTable, isSameInJson: !isBesideTable && !has(ast, isCheckedWhole) }
}

const isBeside = (ast: SchemaAST.AST): boolean =>
  ast.encoding !== undefined ||
  SchemaAST.isBigInt(ast) ||
  (SchemaAST.isLiteral(ast) && typeof ast.literal === "bigint") ||
  (SchemaAST.isDeclaration(ast) && !isOption(ast) && !isInTable(idOf(ast)))

const wholes: ReadonlySet<string> = new Set(["Declaration", "Objects", "Arrays", "Union", "Suspend"])

/** What is asked of wholes is asked of what is decoded; of text and numbers it is the same. */
const isCheckedWhole = (ast: SchemaAST.AST): boolean => ast.checks !== undefined && wholes.has(ast._tag)
