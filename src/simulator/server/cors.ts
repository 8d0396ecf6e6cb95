/**
 * What browsers ask for before they let a page of another origin send events.
 */
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { printableName } from "../../message/printable.ts"
import type { Cors } from "../ListenOptions.ts"

export const isAllowed = (cors: Cors, origin: string | undefined): boolean =>
  cors === true || (origin !== undefined && cors.includes(origin))

/** In the words of the API. */
export const refuseOrigin = (origin: string | undefined): HttpServerResponse.HttpServerResponse => {
  const name = printableName(origin ?? "")
  const [page, flag] = name === "" ? ["another site", "and its origin"] : [name, name]
  const reason = `a page of ${page} may not send events here: start with --cors ${flag}, or set the option cors`
  return HttpServerResponse.text(JSON.stringify({ meta: { errors: [reason] } }), {
    status: 403,
    contentType: "application/json"
  })
}

/** The answer to whether a request may be sent, where that is what is asked. */
export const answerPreflight = ({
  method,
  headers
}: HttpServerRequest.HttpServerRequest): Effect.Effect<HttpServerResponse.HttpServerResponse> | undefined => {
  if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return undefined
  const asked = headers["access-control-request-headers"]
  return Effect.succeed(
    HttpServerResponse.empty({
      status: 204,
      headers: {
        "access-control-allow-methods": "POST",
        ...(asked !== undefined && { "access-control-allow-headers": asked }),
        "access-control-max-age": "600"
      }
    })
  )
}

/** Lets a page of this origin read the answer, and have sent its cookies, which beacons do; nothing here looks at them. */
export const allowOrigin =
  (origin: string | undefined) =>
  (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
    origin === undefined
      ? response
      : HttpServerResponse.setHeaders(response, {
          "access-control-allow-origin": origin,
          "access-control-allow-credentials": "true",
          "access-control-expose-headers": "retry-after",
          vary: "origin"
        })
