import type * as Undici from "@effect/platform-node/Undici"
import * as Duration from "effect/Duration"

/** The URL of a forward proxy, with its credentials, or those that the environment names. */
export type ForwardProxy = URL | "environment"

export interface DispatcherOptions {
  readonly requestTimeout: Duration.Duration
  readonly proxy: ForwardProxy | undefined
}

/** What requests go out by: connections that stay open, through a proxy if there is one. */
export const makeDispatcher = (
  { Agent, EnvHttpProxyAgent, ProxyAgent }: typeof Undici,
  { requestTimeout, proxy }: DispatcherOptions
): Undici.Dispatcher => {
  // A connection that is being made cannot be called off, and others wait for it.
  const options = { connectTimeout: Duration.toMillis(requestTimeout) }
  if (proxy === undefined) return new Agent(options)
  return proxy === "environment" ? new EnvHttpProxyAgent(options) : new ProxyAgent({ ...options, uri: proxy.href })
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
