/**
 * Makes TypeDoc's model of src what a reader looks for: modules by the names that they are imported by, types as they are
 * written, classes without what Effect's factories put into them, and a link wherever a public name is in backticks.
 */
import { Comment, Converter, ReferenceReflection, ReflectionFlag, ReflectionKind, UnionType } from "typedoc"
import ts from "typescript"

const capitalised = (text) => text.slice(0, 1).toUpperCase() + text.slice(1)

export const tidy = (packageName, sources) => (app) => {
  /** Where a type was written, to be read again once everything that it may name is there. */
  const written = []
  const noteType = (context, reflection, node) => {
    if (node !== undefined && isNamed(node)) written.push({ context, reflection, node })
  }
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (context, signature, declaration) =>
    noteType(context, signature, declaration?.type)
  )
  app.converter.on(Converter.EVENT_CREATE_PARAMETER, (context, parameter) =>
    noteType(context, parameter, context.getSymbolFromReflection(parameter)?.valueDeclaration?.type)
  )
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, declaration) => {
    if (declaration.kindOf(ReflectionKind.Variable | ReflectionKind.Property)) {
      noteType(context, declaration, context.getSymbolFromReflection(declaration)?.valueDeclaration?.type)
    }
  })

  app.converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    ({ project }) => {
      for (const { context, reflection, node } of written) {
        if (reflection.type !== undefined) project.removeTypeReflections(reflection.type)
        const type = context.converter.convertType(context.withScope(reflection), node)
        reflection.type = reflection.flags.isOptional ? withoutUndefined(type) : type
      }
      for (const module of project.children) {
        module.name = packageName + sourceOf(project, module, sources).subpath.slice(1)
      }
      for (const reflection of project.getReflectionsByKind(ReflectionKind.Module | ReflectionKind.Namespace)) {
        reflection.comment ??= headOf(project, reflection)
      }
      for (const reflection of project.getReflectionsByKind(ReflectionKind.Class)) simplify(project, reflection)
      // Effect's Schemas have one that nobody can call.
      for (const reflection of project.getReflectionsByKind(ReflectionKind.Constructor))
        project.removeReflection(reflection)
      // Not a default, but how it is made.
      for (const reflection of project.getReflectionsByKind(ReflectionKind.Variable)) delete reflection.defaultValue
      for (const reflection of Object.values(project.reflections)) {
        capitaliseCategory(reflection)
        sayExperimental(reflection)
        // It has a page, where it is.
        if (reflection instanceof ReferenceReflection) project.removeReflection(reflection)
      }
    },
    1
  )

  app.converter.on(Converter.EVENT_END, ({ project }) => {
    // Members in the order of the source.
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Class | ReflectionKind.Namespace)) {
      delete reflection.groups
      delete reflection.categories
    }
    // Mostly of what is not public, and what comes of it is in the table all the same.
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Interface)) delete reflection.typeHierarchy
    for (const fault of undocumented(project)) app.logger.warn(`${fault.getFriendlyFullName()} has no documentation`)
    for (const fault of withoutDefault(project)) app.logger.warn(`${fault.getFriendlyFullName()} says no default`)
    for (const reflection of project.getReflectionsByKind(ReflectionKind.TypeAlias)) nameMembers(reflection)
    linkNames(project)
  })
}

/** Says of what it is by names alone. */
const isNamed = (node) =>
  ts.isTypeReferenceNode(node) ||
  (ts.isUnionTypeNode(node) && node.types.every((type) => isNamed(type) || isPlain(type)))

const isPlain = ({ kind }) => kind >= ts.SyntaxKind.FirstKeyword && kind <= ts.SyntaxKind.LastKeyword

/** A `?` says it. */
const withoutUndefined = (type) => {
  if (type.type !== "union") return type
  const types = type.types.filter(({ name }) => name !== "undefined")
  return types.length === 1 ? types[0] : new UnionType(types)
}

const fileOf = (project, module) => project.getSymbolIdFromReflection(module).fileName

/** What a module of the reference was read from. */
export const sourceOf = (project, module, sources) => sources.find(({ source }) => source === fileOf(project, module))

/** The comment at the head of a module's file, which TypeDoc takes for one only with a tag that no other tool needs. */
const headOf = (project, reflection) => {
  const text = ts.sys.readFile(fileOf(project, reflection))
  const [, head] = text.match(/^\/\*\*\n([\s\S]*?)\n \*\//) ?? []
  if (head === undefined) return undefined
  const lines = head.split("\n").map((line) => line.replace(/^ \* ?/, ""))
  const content = lines
    .filter((line) => !line.startsWith("@"))
    .join("\n")
    .trim()
  return new Comment(
    content.split(/(`[^`\n]+`)/).map((text) => ({ kind: /^`[^`]/.test(text) ? "code" : "text", text }))
  )
}

const simplify = (project, reflection) => {
  delete reflection.extendedTypes
  for (const member of [...(reflection.children ?? [])]) {
    // How an error says itself in words is nothing to call.
    const isMachinery = member.kindOf(ReflectionKind.Constructor | ReflectionKind.Accessor)
    if (isMachinery) project.removeReflection(member)
    delete member.inheritedFrom
    delete member.overwrites
    delete member.defaultValue
    member.setFlag(ReflectionFlag.Readonly, false)
  }
}

const capitaliseCategory = ({ comment }) => {
  for (const { content } of comment?.getTags("@category") ?? []) {
    for (const part of content) part.text = capitalised(part.text)
  }
}

/** In its first words, so that lists have it, too. */
const sayExperimental = ({ comment }) => {
  if (comment?.hasModifier("@experimental") !== true) return
  comment.removeModifier("@experimental")
  comment.summary.unshift({ kind: "text", text: "**Experimental.** " })
}

/** Says a union once more, where links can be: in the code of its type there are none. */
const nameMembers = ({ type, comment, isSchema }) => {
  if (isSchema || type?.type !== "union" || !type.types.every(({ type }) => type === "reference")) return
  const names = type.types.map(({ name }) => ({ kind: "code", text: `\`${name}\`` }))
  const between = { kind: "text", text: ", " }
  comment.summary.push(
    { kind: "text", text: "\n\nOne of " },
    ...names.flatMap((name, index) => (index === 0 ? [name] : [between, name])),
    { kind: "text", text: "." }
  )
}

/** Links `Name` and `Name.member`, where they are public and not described right there. */
const linkNames = (project) => {
  const named = new Map()
  for (const module of project.children) {
    for (const child of module.children) {
      named.set(`\`${child.name}\``, child)
      if (!child.kindOf(ReflectionKind.Class | ReflectionKind.Namespace)) continue
      for (const member of child.children ?? []) named.set(`\`${child.name}.${member.name}\``, member)
    }
  }
  for (const reflection of Object.values(project.reflections)) {
    for (const parts of partsOf(reflection.comment)) {
      for (const [index, part] of parts.entries()) {
        const target = part.kind === "code" ? named.get(part.text) : undefined
        if (target !== undefined && !isWithin(reflection, target)) {
          parts[index] = { kind: "inline-tag", tag: "@linkcode", target, text: part.text.slice(1, -1) }
        }
      }
    }
  }
}

/** What is public and says nothing of itself; what is in a type that was written in place is said where that is. */
const undocumented = (project) =>
  project
    .getReflectionsByKind(ReflectionKind.SomeExport | ReflectionKind.SomeModule | ReflectionKind.SomeMember)
    .filter(({ parent }) => !parent.kindOf(ReflectionKind.TypeLiteral))
    .filter((reflection) => ![reflection, ...(reflection.signatures ?? [])].some(saysItself))

/** Options that may be left out, and do not say what is taken then. */
const withoutDefault = (project) =>
  project
    .getReflectionsByKind(ReflectionKind.Property)
    .filter(({ parent, flags }) => flags.isOptional && /(Options|Limit)$/.test(parent.name))
    .filter(({ comment }) => !/\bDefault:\s/.test(textOf(comment)))

/** The first export of a module has its head, if it has no docstring. */
const saysItself = ({ comment, parent }) => textOf(comment) !== "" && textOf(comment) !== textOf(parent.comment)

const textOf = (comment) => (comment?.summary ?? []).map(({ text }) => text).join("")

const partsOf = (comment) =>
  comment === undefined ? [] : [comment.summary, ...comment.blockTags.map((tag) => tag.content)]

const isWithin = (reflection, target) =>
  reflection === target || (reflection.parent !== undefined && isWithin(reflection.parent, target))
