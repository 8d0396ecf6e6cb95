import { NodeHttpClient } from "@effect/platform-node"
import { Analytics, type AnalyticsOptions } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Layer } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"

const over = (client: Layer.Layer<HttpClient.HttpClient>) => (options: AnalyticsOptions) =>
  Layer.provide(Analytics.layer(options), client)

/** Each way to the network. */
export const clients = {
  undici: over(NodeHttpClient.layerUndici),
  fetch: over(FetchHttpClient.layer),
  AnalyticsNode: AnalyticsNode.layer
}
