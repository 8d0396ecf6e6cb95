/**
 * Metrics, and a span for each batch, over OTLP. The collector here is a server of this program that prints their names.
 */
import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Analytics } from "cdp-analytics-effect"
import { Simulator } from "cdp-analytics-effect/simulator"
import { Console, Effect, Layer, Redacted, Schema } from "effect"
import { FetchHttpClient, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Otlp } from "effect/observability"

const Named = Schema.Struct({ name: Schema.String })
const Metrics = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({ scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Named) })) })
  )
})
const Spans = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      scopeSpans: Schema.Array(
        Schema.Struct({ spans: Schema.Array(Schema.Struct({ name: Schema.String, links: Schema.Array(Schema.Json) })) })
      )
    })
  )
})

const collector = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  if (request.url === "/v1/metrics") {
    const { resourceMetrics } = yield* HttpServerRequest.schemaBodyJson(Metrics)
    const names = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    for (const { name } of names) yield* Console.log(`metric ${name}`)
  }
  if (request.url === "/v1/traces") {
    const { resourceSpans } = yield* HttpServerRequest.schemaBodyJson(Spans)
    const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    for (const { name, links } of spans) yield* Console.log(`span   ${name}, ${links.length} links`)
  }
  return HttpServerResponse.empty({ status: 200 })
})

const Collector = HttpServer.serve(collector).pipe(
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
)

const Observability = Layer.unwrap(
  Effect.map(HttpServer.HttpServer, ({ address }) =>
    Otlp.layerJson({ baseUrl: HttpServer.formatAddress(address), resource: { serviceName: "shop" } })
  )
).pipe(Layer.provide(FetchHttpClient.layer))

const AnalyticsLayer = Layer.provide(
  Analytics.layer({ apiKey: Redacted.make("a-key-for-the-examples") }),
  Layer.orDie(Simulator.layer())
)

const checkout = Effect.fn("checkout")(function* (userId: string) {
  yield* Analytics.track({ userId, event: "order_completed" })
})

const program = Effect.gen(function* () {
  yield* checkout("ada")
  yield* checkout("grace")
  yield* Analytics.flush
}).pipe(
  // Under the client, so that its metrics and spans are exported too.
  Effect.provide(AnalyticsLayer.pipe(Layer.provideMerge(Observability), Layer.provide(Collector)))
)

await Effect.runPromise(program)
