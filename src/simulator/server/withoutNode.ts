/**
 * What bundles for browsers and workers have in place of the servers: package.json says so, under `browser`.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const layer = (): Layer.Layer<never> =>
  Layer.effectDiscard(
    Effect.die(new Error("Simulator.layerServer needs Node, Bun or Deno; Simulator.layer() does not"))
  )

export { layer as layerApiServer, layer as layerDevServer }
