/** The links of a built site that lead nowhere: to no page, or to no place in one. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"

export const deadLinks = (folder) => {
  const pages = new Map(globSync("**/*.html", { cwd: folder }).map((path) => [path, readPage(join(folder, path))]))
  const faults = []
  for (const [path, { hrefs }] of pages) {
    for (const href of hrefs) {
      const [target, anchor = ""] = href.split("#")
      const wanted =
        target === "" ? path : posix.join(target.startsWith("/") ? "" : posix.dirname(path), target).replace(/^\//, "")
      const page = [wanted, `${wanted}.html`, posix.join(wanted, "index.html")].find((candidate) =>
        pages.has(candidate)
      )
      const isThere =
        page === undefined ? existsSync(join(folder, wanted)) && anchor === "" : pages.get(page).has(anchor)
      if (!isThere) faults.push(`${path} links to ${href}`)
    }
  }
  return faults
}

const readPage = (file) => {
  const html = readFileSync(file, "utf8")
  const valuesOf = (name) =>
    new Set(Array.from(html.matchAll(new RegExp(` ${name}="([^"]*)"`, "g")), ([, value]) => value))
  const ids = valuesOf("id")
  return {
    hrefs: [...valuesOf("href")].filter((href) => !/^[a-z]+:/.test(href)),
    has: (anchor) => anchor === "" || ids.has(decodeURIComponent(anchor))
  }
}
