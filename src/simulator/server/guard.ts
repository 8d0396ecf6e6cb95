import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"

const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer"
}

const localNames = ["localhost", "127.0.0.1", "[::1]"]

/**
 * Lets only the page itself use a route: a name that was made to point at this machine is refused (DNS rebinding), and so is
 * a change that another site's page asks for.
 */
export const guard = (
  host: string,
  handler: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse>
) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const refusal = refuse(request, host)
    const response = refusal === undefined ? yield* handler(request) : HttpServerResponse.text(refusal, { status: 403 })
    return HttpServerResponse.setHeaders(response, securityHeaders)
  })

const refuse = ({ method, headers }: HttpServerRequest.HttpServerRequest, host: string): string | undefined => {
  const name = headers["host"]?.replace(/:\d+$/, "").toLowerCase()
  const bound = (host.includes(":") ? `[${host}]` : host).toLowerCase()
  if (name === undefined || !(localNames.includes(name) || name === bound)) return "this host is not served here"
  if (method === "GET") return undefined
  const origin = headers["origin"]
  if (origin !== undefined && URL.parse(origin)?.host !== headers["host"]) return "another site may not do that"
  const site = headers["sec-fetch-site"]
  if (site !== undefined && site !== "same-origin" && site !== "none") return "another site may not do that"
  return headers["content-type"]?.startsWith("application/json") === true ? undefined : "the content must be JSON"
}
