/**
 * An HTTP service that tracks what happens in its requests.
 *
 * A middleware puts the client's address and user agent into the context of every message of a request. When the service
 * stops, it finishes the requests under way first, and then sends what waits.
 */
import { createServer } from "node:http"
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Analytics } from "cdp-analytics-effect"
import { Console, Effect, Layer, Option, Schema } from "effect"
import {
  HttpClient,
  HttpClientRequest,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { layerAnalytics, Receiver } from "./receiver.ts"

// ---------------------------------------------------------------------------------------------------------------------
// The service
// ---------------------------------------------------------------------------------------------------------------------

/** The context follows the request's fiber, so requests that run at the same time never see each other's. */
const RequestContext = HttpRouter.middleware(
  (respond) =>
    HttpServerRequest.HttpServerRequest.use((request) =>
      respond.pipe(
        Analytics.withContext({
          // Behind a proxy this is the proxy's: take the last address of `x-forwarded-for`. Before one of IPv4 there may be `::ffff:`.
          ip: Option.getOrUndefined(request.remoteAddress)?.replace(/^::ffff:/, ""),
          userAgent: request.headers["user-agent"]
        })
      )
    ),
  { global: true }
)

const Order = Schema.Struct({ userId: Schema.String, sku: Schema.String, price: Schema.Finite })

const Routes = Layer.mergeAll(
  HttpRouter.add(
    "GET",
    "/products/:sku",
    Effect.gen(function* () {
      const { sku } = yield* HttpRouter.schemaPathParams(Schema.Struct({ sku: Schema.String }))
      yield* Analytics.quietly(Analytics.page({ anonymousId: "visitor-7", name: "Product", properties: { sku } }))
      return HttpServerResponse.text(`Product ${sku}`)
    })
  ),
  HttpRouter.add(
    "POST",
    "/orders",
    Effect.gen(function* () {
      const { userId, sku, price } = yield* HttpServerRequest.schemaBodyJson(Order)
      yield* Analytics.quietly(
        Analytics.track({ userId, event: "order_completed", properties: { sku, revenue: price } })
      )
      return HttpServerResponse.empty({ status: 201 })
    })
  )
)

/** A real service would end here, with `Layer.launch(Service).pipe(NodeRuntime.runMain)`. */
const Service = HttpRouter.serve(Layer.mergeAll(Routes, RequestContext), {
  disableLogger: true,
  disableListenLog: true
}).pipe(
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  // Provided to the service, so it closes after it: every request's messages are in the queue by then.
  Layer.provide(layerAnalytics())
)

// ---------------------------------------------------------------------------------------------------------------------
// Some requests
// ---------------------------------------------------------------------------------------------------------------------

const visit = Effect.gen(function* () {
  const server = yield* HttpServer.HttpServer
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest(HttpClientRequest.prependUrl(HttpServer.formatAddress(server.address)))
  )
  const product = (sku: string) =>
    client.execute(
      HttpClientRequest.get(`/products/${sku}`).pipe(HttpClientRequest.setHeader("user-agent", `browser (${sku})`))
    )
  const order = (userId: string, price: number) =>
    HttpClientRequest.post("/orders").pipe(
      HttpClientRequest.setHeader("user-agent", `shop-app/2.1 (${userId})`),
      HttpClientRequest.bodyJsonUnsafe({ userId, sku: "G-32", price }),
      client.execute
    )

  const responses = yield* Effect.all([product("G-32"), product("B-07"), order("ada", 39.95), order("grace", 12.5)], {
    concurrency: "unbounded"
  })
  yield* Console.log(`service: answered ${responses.map(({ status }) => status).join(", ")}, and stops`)
}).pipe(Effect.scoped)

const example = Effect.gen(function* () {
  // The service stops when its layer's scope ends, as it does on SIGTERM under `NodeRuntime.runMain`.
  yield* Effect.provide(visit, Layer.merge(Service, NodeHttpClient.layerUndici))

  const messages = yield* Receiver.messages
  yield* Console.log(`${messages.length} of 4 messages arrived, each with the context of its request:`)
  for (const { event, name, context } of messages) {
    yield* Console.log(`  ${(event ?? name ?? "").padEnd(16)} ${context["ip"]}  ${context["userAgent"]}`)
  }
})

example.pipe(Effect.provide(Receiver.layer), NodeRuntime.runMain)
