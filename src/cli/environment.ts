import { Config, Effect } from "effect"
import { keylessConfigs } from "../AnalyticsOptions.ts"
import { describeIssue } from "../message/issue.ts"
import { failWith } from "./failure.ts"

/** Every option but the key, as `AnalyticsLive` reads them. */
export const readEnvironment = (exitCode: 1 | 2) =>
  Config.all(keylessConfigs).pipe(
    Effect.catch(({ cause }) => {
      if (cause._tag !== "SchemaError") return failWith(exitCode, `The environment cannot be read: ${cause.message}`)
      const { path, reason } = describeIssue(cause.issue)
      return failWith(exitCode, `The configuration is wrong: ${path}: ${reason}`)
    })
  )
