import type * as Undici from "@effect/platform-node/Undici"
import { Duration } from "effect"

export interface DispatcherOptions {
  readonly requestTimeout: Duration.Duration
  /** The URL of a forward proxy, with its credentials. */
  readonly proxy: string | undefined
}

/** What requests go out by: connections that stay open, through a proxy if the options or Node's own switch say so. */
export const makeDispatcher = (
  { Agent, EnvHttpProxyAgent, ProxyAgent }: typeof Undici,
  { requestTimeout, proxy }: DispatcherOptions
): Undici.Dispatcher => {
  // A connection that is being made cannot be called off, and others wait for it.
  const options = { connectTimeout: Duration.toMillis(requestTimeout) }
  if (proxy !== undefined) return new ProxyAgent({ ...options, uri: proxy })
  return usesEnvironment() ? new EnvHttpProxyAgent(options) : new Agent(options)
}

/** Node's own switch for `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, which `fetch` follows. */
const usesEnvironment = (): boolean => {
  const { env, execArgv } = process
  return env["NODE_USE_ENV_PROXY"] === "1" || execArgv.includes("--use-env-proxy")
}

/** Where undici, of the application's version or of Node's own, keeps its global dispatcher. */
const globalDispatchers = ["undici.globalDispatcher.2", "undici.globalDispatcher.1"].map(Symbol.for)

/** A test that forbids the network by undici's `MockAgent` means this client, too. */
export const globalMock = (): Undici.Dispatcher | undefined => {
  for (const key of globalDispatchers) {
    const dispatcher: unknown = Reflect.get(globalThis, key)
    if (isMock(dispatcher)) return dispatcher
  }
  return undefined
}

const isMock = (dispatcher: unknown): dispatcher is Undici.MockAgent =>
  typeof dispatcher === "object" && dispatcher !== null && "disableNetConnect" in dispatcher
