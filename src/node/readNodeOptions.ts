import * as Effect from "effect/Effect"
import { readOptions } from "../AnalyticsOptions.ts"
import { makeNodeExchange } from "./nodeExchange.ts"
import { checkProxy } from "./proxy.ts"

/** How requests go out on Node, and the options that any client has. */
export const readNodeOptions = Effect.fnUntraced(function* (options: unknown) {
  const { proxy, ...others } = yield* Effect.fromResult(readOptions(options))
  return { exchangeOf: makeNodeExchange(yield* checkProxy(proxy)), others }
})
