import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { keylessConfigs } from "../AnalyticsEnvironment.ts"
import { describeIssue } from "../message/issue.ts"
import { checkProxy, proxyConfig } from "../node/proxy.ts"
import { failWith } from "./failure.ts"

/** Every option but the key, as `AnalyticsNodeLive` reads them; the proxy is for who makes the connections. */
export const readEnvironment = (exitCode: 1 | 2) =>
  Config.all(keylessConfigs).pipe(
    Effect.tap(() => Effect.flatMap(proxyConfig, checkProxy)),
    Effect.catchTags({
      ConfigError: ({ cause }) => {
        if (cause._tag !== "SchemaError") return failWith(exitCode, `The environment cannot be read: ${cause.message}`)
        const { path, reason } = describeIssue(cause.issue)
        return failWith(exitCode, `The configuration is wrong: ${path}: ${reason}`)
      },
      InvalidOptions: ({ message }) => failWith(exitCode, `The configuration is wrong: ${message}`)
    })
  )
