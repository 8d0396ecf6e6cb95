/** `node --import ./scripts/from-source.mjs`: what imports the library by name gets it from src, which needs no build. */
import { registerHooks } from "node:module"

registerHooks({
  resolve: (specifier, context, next) =>
    next(
      specifier.replace(
        /^cdp-analytics-effect(\/\w+)?$/,
        (_, path = "") => new URL(`../src${path}/index.ts`, import.meta.url).href
      ),
      context
    )
})
