import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import type { AnalyticsOptions } from "../AnalyticsOptions.ts"

/** Which server receives messages. */
export const serverFlags = {
  region: Flag.Literals("region", ["us", "eu"]).pipe(
    Flag.withDescription("Where the source is; default: CUSTOMERIO_REGION, or us"),
    Flag.optional
  ),
  endpoint: Flag.String("endpoint").pipe(
    Flag.withDescription("Another server that speaks /v1/batch; default: CUSTOMERIO_ENDPOINT"),
    Flag.optional
  )
}

/** What the flags say, and otherwise the environment. */
export const chooseServer = (
  flags: Command.Command.Config.Infer<typeof serverFlags>,
  configured: Pick<AnalyticsOptions, "region" | "endpoint">
) => {
  // A region that is asked for wins over an endpoint that is merely configured.
  const endpoint = Option.isSome(flags.region) ? undefined : configured.endpoint
  return {
    region: Option.getOrElse(flags.region, () => configured.region),
    endpoint: Option.getOrElse(flags.endpoint, () => endpoint)
  }
}
