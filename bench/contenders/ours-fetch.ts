import { Analytics } from "cdp-analytics-effect"
import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { makeOurs } from "./ours.ts"

export const make = makeOurs((options) => Layer.provide(Analytics.layer(options), FetchHttpClient.layer))
