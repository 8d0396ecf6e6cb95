import { createServer } from "node:http"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Analytics, type AnalyticsOptions, type CallError, type Receipt } from "cdp-analytics-effect"
import { AnalyticsNode } from "cdp-analytics-effect/node"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import {
  FetchHttpClient,
  HttpClient,
  HttpClientResponse,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"

const Body = Schema.fromJsonString(
  Schema.Struct({
    batch: Schema.Array(Schema.Record(Schema.String, Schema.Json)),
    sentAt: Schema.String
  })
)
const decodeBody = Schema.decodeSync(Body)

/** A request as the server got it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: { readonly [name: string]: string | undefined }
  /** As they were on the wire, compressed or not. */
  readonly bytes: Uint8Array
  /** Of the uncompressed body. */
  readonly text: string
  readonly batch: ReadonlyArray<{ readonly [key: string]: Schema.Json }>
  readonly sentAt: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

export type Handler = (received: Received, index: number) => Effect.Effect<Answer>

/** A `/v1/batch` that remembers what it got and answers as it is told; 200 until then. */
export class Server extends Context.Service<
  Server,
  {
    readonly endpoint: string
    readonly received: Array<Received>
    answer: Handler
  }
>()("cdp-analytics-effect/test/support/Server") {
  static readonly answer = (handler: Handler) =>
    Server.useSync((server) => {
      server.answer = handler
    })

  static readonly received = Server.useSync((server): ReadonlyArray<Received> => server.received)

  /** The `event`s of each batch that arrived. */
  static readonly events = Server.useSync((server) =>
    server.received.map(({ batch }) => batch.map((message) => String(message["event"])))
  )
}

const ok: Answer = { status: 200, body: "{}" }

const makeServer = (endpoint: string): Server["Service"] => ({
  endpoint,
  received: [],
  answer: () => Effect.succeed(ok)
})

const gunzip = (bytes: Uint8Array<ArrayBuffer>) =>
  Effect.promise(() => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text())

const receive = Effect.fnUntraced(function* (
  server: Server["Service"],
  request: Pick<Received, "method" | "path" | "headers"> & { readonly bytes: Uint8Array<ArrayBuffer> }
) {
  const text =
    request.headers["content-encoding"] === "gzip"
      ? yield* gunzip(request.bytes)
      : new TextDecoder().decode(request.bytes)
  const received: Received = { ...request, text, ...decodeBody(text) }
  const index = server.received.push(received) - 1
  return yield* server.answer(received, index)
})

/** The server behind an `HttpClient` that opens no socket. */
export const layerMock: Layer.Layer<Server | HttpClient.HttpClient> = Layer.effectContext(
  Effect.sync(() => {
    const server = makeServer("https://cdp.customer.io")
    const client = HttpClient.make((request, url) => {
      if (request.body._tag !== "Uint8Array") return Effect.die("expected a body of bytes")
      return receive(server, {
        method: request.method,
        path: url.pathname,
        headers: request.headers,
        bytes: new Uint8Array(request.body.body)
      }).pipe(
        Effect.map(({ status, headers, body }) =>
          HttpClientResponse.fromWeb(request, new Response(body ?? null, { status, ...(headers && { headers }) }))
        )
      )
    })
    return Context.make(Server, server).pipe(Context.add(HttpClient.HttpClient, client))
  })
)

/** The server on a socket of the loopback interface. */
export const layerReal = Layer.effect(
  Server,
  Effect.gen(function* () {
    const http = yield* HttpServer.HttpServer
    const server = makeServer(HttpServer.formatAddress(http.address))
    yield* http.serve(
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const bytes = new Uint8Array(yield* request.arrayBuffer)
        const { method, url: path, headers } = request
        const answer = yield* receive(server, { method, path, headers, bytes })
        return HttpServerResponse.text(answer.body ?? "", {
          status: answer.status,
          ...(answer.headers && { headers: answer.headers })
        })
      })
    )
    return server
  })
).pipe(Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))

/** How clients are made. */
const MakeLayer = Context.Reference<typeof Analytics.layer>("cdp-analytics-effect/test/support/MakeLayer", {
  defaultValue: () => Analytics.layer
})

/** The client for Node, beside an `HttpClient` that it does not use. */
export const layerNodeClients = Layer.merge(
  Layer.succeed(MakeLayer, AnalyticsNode.layer),
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make(() => Effect.die("not to be used"))
  )
)

/** Each way to reach the server. */
export const transports = {
  "a mocked HttpClient": layerMock,
  "undici and a socket": Layer.merge(layerReal, NodeHttpClient.layerUndici),
  "fetch and a socket": Layer.merge(layerReal, FetchHttpClient.layer),
  "AnalyticsNode and a socket": Layer.merge(layerReal, layerNodeClients)
} as const

export const testKey = "test-key"

/** A client of the server in the context. */
export const layerClient = (options: Partial<AnalyticsOptions> = {}) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { endpoint } = yield* Server
      const layer = yield* MakeLayer
      return layer({ apiKey: Redacted.make(testKey), endpoint, ...options })
    })
  )

/** A client over the mocked server. */
export const layerMocked = (options: Partial<AnalyticsOptions> = {}) =>
  Layer.provideMerge(layerClient(options), layerMock)

/** Lets every fiber run that can, without moving the clock. */
export const settle = Effect.repeat(Effect.yieldNow, { times: 50 })

/** Tracks `event`s named by their numbers. */
export const trackMany = (from: number, to: number) =>
  Effect.forEach(
    Array.from({ length: to - from + 1 }, (_, index) => from + index),
    (number) => trackOne(number)
  )

export const trackOne = (number: number): Effect.Effect<Receipt, CallError, Analytics> =>
  Analytics.track({ userId: "u", event: String(number) })

/** `from` to `to` as `Server.events` shows them. */
export const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
