/**
 * Writes the reference of every entry of package.json `exports` as Markdown to a folder, from the docstrings in src. Fails
 * where something public has no docstring, where an option says no default, where a type names what is not public or not
 * stable, and where a link leads nowhere.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Application, ReflectionKind } from "typedoc"
import { MarkdownRendererEvent } from "typedoc-plugin-markdown"
import { faultsOfNames } from "./names.mjs"
import { useRouter } from "./router.mjs"
import { tellSchemas } from "./schemas.mjs"
import { tidy } from "./tidy.mjs"

const root = fileURLToPath(new URL("../../", import.meta.url))

const { name: packageName, exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"))

/** The source of each subpath that has code. */
const sources = Object.entries(exports).flatMap(([subpath, { default: file }]) =>
  file?.startsWith("./dist/") && file.endsWith(".js")
    ? [{ subpath, source: root + file.replace("./dist/", "src/").replace(/\.js$/, ".ts") }]
    : []
)

export const writeReference = async (folder) => {
  const app = await Application.bootstrapWithPlugins({
    name: packageName,
    entryPoints: sources.map(({ source }) => source),
    tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
    // `npm run check:types` does that, with the newest compiler.
    skipErrorChecking: true,
    readme: "none",
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeTags: ["@since"],
    sort: ["source-order"],
    sortEntryPoints: false,
    defaultCategory: "Modules",
    categoryOrder: [
      "Services",
      "Layers",
      "Config",
      "Options",
      "Schemas",
      "Models",
      "Call errors",
      "Delivery errors",
      "Layer errors",
      "*",
      "Parts of types"
    ],
    cascadedModifierTags: [],
    logLevel: "Warn",
    // What types are computed by is no part of them.
    intentionallyNotExported: ["DefinitionOf", "EventBody", "EventsOf", "MergedKind", "Named", "NamesOf", "TraitsBody"],
    validation: { notExported: true, invalidLink: true, rewrittenLink: true, invalidPath: true },

    plugin: ["typedoc-plugin-markdown", tidy(packageName, sources), tellSchemas(sources), useRouter],
    router: "names",
    entryFileName: "index",
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    expandObjects: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeDeclarationFormat: "table",
    indexFormat: "table",
    tableColumnSettings: { hideModifiers: true, hideOverrides: true, hideInherited: true, hideSources: true },
    pageTitleTemplates: { index: "API reference", module: ({ name }) => name, member: ({ name }) => name }
  })
  // The heads of tables.
  const kinds = ["class", "function", "interface", "namespace", "type_alias", "variable"]
  app.internationalization.addTranslations("en", Object.fromEntries(kinds.map((kind) => [`kind_${kind}`, "Name"])))

  let contents
  app.renderer.markdownHooks.on("content.begin", ({ page }) => sayImport(page.model))
  app.renderer.on(MarkdownRendererEvent.END, ({ project }) => {
    contents = contentsOf(project, (reflection) => app.renderer.router.getFullUrl(reflection))
  })

  const project = await app.convert()
  if (project === undefined) return undefined
  app.validate(project)
  for (const fault of faultsOfNames(root, sources)) app.logger.warn(fault)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) return undefined
  await app.outputs.writeOutput({ name: "markdown", path: folder }, project)
  return app.logger.hasErrors() || app.logger.hasWarnings() ? undefined : contents
}

/** The line that brings it into a program. */
const sayImport = (page) => {
  if (page.parent === undefined || page.kindOf(ReflectionKind.Module)) return ""
  const isType = page.kindOf(ReflectionKind.Interface | ReflectionKind.TypeAlias) && !page.isSchema
  return `\`\`\`ts\nimport ${isType ? "type " : ""}{ ${page.name} } from "${page.parent.name}"\n\`\`\``
}

/** For the sidebar, and for links from other pages. */
const contentsOf = (project, urlOf) => ({
  modules: project.children.map((module) => ({
    name: module.name,
    url: urlOf(module),
    // TypeDoc leaves them out where there is only the default.
    categories: (module.categories ?? [{ title: "Modules", children: module.children }]).map(({ title, children }) => ({
      title,
      pages: children.map((child) => ({ name: child.name, url: urlOf(child) }))
    }))
  })),
  names: Object.fromEntries(
    project.children.flatMap((module) =>
      module.children.flatMap((child) => [
        [child.name, urlOf(child)],
        ...(child.kindOf(ReflectionKind.Class | ReflectionKind.Namespace) ? (child.children ?? []) : []).map(
          (member) => [`${child.name}.${member.name}`, urlOf(member)]
        )
      ])
    )
  )
})
