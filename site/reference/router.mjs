/** A page for each public name, `reference/node/AnalyticsNode`, whatever kind of thing it is. */
import { ReflectionKind } from "typedoc"
import { MemberRouter } from "typedoc-plugin-markdown"

class NamesRouter extends MemberRouter {
  getIdealBaseName(reflection) {
    if (reflection.kindOf(ReflectionKind.Module)) return `${folderOf(reflection)}/index`
    return `${folderOf(reflection.parent)}/${reflection.name}`
  }

  buildChildPages(reflection, pages) {
    // What is in a namespace is on its page.
    if (reflection.parent?.kindOf(ReflectionKind.Namespace)) this.buildAnchors(reflection, reflection.parent)
    else super.buildChildPages(reflection, pages)
  }
}

/** `simulator` of `cdp-analytics-effect/simulator`, and `core` of the package itself. */
const folderOf = (module) => module.name.split("/").slice(1).join("/") || "core"

export const useRouter = (app) => {
  app.renderer.defineRouter("names", NamesRouter)
}
