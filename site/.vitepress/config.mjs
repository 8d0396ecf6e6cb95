import { readFileSync } from "node:fs"
import { defineConfig } from "vitepress"

const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"))

const { name, version, description } = readJson("../../package.json")
/** What `build.mjs` wrote. */
const { sidebar, reference } = readJson("../pages/contents.json")
const urls = new Map(Object.entries(reference.names))

/** As GitHub and npm do it, so that a link to a heading leads there on all three. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replaceAll(/\s/gu, "-")

/** Links public names in backticks to their place in the reference, as the reference itself does. */
const linkNames = (md) => {
  md.core.ruler.push("names", ({ tokens, env, Token }) => {
    if (env.relativePath?.startsWith("reference/")) return
    for (const [index, token] of tokens.entries()) {
      if (token.type !== "inline" || tokens[index - 1]?.type === "heading_open") continue
      let depth = 0
      token.children = token.children.flatMap((child) => {
        depth += child.type === "link_open" ? 1 : child.type === "link_close" ? -1 : 0
        const url = child.type === "code_inline" && depth === 0 ? urls.get(child.content) : undefined
        if (url === undefined) return [child]
        const open = new Token("link_open", "a", 1)
        open.attrSet("href", `/reference/${url}`)
        open.attrSet("class", "name")
        return [open, child, new Token("link_close", "a", -1)]
      })
    }
  })
}

/**
 * Says in each cell of a table what its column is, for screens that are too narrow for columns; the reference has the same
 * columns everywhere. A table whose first column has no name is there to compare cells, and keeps its columns.
 */
const labelCells = (md) => {
  md.core.ruler.push("cells", ({ tokens, env }) => {
    const isLabelled = !env.relativePath?.startsWith("reference/")
    let headings = []
    let column = 0
    for (const [index, token] of tokens.entries()) {
      if (token.type === "table_open") headings = []
      if (token.type === "tr_open") column = 0
      if (token.type === "th_open") headings.push(textOf(tokens[index + 1]))
      if (token.type === "tbody_open" && headings[0] !== "") token.attrSet("class", "upright")
      if (token.type === "td_open") {
        const isSaid = column > 0 && textOf(tokens[index + 1]) !== ""
        if (isLabelled && isSaid) token.attrSet("data-label", headings[column])
        column++
      }
    }
  })
}

const textOf = ({ children }) => children.map(({ content }) => content).join("")

/** Pages are no templates: two braces are two braces. */
const keepBraces = (md) => {
  const { text } = md.renderer.rules
  md.renderer.rules.text = (...args) => text(...args).replaceAll("{{", "&#123;&#123;")
}

const referenceSidebar = [
  { text: "Overview", link: "/reference/" },
  ...reference.modules.map((module) => ({
    text: module.name.replace(/.*\//, "…/"),
    link: `/reference/${module.url.replace(/index\.md$/, "")}`,
    collapsed: false,
    items: module.categories.map(({ title, pages }) => ({
      text: title,
      collapsed: true,
      items: pages.map((page) => ({ text: page.name, link: `/reference/${page.url}` }))
    }))
  }))
]

const firstOf = (title) => sidebar.find(({ text }) => text === title)?.items[0].link

export default defineConfig({
  title: name,
  description,
  lang: "en",
  srcDir: "pages",
  cleanUrls: true,
  head: [["link", { rel: "icon", href: "data:," }]],
  transformPageData: ({ relativePath, frontmatter }) => {
    // Names, without the parameters of each.
    if (relativePath.startsWith("reference/")) frontmatter.outline = 2
  },
  markdown: { anchor: { slugify }, config: (md) => md.use(linkNames).use(labelCells).use(keepBraces) },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      ...["Guides", "Concepts"].flatMap((text) => {
        const link = firstOf(text)
        return link === undefined ? [] : [{ text, link }]
      }),
      { text: "API", link: "/reference/", activeMatch: "/reference/" },
      { text: version, link: "/changelog" }
    ],
    sidebar: {
      "/": [
        {
          text: "Start",
          items: [
            { text: "What it is", link: "/" },
            { text: "API reference", link: "/reference/" }
          ]
        },
        ...sidebar
      ],
      "/reference/": referenceSidebar
    }
  }
})
