import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { optionalUnlessEmpty } from "../AnalyticsEnvironment.ts"
import { InvalidOptions } from "../AnalyticsError.ts"
import type { ForwardProxy } from "./dispatcher.ts"

export const proxyConfig: Config.Config<Redacted.Redacted<string> | undefined> = optionalUnlessEmpty(
  "CUSTOMERIO_PROXY",
  Config.Redacted("CUSTOMERIO_PROXY")
)

const proxyProtocols = ["http:", "https:", "socks5:"]

const decode = Option.liftThrowable(decodeURIComponent)

/** What undici takes: it throws at the rest. */
const parseProxy = (text: string): URL | undefined => {
  const url = URL.parse(text)
  if (url === null || !proxyProtocols.includes(url.protocol) || url.hostname === "") return undefined
  const isOrigin = ["", "/"].includes(url.pathname) && url.search === "" && url.hash === ""
  return isOrigin && Option.isSome(decode(url.username)) && Option.isSome(decode(url.password)) ? url : undefined
}

const what = "the URL of a proxy: http, https or socks5"

const refuse = (reason: string) => Effect.fail(new InvalidOptions({ option: "proxy", reason }))

/** A proxy's URL, if it is one, or where none is given what Node is told; it may have a password in it, and is not told. */
export const checkProxy = (given: unknown): Effect.Effect<ForwardProxy | undefined, InvalidOptions> => {
  const proxy: unknown = Redacted.isRedacted(given) ? Redacted.value(given) : given
  if (proxy === undefined) return Effect.suspend(() => (usesEnvironment() ? checkEnvironment() : Effect.undefined))
  const url = typeof proxy === "string" ? parseProxy(proxy) : undefined
  return url === undefined ? refuse(`Expected ${what}`) : Effect.succeed(url)
}

const switchOfNode = "--use-env-proxy"

/** Node's own switch for `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, which `fetch` follows. */
const usesEnvironment = (): boolean => {
  const { env, execArgv } = process
  if (env["NODE_USE_ENV_PROXY"] === "1" || execArgv.includes(switchOfNode)) return true
  return (env["NODE_OPTIONS"] ?? "").split(/\s+/).includes(switchOfNode)
}

const checkEnvironment = (): Effect.Effect<ForwardProxy, InvalidOptions> => {
  const { env } = process
  for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) {
    const proxy = env[name]
    if (proxy && parseProxy(proxy) === undefined) return refuse(`Expected ${name} to be ${what}`)
  }
  return Effect.succeed("environment")
}
