import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Analytics } from "cdp-analytics-effect"
import { Layer } from "effect"
import { makeOurs } from "./ours.ts"

export const make = makeOurs((options) => Layer.provide(Analytics.layer(options), NodeHttpClient.layerUndici))
