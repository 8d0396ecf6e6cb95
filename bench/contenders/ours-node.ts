import { AnalyticsNode } from "cdp-analytics-effect/node"
import { makeOurs } from "./ours.ts"

export const make = makeOurs(AnalyticsNode.layer)
