import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Stream from "effect/Stream"
import type { InvalidOptions } from "../../AnalyticsError.ts"
import { makeEngine, type RawAnswer, ServedEngine } from "../Engine.ts"
import type { ListenOptions } from "../ListenOptions.ts"
import { makeWithBody } from "./bodies.ts"
import { layerEventsApi } from "./eventsApi.ts"
import { makeGuard } from "./guard.ts"

/** A request that has not come whole after so many milliseconds does not come. */
const requestTimeout = 60_000

/** The API's routes. */
const layerApi = HttpRouter.use((router) =>
  Effect.flatMap(ServedEngine, (engine) => {
    const withBody = makeWithBody()
    return router.add(
      "*",
      "/v1/*",
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const { method, url, headers } = request
        const [path = ""] = url.split("?", 1)
        const limit = engine.bodyLimit({ method, path, headers })
        return yield* withBody(limit === 0 ? Stream.empty : request.stream, limit, (body) =>
          body === undefined
            ? Effect.succeed(
                HttpServerResponse.empty({ status: 503, headers: { "retry-after": "1", connection: "close" } })
              )
            : Effect.flatMap(engine.handle({ method, path, headers, body }), (answer) => respond(request, answer))
        )
      })
    )
  })
)

const respond = (request: HttpServerRequest.HttpServerRequest, answer: RawAnswer) =>
  Effect.suspend(() => {
    if (answer._tag === "Respond") {
      const { status, body } = answer
      // The rest of what is too long is not waited for.
      const headers = status === 413 ? { ...answer.headers, connection: "close" } : answer.headers
      return Effect.succeed(HttpServerResponse.text(body, { status, headers }))
    }
    const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
    if (answer._tag === "Truncate") {
      const half = answer.body.slice(0, answer.body.length / 2)
      socket.write(`HTTP/1.1 ${answer.status} OK\r\ncontent-length: ${answer.body.length + 1}\r\n\r\n${half}`)
    }
    socket.destroySoon()
    return Effect.succeed(HttpServerResponse.empty())
  })

/** Where this machine finds the server: an address that is any of its own is none to connect to. */
const urlOf = (address: NetAddress.SocketAddress): string => {
  const isAny = !NetAddress.isUnixPathAddress(address) && NetAddress.isUnspecified(address.address)
  if (!isAny) return HttpServer.formatAddress(address)
  const loopback = NetAddress.isIpv4Address(address.address) ? NetAddress.ipv4Loopback : NetAddress.ipv6Loopback
  return HttpServer.formatAddress(NetAddress.inetAddressUnsafe(loopback, address.port))
}

/** A simulator on a socket, with the API's routes, those for tests, and more of them. */
export const layerApiServer = (
  options: unknown,
  listen: ListenOptions,
  layerMore: Layer.Layer<never, never, HttpRouter.HttpRouter | ServedEngine> = Layer.empty
): Layer.Layer<ServedEngine, InvalidOptions | HttpServerError.ServeError> => {
  // What a fault stalls must not hold up the end.
  const layerHttp = NodeHttpServer.layer(() => createServer({ requestTimeout }), {
    port: listen.port,
    host: listen.host,
    gracefulShutdownTimeout: "100 millis"
  })
  const layerEngine = Layer.effect(
    ServedEngine,
    Effect.flatMap(HttpServer.HttpServer, (server) => makeEngine(options, urlOf(server.address)))
  )
  const layerGuard = HttpRouter.use((router) =>
    Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
      router.addGlobalMiddleware(makeGuard(listen, NetAddress.isUnixPathAddress(address) ? listen.port : address.port))
    )
  )
  return HttpRouter.serve(Layer.mergeAll(layerGuard, layerApi, layerEventsApi, layerMore), {
    disableLogger: true,
    disableListenLog: true
  }).pipe(Layer.provideMerge(layerEngine), Layer.provide(layerHttp))
}
