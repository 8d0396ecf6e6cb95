/**
 * What `AnalyticsNode` can be told beside what any client can.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type * as Redacted from "effect/Redacted"
import { analyticsConfig } from "../AnalyticsEnvironment.ts"
import type { AnalyticsOptions, OptionsConfig } from "../AnalyticsOptions.ts"
import { proxyConfig } from "./proxy.ts"

/**
 * Options of `AnalyticsNode.layer`: those of `Analytics.layer`, and a proxy. Only `apiKey` is required.
 *
 * @category options
 * @since 0.1.0
 */
export interface AnalyticsNodeOptions extends AnalyticsOptions {
  /**
   * The URL of a forward proxy, with its credentials if it needs some: `http://user:password@proxy.example:3128`, https or
   * socks5. What goes to an https endpoint goes through it by CONNECT, so that it sees neither the key nor messages.
   * Default: none, or where Node is told so (`NODE_USE_ENV_PROXY=1`) those of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
   */
  readonly proxy?: string | Redacted.Redacted<string> | undefined
}

/**
 * Every option of `AnalyticsNodeLive`: those of `analyticsConfig`, and `CUSTOMERIO_PROXY`.
 *
 * **Example** (Adding to what the environment says)
 *
 * ```ts
 * import { AnalyticsNode, analyticsNodeConfig } from "cdp-analytics-effect/node"
 *
 * const layer = AnalyticsNode.layerConfig(analyticsNodeConfig, { context: { app: { name: "shop" } } })
 * ```
 *
 * @category config
 * @since 0.1.0
 */
export const analyticsNodeConfig: Config.Config<AnalyticsNodeOptions> = Config.all({
  options: analyticsConfig,
  proxy: proxyConfig
}).pipe(Config.map(({ options, proxy }) => ({ ...options, proxy })))

/**
 * The same as `OptionsConfig<AnalyticsNodeOptions>`.
 *
 * @deprecated Use `OptionsConfig<AnalyticsNodeOptions>`, which is not so easily taken for `analyticsNodeConfig`.
 * @category options
 * @since 0.1.0
 */
export type AnalyticsNodeConfig = OptionsConfig<AnalyticsNodeOptions>
