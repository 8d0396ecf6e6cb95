/**
 * Gathers the pages of the site from where they lie in the repository. A link leads where it leads there: to a page, or to a
 * page that shows a file. A link to what is not there is a fault.
 */
import { copyFileSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, extname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../", import.meta.url))

const sections = [
  { text: "Guides", pattern: "docs/guides/*.md" },
  { text: "Concepts", pattern: "docs/*.md" },
  { text: "Project", pattern: "{CHANGELOG,CONTRIBUTING,SECURITY,bench/README}.md" }
]

const images = [".png", ".svg", ".jpg", ".gif", ".webp"]

/** Code, which has no links, or a link. */
const links = /(^ *(`{3,}).*?^ *\2|`[^`\n]*`)|(\]\(|^\[[^\]\n]+\]: |(?:src|href)=")([^\s)"]+)/gms

/** Where in the site a file of the repository is. */
const routeOf = (path) => {
  if (path === "README.md") return "index.md"
  const route = path.replace(/^docs\//, "").replace(/README\.md$/, "index.md")
  if (images.includes(extname(path))) return route
  if (extname(path) !== ".md") return `files/${route.replaceAll(".", "-")}.md`
  return route.includes("/") ? route : route.toLowerCase()
}

const titleOf = (text) => text.match(/^# (.+)$/m)?.[1].replaceAll("`", "") ?? "Untitled"

/** Writes the pages into a folder, and returns the sidebar, and the links that lead nowhere. */
export const gatherPages = (folder) => {
  const faults = []
  const written = new Map()
  const read = (path) => readFileSync(join(root, path), "utf8")

  const write = (path) => {
    const route = routeOf(path)
    const other = written.get(route)
    if (other === path) return
    if (other !== undefined) faults.push(`${path} and ${other} would both be ${route}`)
    written.set(route, path)
    const file = join(folder, route)
    mkdirSync(dirname(file), { recursive: true })
    if (images.includes(extname(path))) copyFileSync(join(root, path), file)
    else writeFileSync(file, extname(path) === ".md" ? relink(path) : show(path))
  }

  const relink = (path) =>
    read(path).replaceAll(links, (whole, code, _fence, before, link) => {
      if (code !== undefined || /^([a-z]+:|#)/.test(link)) return whole
      const [target, ...anchor] = link.split("#")
      const wanted = posix.join(posix.dirname(path), target)
      if (wanted.startsWith("..") || !statSync(join(root, wanted), { throwIfNoEntry: false })?.isFile()) {
        faults.push(`${path} links to ${link}, which is no file of the repository`)
        return whole
      }
      write(wanted)
      const relative = posix.relative(posix.dirname(routeOf(path)), routeOf(wanted))
      return `${before}${[relative.startsWith(".") ? relative : `./${relative}`, ...anchor].join("#")}`
    })

  write("README.md")
  const readme = read("README.md")
  /** In the order in which the README says where to go at its end. */
  const rankOf = (path) => (readme.includes(`](${path}`) ? readme.lastIndexOf(`](${path}`) : readme.length)
  const sidebar = sections.map(({ text, pattern }) => {
    const paths = globSync(pattern, { cwd: root }).sort()
    for (const path of paths) write(path)
    const items = paths
      .toSorted((one, other) => rankOf(one) - rankOf(other))
      .map((path) => ({ text: titleOf(read(path)), link: `/${routeOf(path).replace(/(index)?\.md$/, "")}` }))
    return { text, items }
  })
  return { sidebar: sidebar.filter(({ items }) => items.length > 0), faults }
}

/** A page that shows a file. */
const show = (path) => {
  const language =
    { ".ts": "ts", ".mjs": "js", ".js": "js", ".json": "json", ".sh": "sh", ".yml": "yaml" }[extname(path)] ?? "text"
  const text = readFileSync(join(root, path), "utf8")
  const fence = "`".repeat(Math.max(3, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length + 1)))
  return `# ${path}\n\n${fence}${language}\n${text.trimEnd()}\n${fence}\n`
}
