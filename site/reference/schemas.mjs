/**
 * Makes one page of a Schema and the type of the same name, and gives it a table of the Schema's fields: their names and
 * types as the Schema has them, and what each is, from the docstrings of the type.
 */
import { pathToFileURL } from "node:url"
import { Schema, SchemaAST } from "effect"
import { Comment, Converter, ReflectionKind } from "typedoc"
import ts from "typescript"
import { sourceOf } from "./tidy.mjs"

export const tellSchemas = (sources) => async (app) => {
  const values = new Map()
  for (const { source } of sources) values.set(source, await import(pathToFileURL(source).href))

  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    const checker = context.programs[0].getTypeChecker()
    const pages = new Map()
    const schemas = []
    for (const module of context.project.children) {
      const { source } = sourceOf(context.project, module, sources)
      for (const child of module.children.filter(isTypeOfValue)) {
        const isTwin = (other) => other !== child && other.name === child.name
        if (module.children.some(isTwin)) context.project.removeReflection(child)
      }
      for (const child of module.children) {
        const schema = values.get(source)[child.name]
        if (child.kindOf(ReflectionKind.Class | ReflectionKind.Variable) && Schema.isSchema(schema)) {
          const value = checker.getTypeOfSymbol(context.getSymbolFromReflection(child))
          schemas.push({ child, ast: fieldsOf(schema), type: checker.getTypeOfSymbol(value.getProperty("Type")) })
        }
        // Of a Schema and its type, the type: others name it.
        if (!child.kindOf(ReflectionKind.Variable) || !pages.has(child.name)) pages.set(child.name, child)
      }
    }
    for (const { child, ast, type } of schemas) {
      const page = pages.get(child.name)
      page.isSchema = true
      const tell = (fault) => app.logger.warn(`${page.getFullName()}${fault}`)
      const tables = makeTables(checker, pages, page, tell)(ast, type)
      const { summary = [], blockTags = [] } = child.comment ?? {}
      const isOther = page.kindOf(ReflectionKind.TypeAlias) && page.type.type !== "query"
      const aboutType = isOther ? [text("\n\nAs a type: "), ...(page.comment?.summary ?? [])] : []
      page.comment = new Comment([...summary, ...aboutType, ...tables], blockTags)
      // What the table has.
      for (const member of [...(page.children ?? [])]) {
        if (!member.flags.isStatic) context.project.removeReflection(member)
      }
      delete page.extendedTypes
      delete page.indexSignatures
      // `typeof Name.Type`.
      if (page.type?.type === "query") page.kind = ReflectionKind.Interface
      if (page !== child) context.project.removeReflection(child)
    }
  })
}

/** What TypeDoc makes of a value that is exported as a type alone. */
const isTypeOfValue = ({ kind, comment }) => kind === ReflectionKind.TypeAlias && comment === undefined

/** Of a class, what it is made of. */
const fieldsOf = (schema) => (schema.fields === undefined ? schema : Schema.Struct(schema.fields)).ast

const makeTables = (checker, pages, page, tell) => {
  const pageOf = (ast) => pages.get(SchemaAST.resolveIdentifier(ast))

  /** A type in a few words, as parts of a comment. */
  const sayType = (ast) => {
    const target = pageOf(ast)
    if (target !== undefined) {
      return [target === page ? code(page.name) : { kind: "inline-tag", tag: "@linkcode", target, text: target.name }]
    }
    switch (ast._tag) {
      case "Union":
        return join(ast.types.map(sayType), " or ")
      case "Literal":
        return [code(JSON.stringify(ast.literal))]
      case "Arrays":
        return [text("array of "), ...join(ast.rest.map(sayType), ", ")]
      case "Objects":
        return [text("record")]
      case "Declaration":
        return [code((ast.annotations?.expected ?? "unknown").replace(/^a valid /, ""))]
      default:
        return [code(ast._tag.toLowerCase()), ...sayChecks(ast)]
    }
  }

  const rowsOf = (ast, type, within = "") =>
    ast.propertySignatures.flatMap(({ name, type: field }) => {
      const { inner, isNullable } = withoutAbsent(field)
      if (inner._tag === "Never") return []
      const symbol = checker.getPropertyOfType(type, name)
      const description = ts.displayPartsToString(symbol.getDocumentationComment(checker))
      if (description === "" && !isLiteral(inner)) tell(`.${within}${name} has no documentation`)
      const row = {
        name: `${within}${name}${SchemaAST.isOptional(field) ? "?" : ""}`,
        isNullable,
        type: sayType(inner),
        description
      }
      const isShown = inner._tag === "Objects" && pageOf(inner) === undefined && within === ""
      const innerType = checker.getNonNullableType(checker.getTypeOfSymbol(symbol))
      return isShown ? [row, ...rowsOf(inner, innerType, `${name}.`)] : [row]
    })

  const table = (ast, type) => {
    const rows = rowsOf(ast, type)
    const optional = rows.filter(({ name }) => name.endsWith("?"))
    const isAnyNullable = optional.length > 0 && optional.every(({ isNullable }) => isNullable)
    return [
      text("| Field | Type | Description |\n| --- | --- | --- |\n"),
      ...rows.flatMap(({ name, isNullable, type, description }) => [
        text("| "),
        code(name),
        text(" | "),
        ...type,
        text(isNullable && !isAnyNullable ? " or `null`" : ""),
        text(" | "),
        ...partsOf(description.replaceAll("\n", " ").replaceAll("|", "\\|")),
        text(" |\n")
      ]),
      text(isAnyNullable ? "\nAny of them may be `null`, which is sent." : ""),
      text(ast.indexSignatures.length > 0 && rows.length > 0 ? "\nAny other key is allowed." : ""),
      text("\n\n")
    ]
  }

  const tables = (ast, type) => {
    if (ast._tag === "Objects" && ast.propertySignatures.length > 0) return table(ast, type)
    if (ast._tag !== "Union") return []
    return ast.types.every((member) => pageOf(member) !== undefined)
      ? [text("One of "), ...join(ast.types.map(sayType), ", "), text(".")]
      : ast.types.flatMap((member) => tables(member, typeOf(member, type)))
  }

  return (ast, type) => {
    const parts = tables(ast, type)
    return parts.length === 0 ? [] : [text("\n\n## Fields\n\n"), ...parts]
  }
}

/** The member of a union of types that has the fields of a member of a union of Schemas. */
const typeOf = (ast, type) =>
  type.types.find((member) => {
    const names = new Set(member.getProperties().map(({ name }) => name))
    return names.size === ast.propertySignatures.length && ast.propertySignatures.every(({ name }) => names.has(name))
  })

/** What a field is where it is there. */
const withoutAbsent = (ast) => {
  if (ast._tag !== "Union") return { inner: ast, isNullable: false }
  const types = ast.types.filter(({ _tag }) => _tag !== "Undefined" && _tag !== "Null")
  const isNullable = ast.types.some(({ _tag }) => _tag === "Null")
  if (types.length !== 1) return { inner: ast, isNullable }
  const { inner, isNullable: isInnerNullable } = withoutAbsent(types[0])
  return { inner, isNullable: isNullable || isInnerNullable }
}

/** Says itself what it is. */
const isLiteral = (ast) => ast._tag === "Literal" || (ast._tag === "Union" && ast.types.every(isLiteral))

const sayChecks = ({ checks = [] }) =>
  checks
    .map(({ annotations }) => annotations?.expected)
    .filter((expected) => expected !== undefined && expected !== "a finite number")
    .map((expected) => text(`, ${sayNumbers(expected)}`))

const sayNumbers = (words) =>
  words
    .replace(/a value between (\d+) and 9007199254740991/, "$1 or more")
    .replaceAll(/\d+/g, (digits) => Number(digits).toLocaleString("en"))

/** Words and code, which may be a name to link. */
const partsOf = (words) =>
  words.split(/(`[^`]+`)/).map((part) => ({ kind: part.startsWith("`") ? "code" : "text", text: part }))

const text = (content) => ({ kind: "text", text: content })

const code = (content) => ({ kind: "code", text: `\`${content}\`` })

const join = (parts, between) => parts.flatMap((part, index) => (index === 0 ? part : [text(between), ...part]))
