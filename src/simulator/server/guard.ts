/**
 * Who is let in, by where a request comes from. The API is for programs, of this machine and of others: web pages of
 * elsewhere are let in where CORS was asked for. All else is for the page itself and for tests, on this machine or with the token.
 */
import { timingSafeEqual } from "node:crypto"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { ListenOptions } from "../ListenOptions.ts"
import { allowOrigin, answerPreflight, isAllowed, refuseOrigin } from "./cors.ts"

type Request = HttpServerRequest.HttpServerRequest

const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer"
}

/** Passes a request on to the routes, or refuses it; `port` is the one that is listened at. */
export const makeGuard = ({ host, token, cors }: ListenOptions, port: number) => {
  // What any address may be called is no name: a browser does not say of `http://0.0.0.0` which site asks.
  const names = ["localhost", "127.0.0.1", "[::1]", ...(isWildcard(host) ? [] : [NetAddress.formatUrlHostString(host)])]
  // Cookies are the same for every port of a machine.
  const cookie = `cdp-analytics-${port}`

  const isHere = (request: Request): boolean =>
    isLoopback(request.remoteAddress) && names.includes(nameOf(request).toLowerCase())

  const isToken = (given: string | undefined): boolean =>
    token !== undefined && given !== undefined && isSameText(given, token)

  const isShown = (request: Request): boolean => isToken(request.cookies[cookie]) || isToken(tokenOf(request))

  const api = <E, R>(request: Request, routes: Routes<E, R>): Routes<E, R> => {
    const { origin } = request.headers
    // A name that was made to point at this machine is no site of its own (DNS rebinding).
    const isOwn = !isForeign(request) && (origin === undefined || isHere(request) || isShown(request))
    if (isOwn) return routes
    if (!isAllowed(cors, origin)) return Effect.succeed(refuseOrigin(origin))
    return Effect.map(answerPreflight(request) ?? routes, allowOrigin(origin))
  }

  const page = <E, R>(request: Request, routes: Routes<E, R>): Routes<E, R> => {
    const refusal = isHere(request) || isShown(request) ? refuseForeign(request) : notHere
    const response = refusal === undefined ? routes : Effect.succeed(HttpServerResponse.text(refusal, { status: 403 }))
    return Effect.map(response, (answer) =>
      HttpServerResponse.setHeaders(
        token !== undefined && isToken(tokenOf(request))
          ? HttpServerResponse.setCookieUnsafe(answer, cookie, token, { httpOnly: true, sameSite: "strict", path: "/" })
          : answer,
        securityHeaders
      )
    )
  }

  return <E, R>(routes: Routes<E, R>): Routes<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      // What is left of an address that is none; a good one has its path here by now.
      if (!request.url.startsWith("/")) {
        return Effect.succeed(HttpServerResponse.text("the target must be a path", { status: 400 }))
      }
      return request.url.startsWith("/v1/") ? api(request, routes) : page(request, routes)
    })
}

type Routes<E, R> = Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | Request>

const notHere = "this is served to its own machine; from another one, open the address with the token that was printed"

const isWildcard = (host: string): boolean =>
  host === "" ||
  Result.match(NetAddress.ipFromString(host), { onFailure: () => false, onSuccess: NetAddress.isUnspecified })

const isLoopback = (peer: Option.Option<string>): boolean =>
  Option.match(
    Option.flatMap(peer, (text) => Result.getSuccess(NetAddress.ipFromString(text))),
    {
      onNone: () => false,
      onSome: (address) => NetAddress.isLoopback(NetAddress.toCanonical(address))
    }
  )

const nameOf = ({ headers }: Request): string => headers["host"]?.replace(/:\d+$/, "") ?? ""

const tokenOf = ({ url }: Request): string | undefined =>
  url.startsWith("/?") ? (new URLSearchParams(url.slice(2)).get("token") ?? undefined) : undefined

const isSameText = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Whether a page of another origin asks, as a browser says. */
const isForeign = ({ headers }: Request): boolean => {
  const { origin, "sec-fetch-site": site } = headers
  if (origin !== undefined && URL.parse(origin)?.host !== headers["host"]) return true
  return site !== undefined && site !== "same-origin" && site !== "none"
}

const refuseForeign = (request: Request): string | undefined => {
  const { method, url, headers } = request
  const isRead = method === "GET" || method === "HEAD"
  // A link to the page may be anywhere.
  const isVisit = isRead && /^\/($|\?)/.test(url) && headers["sec-fetch-dest"] === "document"
  return isForeign(request) && !isVisit ? "another site may not do that" : undefined
}
