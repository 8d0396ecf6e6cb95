import { Config, Effect, Option, Redacted } from "effect"
import { InvalidOptions } from "../AnalyticsError.ts"

export const proxyConfig: Config.Config<Redacted.Redacted<string> | undefined> = Config.option(
  Config.Redacted("CUSTOMERIO_PROXY")
).pipe(Config.map(Option.getOrUndefined))

const proxyProtocols = ["http:", "https:", "socks5:"]

/** A proxy's URL, if it is one; it may have a password in it, and is not told. */
export const checkProxy = (given: unknown): Effect.Effect<string | undefined, InvalidOptions> => {
  const proxy: unknown = Redacted.isRedacted(given) ? Redacted.value(given) : given
  if (proxy === undefined) return Effect.undefined
  const url = typeof proxy === "string" ? URL.parse(proxy) : null
  return url !== null && proxyProtocols.includes(url.protocol) && url.hostname !== ""
    ? Effect.succeed(url.href)
    : Effect.fail(new InvalidOptions({ option: "proxy", reason: "Expected the URL of a proxy: http, https or socks5" }))
}
