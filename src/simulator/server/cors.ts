/**
 * What browsers ask for before they let a page of another origin send events.
 */
import { Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { InvalidOptions } from "../../AnalyticsError.ts"
import { printableName } from "../../message/printable.ts"

/** The origins whose pages may send events: all, or these. */
export type Cors = true | ReadonlyArray<string>

export const resolveCors = (cors: Cors = []): Effect.Effect<Cors, InvalidOptions> =>
  cors === true
    ? Effect.succeed(cors)
    : Effect.forEach(cors, (text, index) => {
        const origin = originOf(text)
        return origin === undefined
          ? Effect.fail(
              new InvalidOptions({
                option: `cors[${index}]`,
                reason: "must be an origin, such as http://localhost:3000"
              })
            )
          : Effect.succeed(origin)
      })

/** As browsers write it; `null` is that of files and sandboxes. */
const originOf = (text: string): string | undefined => {
  if (text === "null") return text
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]+\/?$/i.test(text)) return undefined
  const origin = URL.parse(text)?.origin ?? "null"
  // Of schemes that are not the web's, such as an extension's, a URL says no origin.
  return origin === "null" ? text.toLowerCase().replace(/\/$/, "") : origin
}

export const isAllowed = (cors: Cors, origin: string | undefined): boolean =>
  cors === true || (origin !== undefined && cors.includes(origin))

/** In the words of the API. */
export const refuseOrigin = (origin = "another site"): HttpServerResponse.HttpServerResponse => {
  const name = printableName(origin)
  const reason = `a page of ${name} may not send events here: start with --cors ${name}, or set the option cors`
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
