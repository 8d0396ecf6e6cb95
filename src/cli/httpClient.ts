import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeDispatcher } from "../node/dispatcher.ts"
import { checkProxy, proxyConfig } from "../node/proxy.ts"

const acquireDispatcher = Effect.acquireRelease(
  Effect.gen(function* () {
    // What is wrong with it is said by the command that needs it.
    const proxy = yield* Effect.orElseSucceed(Effect.flatMap(proxyConfig, checkProxy), () => undefined)
    return makeDispatcher(Undici, { requestTimeout: Duration.seconds(10), proxy })
  }),
  (dispatcher) => Effect.promise(() => dispatcher.destroy())
)

/** What the requests of the command line go out by: through a proxy as those of `AnalyticsNodeLive`. */
export const layerHttpClient = NodeHttpClient.layerUndiciNoDispatcher.pipe(
  Layer.provide(Layer.effect(NodeHttpClient.Dispatcher, acquireDispatcher))
)
