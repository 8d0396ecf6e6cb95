import * as Effect from "effect/Effect"
import type * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

type Handler = (
  request: HttpServerRequest.HttpServerRequest
) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>

/**
 * A path with what it does for each method; `GET` is for `HEAD` too, and the answer to all others is 405. What is written must
 * be JSON: for that a browser asks first, even one that does not say which site asks.
 */
export const addResource = (
  router: HttpRouter.HttpRouter,
  path: `/${string}`,
  methods: { readonly [method: string]: Handler }
) => {
  const handlers = new Map(Object.entries(methods))
  const get = handlers.get("GET")
  if (get !== undefined) handlers.set("HEAD", get)
  const allow = [...handlers.keys()].join(", ")
  return router.add("*", path, (request) => {
    const handler = handlers.get(request.method)
    if (handler === undefined) {
      return Effect.succeed(json({ error: `the method must be one of ${allow}` }, { status: 405, headers: { allow } }))
    }
    const isWritten = request.method === "POST" || request.method === "PUT"
    return isWritten && !isJson(request)
      ? Effect.succeed(HttpServerResponse.text("the content must be JSON", { status: 403 }))
      : handler(request)
  })
}

const isJson = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  headers["content-type"]?.startsWith("application/json") === true

interface Answer {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
}

export const json = (body: unknown, answer?: Answer): HttpServerResponse.HttpServerResponse =>
  jsonText(JSON.stringify(body), answer)

/** For what is written as JSON already. */
export const jsonText = (body: string, { status = 200, headers }: Answer = {}): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body, {
    status,
    contentType: "application/json",
    headers: { "cache-control": "no-store", ...headers }
  })

export const searchParams = ({ url }: HttpServerRequest.HttpServerRequest): URLSearchParams =>
  URL.parse(url, "http://localhost")?.searchParams ?? new URLSearchParams()
