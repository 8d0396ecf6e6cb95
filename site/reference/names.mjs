/**
 * What the public types name, as they are published: a name that no subpath exports cannot be written by whoever uses the
 * type, and one of a module that Effect marks as unstable may change with Effect.
 */
import { resolve } from "node:path"
import ts from "typescript"

/** Services that are handed on as they are, to whoever provides them: their shape shows in no program. */
const handedOn = ["HttpClient", "SqlClient"]

/** What is wrong with the names in the types of the subpaths. */
export const faultsOfNames = (root, sources) => {
  const { program, declarationOf } = publish(root, sources)
  const checker = program.getTypeChecker()

  const follow = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  /** The exports of a module, and of namespaces in it. */
  const exportsOf = (module) =>
    checker.getExportsOfModule(module).flatMap((symbol) => {
      const target = follow(symbol)
      const isNamespace = target.declarations?.some(ts.isSourceFile)
      return isNamespace
        ? exportsOf(target).map((entry) => ({ ...entry, name: `${symbol.name}.${entry.name}` }))
        : [{ name: symbol.name, target }]
    })
  const modules = sources.map(({ source }) => ({
    entries: exportsOf(checker.getSymbolAtLocation(program.getSourceFile(declarationOf(source))))
  }))

  const isOurs = ({ declarations = [] }) =>
    declarations.some((declaration) => !declaration.getSourceFile().fileName.includes("/node_modules/"))
  /** What a type is computed by shows in none: what it comes to does. */
  const isComputed = ({ declarations = [] }) =>
    declarations.every(
      (declaration) =>
        ts.isTypeAliasDeclaration(declaration) &&
        [ts.isConditionalTypeNode, ts.isMappedTypeNode, ts.isUnionTypeNode].some((is) => is(declaration.type))
    )
  const isUnstable = ({ declarations = [] }) =>
    declarations.some((declaration) => {
      const { fileName, text } = declaration.getSourceFile()
      return fileName.includes("/node_modules/") && /^\/\*\*(?:(?!\*\/).)*@stability unstable/s.test(text)
    })
  const isExperimental = (node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "experimental")

  /** Every name in a declaration, and in what it is made of without a name of its own. */
  const tellNames = (declaration, tell) => {
    const seen = new Set()
    const visit = (node, isMarked) => {
      if (seen.has(node)) return
      seen.add(node)
      const marked = isMarked || isExperimental(node)
      const name = nameIn(node)
      const symbol = name && checker.getSymbolAtLocation(name)
      if (symbol !== undefined) {
        const target = follow(symbol)
        const isBase = ts.isHeritageClause(node.parent) || ts.isTypeQueryNode(node)
        tell(target, marked, () => {
          if (isBase) for (const base of target.declarations) visit(base, marked)
          return isBase
        })
      }
      ts.forEachChild(node, (child) => visit(child, marked))
    }
    visit(declaration, ts.isVariableDeclaration(declaration) && isExperimental(declaration.parent.parent))
  }

  const exported = new Set(modules.flatMap(({ entries }) => entries).map(({ target }) => target))
  return modules.flatMap(({ entries }) => {
    const faults = entries.flatMap(({ name, target }) =>
      target.declarations.flatMap((declaration) => {
        const faults = []
        tellNames(declaration, (named, isMarked, isPartOfIt) => {
          if (named.flags & ts.SymbolFlags.TypeParameter) return
          if (isOurs(named)) {
            if (exported.has(named) || isComputed(named) || isPartOfIt()) return
            faults.push(`${name} names ${named.name}, which no subpath exports`)
          } else if (!isMarked && isUnstable(named) && !handedOn.includes(named.name)) {
            faults.push(`${name} names ${named.name}, which Effect marks as unstable, and is not marked @experimental`)
          }
        })
        return faults
      })
    )
    return [...new Set(faults)]
  })
}

/** The name that a type is written by. */
const nameIn = (node) => {
  if (ts.isTypeReferenceNode(node)) return node.typeName
  if (ts.isExpressionWithTypeArguments(node)) return node.expression
  if (ts.isTypeQueryNode(node)) return node.exprName
  return ts.isImportTypeNode(node) ? node.qualifier : undefined
}

/** The declarations that the build makes, in memory. */
const publish = (root, sources) => {
  const { config } = ts.readConfigFile(`${root}tsconfig.build.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const declarations = new Map()
  ts.createProgram(
    sources.map(({ source }) => source),
    { ...options, types: ["node"] }
  ).emit(undefined, (file, text) => declarations.set(resolve(file), text), undefined, true)

  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (file) => declarations.has(file) || fileExists(file)
  host.readFile = (file) => declarations.get(file) ?? readFile(file)
  // There is no such folder.
  host.directoryExists = undefined
  const declarationOf = (source) => source.replace(`${root}src/`, `${root}dist/`).replace(/\.ts$/, ".d.ts")
  const program = ts.createProgram(
    sources.map(({ source }) => declarationOf(source)),
    { ...options, declaration: false, declarationMap: false, sourceMap: false, noEmit: true, types: [] },
    host
  )
  return { program, declarationOf }
}
